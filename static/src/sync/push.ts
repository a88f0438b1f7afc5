import { groupBy } from "../domain/group";
import { isProblem, Problem } from "../domain/problem";
import { commitKey, type Memory } from "../store/memory";
import { keepReceipt } from "../store/receipts";
import { withRoom } from "../store/room";
import type { CommitRow } from "../store/schema";
import { strictly, type Writing } from "../store/transaction";
import { asKnownActor, forgetRegistration, registerActors } from "./actor";
import { noteHead, type Sync } from "./context";
import type { PushAnswer, PushError, PushResult } from "./protocol";
import { receiptedResults } from "./receipt";
import { closeGap, refuse, retireActor } from "./repair";
import { wireLine } from "./wire";

/** A request is small enough to get through a bad link in one piece, and to lose little when it does not. */
const REQUEST_BYTES = 512 * 1024;
/** A receipt names every commit of its request, and travels with each of them that is ever sent again. */
const REQUEST_COMMITS = 100;
const MAX_REQUESTS = 200;

/** Commits without a verified receipt, chain by chain and in order, oldest chain first. */
function outboxOf(memory: Memory): CommitRow[] {
  const unsent = [...memory.commits.values()].filter((c) => !c.result && !c.refused && !c.pruned);
  const chains = groupBy(
    unsent.sort((a, b) => a.n - b.n),
    (c) => `${c.actor} ${c.stream}`,
  );
  return [...chains.values()].sort((a, b) => (a[0]?.sealed ?? 0) - (b[0]?.sealed ?? 0)).flat();
}

/** Sends the outbox. A chain that the server stopped twice is left for the next round; the others go on. */
export async function push(sync: Sync): Promise<void> {
  const round: Round = { stopped: new Set(), repaired: new Set() };
  for (let i = 0; i < MAX_REQUESTS; i++) {
    const batch = await nextRequest(sync, round.stopped);
    if (batch.length === 0) return;
    const answer = await send(sync, batch);
    const rows = batch.map(({ row }) => row);
    const kept = await keepResults(sync, rows, answer);
    for (const error of answer.errors) await handle(sync, rows, error, round);
    if (kept === 0 && answer.errors.length === 0)
      throw new Problem("receipt", 0, "no commit of ours is in the receipt");
  }
}

/** Chains (`actor stream`) that were repaired in this round, and those that are not tried again in it. */
interface Round {
  readonly stopped: Set<string>;
  readonly repaired: Set<string>;
}

/** A proxy that mangles packed bodies must not make good commits look bad: after a complaint they travel plain. */
async function send(sync: Sync, batch: readonly Outgoing[]): Promise<PushAnswer> {
  const isTrusted = !sync.state.isPlain && batch.every(({ row }) => !row.strikes);
  const lines = batch.map(({ line }) => line).join("");
  try {
    return await asKnownActor(sync, () => sync.api.push(lines, isTrusted));
  } catch (error) {
    if (isProblem(error, "malformed", "checksum-mismatch")) sync.state.isPlain = true;
    throw error;
  }
}

interface Outgoing {
  readonly row: CommitRow;
  readonly line: string;
}

async function nextRequest({ tablet: { db, memory } }: Sync, stopped: ReadonlySet<string>): Promise<Outgoing[]> {
  const batch: Outgoing[] = [];
  let bytes = 0;
  for (const { actor, stream, n } of outboxOf(memory).filter((c) => !stopped.has(chainKey(c)))) {
    const row = await db.get("commits", [actor, stream, n]);
    if (!row) continue;
    const line = await wireLine(db, row);
    bytes += line.length;
    if (batch.length > 0 && bytes > REQUEST_BYTES) break;
    batch.push({ row, line });
    if (batch.length >= REQUEST_COMMITS) break;
  }
  return batch;
}

function chainKey({ actor, stream }: { actor: string; stream: string }): string {
  return `${actor} ${stream}`;
}

/** Stores what the receipt proves, in one strict transaction; the number of commits it names. */
async function keepResults(sync: Sync, batch: readonly CommitRow[], answer: PushAnswer): Promise<number> {
  const results = await receiptedResults(sync, answer);
  if (!results) throw new Problem("receipt", 0, "the receipt does not verify");
  for (const [stream, head] of Object.entries(answer.heads)) noteHead(sync.state, stream, head);
  const sent = new Map(batch.map((row) => [row.hash, row]));
  const proven = results.filter((r) => sent.has(r.hash));
  const rows = await store(sync, proven, answer.receipt);
  sync.tablet.memory.committed(rows);
  sync.tablet.announce("own");
  for (const actor of new Set(proven.filter((r) => r.forked).map((r) => r.actor)))
    await retireActor(sync.tablet, actor);
  return rows.length;
}

function store(sync: Sync, results: readonly PushResult[], receipt: string): Promise<CommitRow[]> {
  const keep = async (tx: Writing<"commits" | "meta" | "replicas">) => {
    const commits = tx.objectStore("commits");
    const proof = results.length > 0 ? await keepReceipt(tx, receipt) : "";
    const cursors = new Map((await tx.objectStore("replicas").getAll()).map((row) => [row.stream, row.cursor]));
    const stored = await Promise.all(results.map((r) => commits.get([r.actor, r.stream, r.n])));
    const rows = results.flatMap((result, i) => {
      const row = stored[i];
      return row?.hash === result.hash ? [withResult(sync, row, result, proof, cursors.get(row.stream) ?? -1)] : [];
    });
    await Promise.all(rows.map((row) => commits.put(row)));
    return rows;
  };
  return withRoom(sync.tablet, () => strictly(sync.tablet.db, ["commits", "meta", "replicas"], keep));
}

/** A commit with what a receipt says of it; `cursor` is where its replica stands, -1 where there is none. */
function withResult(sync: Sync, row: CommitRow, result: PushResult, receipt: string, cursor: number): CommitRow {
  const { seq, received, forked, changes } = result;
  // Without an entry of its own, what counts lies somewhere before the head: duplicates are shown until we are there.
  const at = seq ?? sync.state.heads.get(row.stream) ?? sync.tablet.memory.streams.get(row.stream)?.head ?? 0;
  // What was taken where our replica already is must not leave the screen yet: either a snapshot brought it, or the server
  // has gone back and the replica is of a past that is no more. The next page tells (`placeProven`).
  const placed = row.placed ?? (at > cursor ? { seq: at, skip: Object.keys(changes) } : undefined);
  return { ...row, result: { seq, received, forked, changes }, receipt, ...(placed && { placed }) };
}

/** Deals with an envelope that the server refused. */
async function handle(sync: Sync, batch: readonly CommitRow[], error: PushError, round: Round): Promise<void> {
  const named = `${error.actor} ${error.stream} ${error.n}`;
  const row = batch.find((c) => commitKey(c) === named) ?? batch[(error.line ?? 0) - 1];
  if (!row) throw new Problem("malformed", 400, "the server refused a line that was not sent");
  const key = chainKey(row);
  const code = error.type.replace("urn:insats:", "");
  if (code !== "chain-gap" && code !== "actor-unknown") await refuse(sync.tablet, row, code);
  else if (!round.repaired.has(key)) return repair(sync, row, code, error.expect ?? 1, round);
  round.stopped.add(key);
}

async function repair(sync: Sync, row: CommitRow, code: string, expect: number, round: Round): Promise<void> {
  round.repaired.add(chainKey(row));
  if (code === "chain-gap") await closeGap(sync.tablet, row, expect);
  else {
    await forgetRegistration(sync, row.actor);
    await registerActors(sync);
  }
}

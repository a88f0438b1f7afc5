import { utf8 } from "../domain/bytes";
import { line } from "../domain/change";
import { HEADER_BYTES, LIMIT_CHANGES, LIMIT_COMMIT_BYTES, type Sealed, seal } from "../domain/commit";
import { groupBy } from "../domain/group";
import { withLock } from "../store/lock";
import { commitKey } from "../store/memory";
import { withRoom } from "../store/room";
import { currentActor } from "../store/save";
import type { ActorRow, ChainRow, CommitRow, UnsealedRow } from "../store/schema";
import type { Tablet } from "../store/tablet";
import { strictly, type Writing } from "../store/transaction";
import { APP } from "./version";

const MAX_TRIES = 20;
const BODY_BYTES = LIMIT_COMMIT_BYTES - HEADER_BYTES;

/** Seals what was recorded at least `minAge` ms ago, all of it in the end, each (actor, stream) in order. */
export function sealAll(tablet: Tablet, minAge = 0): Promise<void> {
  return withLock(`${tablet.db.name}-seal`, async () => {
    await catchUp(tablet);
    const waiting = await adopted(tablet, await tablet.db.getAll("unsealed"));
    const due = waiting.filter((row) => tablet.now() - row.saved >= minAge || row.saved > tablet.now());
    for (const rows of groupBy(due, (row) => `${row.actor} ${row.stream}`).values())
      for (const batch of batchesOf(rows)) await sealBatch(tablet, batch);
  });
}

/** A window that was killed between writing and telling left the others with what is not on the disk any more. */
async function catchUp({ db, memory }: Tablet): Promise<void> {
  const stored = new Set(await db.getAllKeys("unsealed"));
  const known = [...memory.own.all()].filter((own) => own.unsealed).map((own) => own.change.id);
  if (known.length !== stored.size || !known.every((id) => stored.has(id))) await memory.loadOwn(db);
}

/** What was rescued from a store that was lost: its key went with it, so the same person's new actor seals it. */
async function adopted(tablet: Tablet, rows: readonly UnsealedRow[]): Promise<readonly UnsealedRow[]> {
  const { actors, session } = tablet.memory;
  const isOrphan = (row: UnsealedRow) =>
    row.user !== undefined && row.user === session?.user.id && !actors.has(row.actor);
  if (!rows.some(isOrphan)) return rows;
  const actor = currentActor(tablet);
  const handed = rows.map((row) => (isOrphan(row) ? { ...row, actor } : row));
  const hand = async (tx: Writing<"unsealed">) => {
    const unsealed = tx.objectStore("unsealed");
    const changed = handed.filter((row, i) => row !== rows[i]);
    const keys = await Promise.all(changed.map((row) => unsealed.getKey(row.change.id)));
    await Promise.all(changed.filter((_, i) => keys[i] !== undefined).map((row) => unsealed.put(row)));
  };
  await withRoom(tablet, () => strictly(tablet.db, ["unsealed"], hand));
  await tablet.memory.loadOwn(tablet.db);
  return handed;
}

/** Cuts changes into commits within the limits. A group stays whole, and so does the order. */
export function batchesOf(rows: readonly UnsealedRow[]): UnsealedRow[][] {
  const batches: UnsealedRow[][] = [];
  let bytes = 0;
  for (const unit of unitsOf(rows)) {
    const size = unit.reduce((sum, row) => sum + utf8(line(row.change)).length + 1, 0);
    const last = batches.at(-1);
    const isRoom = last && last.length + unit.length <= LIMIT_CHANGES && bytes + size <= BODY_BYTES;
    const isShared = !unit[0]?.alone && !last?.[0]?.alone;
    if (isRoom && isShared) last.push(...unit);
    else batches.push([...unit]);
    bytes = isRoom && isShared ? bytes + size : size;
  }
  return batches;
}

function unitsOf(rows: readonly UnsealedRow[]): UnsealedRow[][] {
  const sorted = [...rows].sort((a, b) => (a.change.id < b.change.id ? -1 : 1));
  return [...groupBy(sorted, (row) => row.group ?? row.change.id).values()];
}

/** Seals one batch, again with what is left if a tap was coalesced or another tab sealed meanwhile. */
async function sealBatch(tablet: Tablet, batch: readonly UnsealedRow[]): Promise<void> {
  for (let turn = 0; turn < MAX_TRIES; turn++) {
    const [first] = batch;
    const actor = first && (await tablet.db.get("actors", first.actor));
    if (!first || !actor) return;
    const chain = await chainOf(tablet, actor.id, first.stream);
    const rows = await stillUnsealed(tablet, batch);
    if (rows.length === 0) return;
    const row = commitOf(await signed(tablet, actor, chain, rows), chain, rows, tablet.now());
    if (await keep(tablet, row, chain, rows)) return;
  }
}

async function chainOf({ db }: Tablet, actor: string, stream: string): Promise<ChainRow> {
  return (await db.get("chains", [actor, stream])) ?? { actor, stream, n: 0, head: "", stable: 0 };
}

async function stillUnsealed({ db }: Tablet, batch: readonly UnsealedRow[]): Promise<UnsealedRow[]> {
  const rows = await Promise.all(batch.map((row) => db.get("unsealed", row.change.id)));
  return rows.filter((row) => row !== undefined);
}

function signed(tablet: Tablet, actor: ActorRow, chain: ChainRow, rows: readonly UnsealedRow[]): Promise<Sealed> {
  return seal(actor.privateKey, {
    actor: actor.id,
    key: actor.key,
    stream: chain.stream,
    n: chain.n + 1,
    prev: chain.head,
    app: APP,
    sent: tablet.now(),
    off: Math.round(tablet.memory.off),
    changes: rows.map((row) => row.change),
  });
}

function commitOf(sealed: Sealed, chain: ChainRow, rows: readonly UnsealedRow[], now: number): CommitRow {
  const groups = Object.fromEntries(rows.flatMap((row) => (row.group ? [[row.change.id, row.group]] : [])));
  return {
    actor: chain.actor,
    stream: chain.stream,
    n: chain.n + 1,
    ...sealed,
    sealed: now,
    at: Math.max(...rows.map((row) => row.change.at)),
    count: rows.length,
    entities: [...new Set(rows.map((row) => row.change.e))],
    ...(Object.keys(groups).length > 0 && { groups }),
  };
}

/** One transaction moves the changes into the commit, if they and the end of the chain are still what was signed. */
async function keep(tablet: Tablet, row: CommitRow, from: ChainRow, rows: readonly UnsealedRow[]): Promise<boolean> {
  const chain = { ...from, n: row.n, head: row.hash };
  const move = async (tx: Writing<"unsealed" | "commits" | "chains">) => {
    const unsealed = tx.objectStore("unsealed");
    const keys = await Promise.all(rows.map((r) => unsealed.getKey(r.change.id)));
    const end = await tx.objectStore("chains").get([from.actor, from.stream]);
    if (keys.includes(undefined) || (end?.head ?? "") !== from.head) return false;
    await Promise.all(rows.map((r) => unsealed.delete(r.change.id)));
    await tx.objectStore("commits").put(row);
    await tx.objectStore("chains").put(chain);
    return true;
  };
  const done = await withRoom(tablet, () => strictly(tablet.db, ["unsealed", "commits", "chains"], move));
  if (done) show(tablet, row, chain);
  return done;
}

function show({ memory, announce }: Tablet, row: CommitRow, chain: ChainRow): void {
  memory.setChain(chain);
  if (!memory.commits.has(commitKey(row))) memory.committed([row]);
  announce("own");
}

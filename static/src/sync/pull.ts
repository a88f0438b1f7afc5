import type { Cells } from "../domain/merge";
import { isProblem, Problem } from "../domain/problem";
import type { Memory } from "../store/memory";
import { decisionOf } from "../store/own";
import { pieceOf } from "../store/pieces";
import type { CommitRow, StreamRow } from "../store/schema";
import { loosely, type Writing } from "../store/transaction";
import type { Sync } from "./context";
import { applyPage, type Entry, type Page, pagesOf, touchedBy, verifiedPage } from "./page";
import { type EntryLine, type PageEnd, parseLines } from "./protocol";
import { doubtPhotos, forgetResults } from "./repair";
import { takeSnapshot } from "./snapshot";

const MAX_ROUNDS = 1_000;

/** Brings every stream that is behind up to its head. One that fails does not hold up the others; the first failure is thrown. */
export async function pull(sync: Sync): Promise<void> {
  const round: Round = { failed: new Map(), reset: new Set() };
  for (let i = 0; i < MAX_ROUNDS; i++) {
    const behind = streamsBehind(sync).filter((row) => !round.failed.has(row.stream));
    if (behind.length === 0) break;
    for (const row of behind.filter((r) => r.reset)) await guarded(round, row.stream, () => reset(sync, row, round));
    const rest = behind.filter((r) => !r.reset);
    if (rest.length > 0) await pullTogether(sync, rest, round);
  }
  for (const error of round.failed.values()) throw error;
}

/** Streams that failed in this round, and those whose replica was taken anew in it. */
interface Round {
  readonly failed: Map<string, unknown>;
  readonly reset: Set<string>;
}

export function streamsBehind({ tablet, state }: Sync): StreamRow[] {
  const rows = [...tablet.memory.streams.values()];
  const doubted = new Set(tablet.memory.unplaced().map((row) => row.stream));
  const isBehind = (row: StreamRow) => (state.heads.get(row.stream) ?? row.head) > row.cursor;
  return rows.filter((row) => row.reset || isBehind(row) || doubted.has(row.stream));
}

async function guarded(round: Round, stream: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    round.failed.set(stream, error);
  }
}

async function reset(sync: Sync, row: StreamRow, round: Round): Promise<void> {
  if (round.reset.has(row.stream)) throw new Problem("chain", 0, `${row.stream} does not fit its own snapshot`);
  round.reset.add(row.stream);
  await takeSnapshot(sync, row.stream);
}

/** One request for all; where the server refuses it because of one stream, one request for each. */
async function pullTogether(sync: Sync, rows: readonly StreamRow[], round: Round): Promise<void> {
  try {
    await pullPages(sync, rows, round);
  } catch (error) {
    const isOfOne = isProblem(error, "reset", "not-found");
    if (!isOfOne) for (const row of rows) round.failed.set(row.stream, error);
    else if (rows.length > 1) for (const row of rows) await pullTogether(sync, [row], round);
    else for (const row of rows) await guarded(round, row.stream, () => onRefused(sync, row, error));
  }
}

async function onRefused(sync: Sync, row: StreamRow, error: Problem): Promise<void> {
  // A stream that is not there any more is purged at the next hello, which must come soon.
  sync.state.lastHello = 0;
  if (error.code !== "reset") throw error;
  // Only far behind: the snapshot is the shorter way, and nothing that the server has said is in doubt.
  const isBehind = error.head !== null && error.head > row.cursor;
  await (isBehind ? markBehind(sync, row) : markReset(sync, row));
}

async function markBehind({ tablet }: Sync, row: StreamRow): Promise<void> {
  const reset = { ...row, reset: true };
  await loosely(tablet.db, ["replicas"], (tx) => tx.objectStore("replicas").put(reset));
  tablet.memory.stream(reset);
}

async function pullPages(sync: Sync, rows: readonly StreamRow[], round: Round): Promise<void> {
  const told = new Map(rows.map((row) => [row.stream, sync.state.heads.get(row.stream)]));
  const text = await sync.api.changes(rows.map((row) => `${row.stream}:${row.cursor}`).join(","));
  const pages = new Map(pagesOf(parseLines<EntryLine | PageEnd>(text)).map((page) => [page.end.stream, page]));
  for (const row of rows) {
    const page = pages.get(row.stream);
    if (!page) round.failed.set(row.stream, new Problem("offline", 0, "the answer was cut short"));
    else await guarded(round, row.stream, () => take(sync, row, page.entries, page.end, told.get(row.stream)));
  }
}

async function take(
  sync: Sync,
  row: StreamRow,
  lines: EntryLine[],
  end: PageEnd,
  told: number | undefined,
): Promise<void> {
  const page = verifiedPage(row, lines, end);
  if (!page || isContradicted(sync.tablet.memory, row, page)) return markReset(sync, row);
  // The page knows the head best, unless a poke came meanwhile.
  if (sync.state.heads.get(row.stream) === told) sync.state.heads.set(row.stream, end.head);
  await apply(sync, row, page);
}

/** Whether the log has something else where a receipt put a commit of ours: the server went back after it had said so. */
function isContradicted(memory: Memory, { stream, cursor }: StreamRow, { entries }: Page): boolean {
  const isOther = ({ hash, result }: CommitRow) => {
    const entry = entries[(result?.seq ?? 0) - cursor - 1];
    return entry !== undefined && entry.part.commit !== hash;
  };
  return [...memory.commits.values()].some((row) => row.stream === stream && !row.pruned && isOther(row));
}

/** Stores a page, its cursor and the places of own commits in one transaction, unless another tab was faster. */
async function apply(sync: Sync, from: StreamRow, { entries, end }: Page): Promise<void> {
  const { db, memory, announce } = sync.tablet;
  const stream = { ...from, cursor: from.cursor + entries.length, chain: end.chain, head: end.head };
  const touched = touchedBy(entries);
  const done = await loosely(db, ["replicas", "pieces", "commits"], async (tx) => {
    const stored = await tx.objectStore("replicas").get(from.stream);
    const rows =
      isAt(stored, from) && isAt(memory.streams.get(from.stream), from) ? copyOf(memory, from.stream, touched) : null;
    if (!rows) return null;
    applyPage(rows, entries);
    await Promise.all([...rows].map(([id, cells]) => tx.objectStore("pieces").put(pieceOf(from.stream, id, cells))));
    await tx.objectStore("replicas").put(stream);
    const own = await placeOwn(tx, entries, (actor) => memory.actors.has(actor));
    return { rows, own: [...own, ...(await placeProven(tx, memory, from))] };
  });
  if (!done) return memory.load(db);
  memory.committed(done.own);
  memory.pulled(stream, done.rows);
  announce({ replica: from.stream });
}

type Tx = Writing<"replicas" | "pieces" | "commits">;

function isAt(row: StreamRow | undefined, from: StreamRow): boolean {
  return row !== undefined && !row.reset && row.cursor === from.cursor && row.chain === from.chain;
}

/** Memory holds what is stored at its cursor. The screen must not show a page before it is stored, hence the copy. */
function copyOf(memory: Memory, stream: string, ids: readonly string[]): Map<string, Cells> {
  const rows = memory.replica(stream);
  return new Map(ids.map((id) => [id, { ...rows.get(id) }]));
}

/** My own commits in a page are in the replica now, also those whose receipt was lost on the way. */
async function placeOwn(tx: Tx, entries: readonly Entry[], isOurs: (actor: string) => boolean): Promise<CommitRow[]> {
  const commits = tx.objectStore("commits");
  const placed = new Map<string, CommitRow>();
  for (const entry of entries.filter(({ header }) => isOurs(header.actor))) {
    const { actor, stream, n } = entry.header;
    const row = placed.get(entry.part.commit) ?? (await commits.get([actor, stream, n]));
    if (row?.hash === entry.part.commit && !row.pruned) placed.set(row.hash, placedBy(row, entry));
  }
  await Promise.all([...placed.values()].map((row) => commits.put(row)));
  return [...placed.values()];
}

/** A page that continues the replica proves it to be of the server's log: it holds what was taken up to there. */
async function placeProven(tx: Tx, memory: Memory, { stream, cursor }: StreamRow): Promise<CommitRow[]> {
  const commits = tx.objectStore("commits");
  const keys = memory.unplaced().filter((row) => row.stream === stream);
  const stored = await Promise.all(keys.map(({ actor, n }) => commits.get([actor, stream, n])));
  const rows = stored.flatMap((row): CommitRow[] => {
    if (!row?.result || row.placed) return [];
    return [{ ...row, placed: { seq: row.result.seq ?? cursor, skip: Object.keys(row.result.changes) } }];
  });
  await Promise.all(rows.map((row) => commits.put(row)));
  return rows;
}

/** An admission brings changes that were held; the reason comes with the next hello. */
function placedBy(row: CommitRow, { part, changes }: Entry): CommitRow {
  if (!part.only) return { ...row, placed: { seq: part.seq, skip: [...part.skip] } };
  const decided = { ...row.decided };
  for (const { change } of changes) {
    const reason = decisionOf(row.decided, change.id)?.reason ?? "";
    decided[change.id] = { verdict: "admitted", reason, e: change.e, f: change.f, from: part.seq };
  }
  return { ...row, decided };
}

/** The replica is not what the server has: take the snapshot, and send again what no backup covers. */
async function markReset(sync: Sync, row: StreamRow): Promise<void> {
  await loosely(sync.tablet.db, ["replicas", "commits", "photos"], async (tx) => {
    await tx.objectStore("replicas").put({ ...row, reset: true });
    // Of a fork no number tells whether the server still has it.
    await forgetResults(tx, (commit) => commit.stream === row.stream || commit.result?.forked === true);
    await doubtPhotos(tx);
  });
  // What was decided about them, and up to where backups go, is told there again.
  sync.state.lastHello = 0;
  await sync.tablet.memory.load(sync.tablet.db);
  sync.tablet.announce("all");
}

import { readBody } from "../domain/commit";
import { decisionOf } from "../store/own";
import { chunkRange } from "../store/photos";
import { sweepReceipts } from "../store/receipts";
import type { CommitRow, PhotoRef, PhotoRow } from "../store/schema";
import type { Tablet } from "../store/tablet";
import { type Stores, strictly, type Writing } from "../store/transaction";

/** Stubs of pruned commits that are kept for the list of what was sent. */
const STUBS = 300;

/**
 * Lets go of what a verified backup covers: the bytes of commits, and photo originals that are verified and whose every
 * reference is covered. Commits with a rejected or an undecided held change stay whole while their author reads the stream,
 * since a person may still ask for them and a held change is on the screen; the bytes of another stream go.
 */
export async function prune(tablet: Tablet): Promise<void> {
  const covered = [...tablet.memory.commits.values()].filter((row) => isCovered(tablet, row));
  const stubs = [...tablet.memory.commits.values()].filter((row) => row.pruned).sort((a, b) => a.sealed - b.sealed);
  const old = stubs.slice(0, Math.max(0, stubs.length + covered.length - STUBS));
  const photos = [...tablet.memory.photos.values()];
  if (covered.length + old.length === 0 && !photos.some((row) => isSpent(tablet, row))) return;
  await strictly(tablet.db, ["commits", "meta", "photos", "chunks", "uploads"], async (tx) => {
    const commits = tx.objectStore("commits");
    for (const { actor, stream, n } of old) await commits.delete([actor, stream, n]);
    for (const row of covered) await pruneCommit(tx, row);
    if (covered.length > 0) await sweepReceipts(tx);
    for (const row of (await tx.objectStore("photos").getAll()).filter((p) => isSpent(tablet, p)))
      await dropBytes(tx, row);
  });
  await tablet.memory.loadOwn(tablet.db);
  tablet.announce("own");
}

function isCovered({ memory }: Tablet, row: CommitRow): boolean {
  if (!row.result || row.pruned || !memory.isBackedUp(row)) return false;
  const stream = memory.streams.get(row.stream);
  if (!stream) return true;
  const isInReplica = (row.placed?.seq ?? Number.POSITIVE_INFINITY) <= stream.cursor;
  return isInReplica && Object.keys(row.result.changes).every((change) => isSettled(row, change, stream.cursor));
}

function isSettled({ result, decided }: CommitRow, change: string, cursor: number): boolean {
  const decision = decisionOf(decided, change);
  if (decision) return decision.verdict === "denied" || decision.from <= cursor;
  return result?.changes[change]?.verdict === "duplicate";
}

async function pruneCommit(tx: Writing<Stores>, { actor, stream, n }: CommitRow): Promise<void> {
  const row = await tx.objectStore("commits").get([actor, stream, n]);
  if (!row) return;
  for (const { change } of readBody(row.b).filter(({ change }) => change.f === "blob" || change.f === "thumb"))
    await markStable(tx, { actor, n }, change.id, change.v);
  const { receipt: _receipt, ...rest } = row;
  await tx.objectStore("commits").put({ ...rest, h: "", b: "", s: "", pruned: true, ...heldIn(row) });
}

/** Where its held changes lie, for the day that somebody decides them. */
function heldIn({ b, result, decided }: CommitRow): Pick<CommitRow, "held"> {
  const isOpen = (id: string) => result?.changes[id]?.verdict === "held" && !decisionOf(decided, id);
  const open = readBody(b).flatMap(({ change: { id, e, f } }) => (isOpen(id) ? [[id, { e, f }] as const] : []));
  return open.length > 0 ? { held: Object.fromEntries(open) } : {};
}

interface Place {
  readonly actor: string;
  readonly n: number;
}

async function markStable(tx: Writing<Stores>, at: Place, change: string, value: unknown): Promise<void> {
  const sha256 = (value as { sha256?: string } | null)?.sha256 ?? "";
  const row = await tx.objectStore("photos").get(sha256);
  if (!row) return;
  const refs = row.refs.map((ref) => (ref.change === change ? { ...ref, ...at, stable: true } : ref));
  await tx.objectStore("photos").put({ ...row, refs });
}

/**
 * An original whose bytes may go: the server has verified them, a backup has them, and a backup covers whatever names them.
 * Thumbnails stay: they are small, and the list of photos needs them offline.
 */
function isSpent(tablet: Tablet, row: PhotoRow): boolean {
  return row.backed === true && mayBeSpent(tablet, row);
}

/** Only the word that a backup has the bytes is missing, if that. */
export function mayBeSpent({ memory }: Tablet, row: PhotoRow): boolean {
  const isCovered = ({ stream, stable, actor, n }: PhotoRef) =>
    stable && (actor === undefined || (n ?? 0) <= memory.chain(actor, stream).stable);
  return row.kind === "blob" && row.state === "verified" && !row.dropped && row.refs.every(isCovered);
}

async function dropBytes(tx: Writing<Stores>, row: PhotoRow): Promise<void> {
  await tx.objectStore("chunks").delete(chunkRange(row.sha256));
  await tx.objectStore("uploads").delete(row.sha256);
  await tx.objectStore("photos").put({ ...row, dropped: true });
}

import { readBody } from "../domain/commit";
import { chunkRange } from "../store/photos";
import type { CommitRow, PhotoRow } from "../store/schema";
import type { Tablet } from "../store/tablet";
import { type Stores, strictly, type Writing } from "../store/transaction";

/** Stubs of pruned commits that are kept for the list of what was sent. */
const STUBS = 300;

/**
 * Lets go of what a verified backup covers: the bytes of commits, and photo originals that are verified and whose every
 * reference is covered. Commits with a held or rejected change stay whole, since a person may still ask for them.
 */
export async function prune(tablet: Tablet): Promise<void> {
  const covered = [...tablet.memory.commits.values()].filter((row) => isCovered(tablet, row));
  const stubs = [...tablet.memory.commits.values()].filter((row) => row.pruned).sort((a, b) => a.sealed - b.sealed);
  const old = stubs.slice(0, Math.max(0, stubs.length + covered.length - STUBS));
  const photos = [...tablet.memory.photos.values()];
  if (covered.length + old.length === 0 && !photos.some(isSpent)) return;
  await strictly(tablet.db, ["commits", "photos", "chunks", "uploads"], async (tx) => {
    const commits = tx.objectStore("commits");
    for (const { actor, stream, n } of old) await commits.delete([actor, stream, n]);
    for (const row of covered) await pruneCommit(tx, row);
    for (const row of (await tx.objectStore("photos").getAll()).filter(isSpent)) await dropBytes(tx, row);
  });
  await tablet.memory.loadOwn(tablet.db);
  tablet.announce("own");
}

function isCovered({ memory }: Tablet, row: CommitRow): boolean {
  if (!row.result || row.pruned || row.n > memory.chain(row.actor, row.stream).stable) return false;
  const isInReplica = (row.placed?.seq ?? Number.POSITIVE_INFINITY) <= (memory.streams.get(row.stream)?.cursor ?? 0);
  return isInReplica && !Object.values(row.result.changes).some((v) => v.verdict !== "duplicate");
}

async function pruneCommit(tx: Writing<Stores>, { actor, stream, n }: CommitRow): Promise<void> {
  const row = await tx.objectStore("commits").get([actor, stream, n]);
  if (!row) return;
  for (const { change } of readBody(row.b).filter(({ change }) => change.f === "blob" || change.f === "thumb"))
    await markStable(tx, change.id, change.v);
  await tx.objectStore("commits").put({ ...row, h: "", b: "", s: "", pruned: true });
}

async function markStable(tx: Writing<Stores>, change: string, value: unknown): Promise<void> {
  const sha256 = (value as { sha256?: string } | null)?.sha256 ?? "";
  const row = await tx.objectStore("photos").get(sha256);
  if (!row) return;
  const refs = row.refs.map((ref) => (ref.change === change ? { ...ref, stable: true } : ref));
  await tx.objectStore("photos").put({ ...row, refs });
}

/** An original whose bytes may go. Thumbnails stay: they are small, and the list of photos needs them offline. */
function isSpent(row: PhotoRow): boolean {
  return row.kind === "blob" && row.state === "verified" && !row.dropped && row.refs.every((ref) => ref.stable);
}

async function dropBytes(tx: Writing<Stores>, row: PhotoRow): Promise<void> {
  await tx.objectStore("chunks").delete(chunkRange(row.sha256));
  await tx.objectStore("uploads").delete(row.sha256);
  await tx.objectStore("photos").put({ ...row, dropped: true });
}

import { Problem } from "../domain/problem";
import { blocksOf } from "../store/pieces";
import { startingWith } from "../store/schema";
import { loosely } from "../store/transaction";
import { noteHead, type Sync } from "./context";
import { linesOf, parseJson, type SnapshotEnd, type SnapshotRow } from "./protocol";

/** Replaces the replica of a stream by the server's snapshot, in one transaction: it is never empty in between. */
export async function takeSnapshot(sync: Sync, stream: string): Promise<void> {
  const { db, memory, announce } = sync.tablet;
  const lines = linesOf(await sync.api.snapshot(stream));
  const end = parseJson<SnapshotRow | SnapshotEnd | null>(lines.pop() ?? "null");
  if (!end || !("end" in end) || end.stream !== stream) throw new Problem("offline", 0, "the snapshot was cut short");
  const rows = new Map(lines.map((line) => parseJson<SnapshotRow>(line)).map(({ e, h }) => [e, h]));
  const row = await loosely(db, ["replicas", "pieces"], async (tx) => {
    const stored = await tx.objectStore("replicas").get(stream);
    if (!stored) return null;
    await tx.objectStore("pieces").delete(startingWith(stream));
    await Promise.all(blocksOf(stream, lines).map((piece) => tx.objectStore("pieces").put(piece)));
    const next = { ...stored, cursor: end.seq, chain: end.chain, reset: false };
    await tx.objectStore("replicas").put(next);
    return next;
  });
  if (!row) return;
  noteHead(sync.state, stream, end.seq);
  memory.replaced(row, rows);
  announce({ replica: stream });
}

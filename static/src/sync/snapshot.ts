import { unwrap } from "idb";
import type { Cells } from "../domain/merge";
import { Problem } from "../domain/problem";
import { startingWith } from "../store/schema";
import { loosely } from "../store/transaction";
import { noteHead, type Sync } from "./context";
import { parseLines, type SnapshotEnd, type SnapshotRow } from "./protocol";

/** Replaces the replica of a stream by the server's snapshot, row by row: it is never empty in between. */
export async function takeSnapshot(sync: Sync, stream: string): Promise<void> {
  const { db, memory, announce } = sync.tablet;
  const lines = parseLines<SnapshotRow | SnapshotEnd>(await sync.api.snapshot(stream));
  const end = lines.at(-1);
  if (!end || !("end" in end) || end.stream !== stream) throw new Problem("offline", 0, "the snapshot was cut short");
  const before = memory.streams.get(stream)?.cursor ?? 0;
  const rows = new Map(lines.flatMap((line) => ("e" in line ? [[line.e, line.h] as [string, Cells]] : [])));
  const row = await loosely(db, ["streams", "replica"], async (tx) => {
    const stored = await tx.objectStore("streams").get(stream);
    if (!stored) return null;
    const replica = tx.objectStore("replica");
    const keys = await replica.getAllKeys(startingWith(stream));
    // Without a promise for each of ten thousand rows: one that fails ends the transaction.
    const plain = unwrap(replica);
    for (const [id, cells] of rows) plain.put({ stream, id, cells });
    await Promise.all(keys.filter(([, id]) => !rows.has(id)).map((key) => replica.delete(key)));
    const next = { ...stored, cursor: end.seq, chain: end.chain, reset: false };
    await tx.objectStore("streams").put(next);
    return next;
  });
  if (!row) return;
  // A snapshot may be older than the head, and a restored server counts from further back: pokes below the old cursor went
  // unheeded. As long as the stream may reach that far the log is asked, whose page says where it ends.
  noteHead(sync.state, stream, Math.max(end.seq, before));
  memory.replaced(row, rows);
  announce({ replica: stream });
}

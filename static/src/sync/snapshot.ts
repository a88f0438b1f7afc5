import { unwrap } from "idb";
import { hashOf } from "../domain/commit";
import type { Cells } from "../domain/merge";
import { Problem } from "../domain/problem";
import { startingWith } from "../store/schema";
import { loosely } from "../store/transaction";
import { noteHead, type Sync } from "./context";
import { parseJson, parseLines, type SnapshotEnd, type SnapshotRow } from "./protocol";

/**
 * Replaces the replica of a stream by the server's snapshot, row by row: it is never empty in between. One that was cut short
 * or spoiled on its way is thrown away (Problem `offline`); the next round asks again.
 */
export async function takeSnapshot(sync: Sync, stream: string): Promise<void> {
  const { db, memory, announce } = sync.tablet;
  const { lines, end } = wholeSnapshot(stream, await sync.api.snapshot(stream));
  const rows = new Map(lines.map(({ e, h }): [string, Cells] => [e, h]));
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
  noteHead(sync.state, stream, end.seq);
  memory.replaced(row, rows);
  announce({ replica: stream });
}

/** The lines of a snapshot that is as the server wrote it. */
function wholeSnapshot(stream: string, text: string): { lines: SnapshotRow[]; end: SnapshotEnd } {
  const last = text.lastIndexOf("\n", text.length - 2) + 1;
  const end = parseJson<Partial<SnapshotEnd> | null>(text.slice(last));
  if (!end?.end || end.stream !== stream) throw new Problem("offline", 0, "the snapshot was cut short");
  const before = text.slice(0, last);
  if (end.digest !== hashOf(before)) throw new Problem("offline", 0, "the snapshot is not what the server wrote");
  return { lines: parseLines<SnapshotRow>(before), end: end as SnapshotEnd };
}

import { hex, utf8 } from "../domain/bytes";
import { Problem } from "../domain/problem";
import { blocksOf } from "../store/pieces";
import { startingWith } from "../store/schema";
import { loosely } from "../store/transaction";
import { noteHead, type Sync } from "./context";
import { linesOf, parseJson, type SnapshotEnd, type SnapshotRow } from "./protocol";

/**
 * Replaces the replica of a stream by the server's snapshot, in one transaction: it is never empty in between. One that was cut
 * short or spoiled on its way is thrown away (Problem `offline`); the next round asks again.
 */
export async function takeSnapshot(sync: Sync, stream: string): Promise<void> {
  const { db, memory, announce } = sync.tablet;
  const { lines, end } = await wholeSnapshot(stream, await sync.api.snapshot(stream));
  const before = memory.streams.get(stream)?.cursor ?? 0;
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
  // A snapshot may be older than the head, and a restored server counts from further back: pokes below the old cursor went
  // unheeded. As long as the stream may reach that far the log is asked, whose page says where it ends.
  noteHead(sync.state, stream, Math.max(end.seq, before));
  memory.replaced(row, rows);
  announce({ replica: stream });
}

/** The lines of a snapshot that is as the server wrote it. Megabytes: the browser's own hash is many times faster than ours. */
async function wholeSnapshot(stream: string, text: string): Promise<{ lines: string[]; end: SnapshotEnd }> {
  const last = text.lastIndexOf("\n", text.length - 2) + 1;
  const end = parseJson<Partial<SnapshotEnd> | null>(text.slice(last));
  if (!end?.end || end.stream !== stream) throw new Problem("offline", 0, "the snapshot was cut short");
  const told = utf8(text.slice(0, text.lastIndexOf(',"digest":')));
  const digest = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", told)));
  if (end.digest !== `sha256:${digest}`) throw new Problem("offline", 0, "the snapshot is not what the server wrote");
  return { lines: linesOf(text.slice(0, last)), end: end as SnapshotEnd };
}

import { chunkRange } from "./photos";
import { type PhotoRow, startingWith } from "./schema";
import type { Tablet } from "./tablet";
import { type Stores, strictly, type Writing } from "./transaction";

/**
 * Removes every byte of the replicas of these streams: rows, cursor, and the photos that have reached the server. The
 * outbox is not touched: what this tablet recorded and has not delivered is delivered, whoever may read the stream now.
 */
export async function purgeStreams(tablet: Tablet, streams: readonly string[]): Promise<void> {
  await strictly(tablet.db, ["replicas", "pieces", "photos", "chunks", "uploads"], async (tx) => {
    for (const stream of streams) {
      await tx.objectStore("pieces").delete(startingWith(stream));
      await tx.objectStore("replicas").delete(stream);
    }
    for (const row of await tx.objectStore("photos").getAll()) await purgePhoto(tx, row, streams);
  });
  await tablet.memory.load(tablet.db);
  tablet.announce("all");
}

async function purgePhoto(tx: Writing<Stores>, row: PhotoRow, streams: readonly string[]): Promise<void> {
  const isOnlyThere = row.refs.every((ref) => streams.includes(ref.stream));
  if (!isOnlyThere || row.state !== "verified") return;
  await tx.objectStore("photos").delete(row.sha256);
  await tx.objectStore("chunks").delete(chunkRange(row.sha256));
  await tx.objectStore("uploads").delete(row.sha256);
}

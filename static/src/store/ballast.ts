import { CHUNK_BYTES, chunkRange } from "./photos";
import type { Db } from "./schema";
import { loosely } from "./transaction";

/**
 * A reserve of disk: browsers lie about the quota, so the first write that fails frees this and is tried again. From then
 * on photos are refused, and words and counts still find room.
 */
const NAME = "ballast";
const CHUNKS = 20;

/**
 * Lays in the reserve once, where there is room for `spare` chunks besides; otherwise nothing of it stays: a part would only
 * bring the disk to its brim. The bytes are random because a store may compress others away.
 */
export async function layBallast(db: Db, chunks = CHUNKS, spare = 0): Promise<void> {
  try {
    for (let i = await db.count("chunks", chunkRange(NAME)); i < chunks + spare; i++) await layChunk(db, i);
  } catch (error) {
    await freeBallast(db).catch(() => false);
    throw error;
  }
  const above = IDBKeyRange.bound([NAME, chunks], [NAME, []]);
  if (spare > 0) await loosely(db, ["chunks"], (tx) => tx.objectStore("chunks").delete(above));
}

async function layChunk(db: Db, i: number): Promise<void> {
  const bytes = randomBytes();
  await loosely(db, ["chunks"], (tx) => tx.objectStore("chunks").put(bytes, [NAME, i]));
}

function randomBytes(): ArrayBuffer {
  const bytes = new Uint8Array(CHUNK_BYTES);
  // 65,536 is the most that getRandomValues gives at once.
  for (let at = 0; at < bytes.length; at += 65_536) crypto.getRandomValues(bytes.subarray(at, at + 65_536));
  return bytes.buffer;
}

export async function hasBallast(db: Db): Promise<boolean> {
  return (await db.count("chunks", chunkRange(NAME))) > 0;
}

/** Frees the reserve; false where there was none left. */
export async function freeBallast(db: Db): Promise<boolean> {
  const had = await hasBallast(db);
  if (had) await loosely(db, ["chunks"], (tx) => tx.objectStore("chunks").delete(chunkRange(NAME)));
  return had;
}

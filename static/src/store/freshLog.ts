import { chunkRange } from "./photos";
import type { Db } from "./schema";
import { loosely, pauseWrites } from "./transaction";

/**
 * Chromium keeps all of a site's IndexedDB in one LevelDB, and goes on writing in the log that it finds at the start. Where a kill
 * has torn that log's last record, what is written behind it looks broken at the next start, and Chromium throws the whole
 * database away, unsent work included. More than LevelDB holds in memory (4 MB) makes it begin a new log and give up the old one.
 *
 * Values above 64 KiB would go to files of their own, and nothing of them into the log.
 */
const NAME = "fresh log";
const ROWS = 80;
const ROW_BYTES = 60_000;
/** LevelDB holds the bytes in its log and again in the table that it makes of them. */
const ROOM_BYTES = 3 * ROWS * ROW_BYTES;
/** A browser that has not told by then (ms) will not keep a person's taps waiting any longer. */
const PROOF_MS = 2_000;

/** To be called at every start, before the first recording if possible; nobody has to wait for it. */
export async function beginFreshLog(
  db: Db,
  agent: string = globalThis.navigator?.userAgent ?? "",
  wait = PROOF_MS,
): Promise<void> {
  if (!/Chrom(e|ium)\//.test(agent)) return;
  const row = new ArrayBuffer(ROW_BYTES);
  try {
    const proof = inTime(wait, proveRoom());
    pauseWrites(db, proof);
    await proof;
    await loosely(db, ["chunks"], async (tx) => {
      await Promise.all(Array.from({ length: ROWS }, (_, i) => tx.objectStore("chunks").put(row, [NAME, i])));
    });
  } catch {
    // Where there is no room for it the log stays as it is, which is no worse than before.
  }
  await loosely(db, ["chunks"], (tx) => tx.objectStore("chunks").delete(chunkRange(NAME))).catch(() => undefined);
}

/**
 * Fails where so much does not fit on the disk. A write into LevelDB's log that fails for want of room tears the log itself, and no
 * estimate tells how much is left: so a file of the site's own is tried first, which is gone at once. While it is there the disk may
 * be full to the last byte, so nothing else is written meanwhile.
 */
async function proveRoom(): Promise<void> {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle(NAME, { create: true });
  try {
    const trial = await (await folder.getFileHandle("trial", { create: true })).createWritable();
    await trial.write(new ArrayBuffer(ROOM_BYTES)).finally(() => trial.abort());
  } finally {
    // With all that a start that was killed here has left.
    await root.removeEntry(NAME, { recursive: true });
  }
}

function inTime(wait: number, proof: Promise<void>): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("no word on the room that is left")), wait);
    proof.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

import { chunkRange } from "./photos";
import type { Db } from "./schema";
import { loosely } from "./transaction";

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

/** To be called at every start, before the first recording if possible; nobody has to wait for it. */
export async function beginFreshLog(db: Db, agent: string = globalThis.navigator?.userAgent ?? ""): Promise<void> {
  if (!/Chrom(e|ium)\//.test(agent)) return;
  const row = new ArrayBuffer(ROW_BYTES);
  const fill = async () => {
    await loosely(db, ["chunks"], async (tx) => {
      await Promise.all(Array.from({ length: ROWS }, (_, i) => tx.objectStore("chunks").put(row, [NAME, i])));
    });
  };
  const empty = () => loosely(db, ["chunks"], (tx) => tx.objectStore("chunks").delete(chunkRange(NAME)));
  // Where there is no room for it the log stays as it is, which is no worse than before.
  await fill().catch(() => undefined);
  await empty().catch(() => undefined);
}

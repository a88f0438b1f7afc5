import { Problem } from "../domain/problem";
import { freeBallast, layBallast } from "./ballast";
import type { Tablet } from "./tablet";
import { isFullDisk } from "./transaction";

/**
 * Runs a write that must find room: words and counts, and what the server said of them. Where the disk is full the reserve
 * is freed and the write tried once more. Rejects with Problem `storage-full` when that does not help.
 */
export async function withRoom<T>(tablet: Tablet, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    if (!isFullDisk(error)) throw error;
    tablet.memory.setFull(true);
    if (!(await freeBallast(tablet.db).catch(() => false))) throw new Problem("storage-full");
    return write().catch((again: unknown) => {
      throw isFullDisk(again) ? new Problem("storage-full") : again;
    });
  }
}

/** Chunks that must fit beside the reserve: a photo, without which the next one would fill the disk again. */
const SPARE = 8;

/** Lays the reserve again once there is room: then photos are taken again, and nobody needs to be told any more. */
export async function regainRoom(tablet: Tablet, chunks?: number): Promise<boolean> {
  if (!tablet.memory.isFull) return true;
  try {
    await layBallast(tablet.db, chunks, SPARE);
  } catch {
    return false;
  }
  tablet.memory.setFull(false);
  return true;
}

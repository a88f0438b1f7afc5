import type { Tablet } from "../store/tablet";
import { loosely, readMeta } from "../store/transaction";

/** How often the holder of the sync lock shows that it is awake, and after which silence another tab takes it (ms). */
const HEARTBEAT_MS = 5_000;
export const STEAL_AFTER_MS = 30_000;
const GRACE_MS = 1_000;

/**
 * Runs `work` if no other tab is syncing; false if one is. A frozen window keeps its lock, hence the heartbeat: a holder
 * that has been silent is robbed. Nothing depends on the lock for correctness, only for not doing things twice.
 */
export async function withSyncLock(tablet: Tablet, work: () => Promise<void>): Promise<boolean> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return hold(tablet, work);
  const name = `${tablet.db.name}-sync`;
  let held: Promise<boolean> = Promise.resolve(false);
  const run = (lock: unknown) => {
    if (lock) held = hold(tablet, work);
    return held;
  };
  const isHeld = await locks.request(name, { ifAvailable: true }, run).catch((error) => robbed(error, held));
  if (isHeld || !(await isSilent(tablet))) return isHeld;
  // It may have woken up just now: give it the time to show that.
  await new Promise((resolve) => setTimeout(resolve, GRACE_MS));
  return (await isSilent(tablet)) && locks.request(name, { steal: true }, run).catch((error) => robbed(error, held));
}

/**
 * Another tab took the lock while this one was frozen, and works now. What this one was in the middle of is not undone by
 * that: wait for its end, or this tab would begin a second round beside it.
 */
async function robbed(error: unknown, held: Promise<boolean>): Promise<boolean> {
  if (!(error instanceof DOMException && error.name === "AbortError")) throw error;
  await held.catch(() => undefined);
  return false;
}

async function hold(tablet: Tablet, work: () => Promise<void>): Promise<boolean> {
  // The heartbeat is for other windows: a disk without room for it must not stop the work.
  await beat(tablet).catch(() => undefined);
  const timer = setInterval(() => void beat(tablet).catch(() => undefined), HEARTBEAT_MS);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  return true;
}

async function beat({ db, now }: Tablet): Promise<void> {
  await loosely(db, ["meta"], (tx) => tx.objectStore("meta").put(now(), "heartbeat"));
}

async function isSilent({ db, now }: Tablet): Promise<boolean> {
  const last = (await readMeta(db, "heartbeat")) ?? 0;
  return Math.abs(now() - last) > STEAL_AFTER_MS;
}

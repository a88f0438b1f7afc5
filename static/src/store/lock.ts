/** How long to wait for another tab (ms). */
const GRACE_MS = 1_000;

/**
 * Runs `work` while no other tab holds the lock of that name, or after a while without it: a frozen window never lets go.
 * Where there are no Web Locks, it just runs.
 */
export async function withLock<T>(name: string, work: () => Promise<T>, patience = GRACE_MS): Promise<T> {
  const locks = globalThis.navigator?.locks;
  if (!locks) return work();
  let isStarted = false;
  const run = () => {
    isStarted = true;
    return work();
  };
  return await locks.request(name, { signal: AbortSignal.timeout(patience) }, run).catch((error: unknown) => {
    if (isStarted) throw error;
    return work();
  });
}

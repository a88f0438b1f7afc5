import { type Signal, signal } from "@preact/signals";
import { isRunning, running } from "./tablet";

export interface Storage {
  usage: number;
  quota: number;
  persisted: boolean | null;
}

/** What the browser says of this site's room, in bytes; it may be wrong, so nothing but display depends on it. */
export const storage: Signal<Storage> = signal({ usage: 0, quota: 0, persisted: null });

export async function measureStorage(): Promise<void> {
  const manager = globalThis.navigator?.storage;
  if (!manager?.estimate) return;
  const [{ usage = 0, quota = 0 }, persisted] = await Promise.all([
    manager.estimate(),
    manager.persisted?.() ?? Promise.resolve(null),
  ]);
  storage.value = { usage, quota, persisted };
  if (isRunning()) running().engine.sync.state.free = Math.max(0, quota - usage);
}

/** Asks the browser not to evict this site. The answer is shown, and never relied on. */
export async function askToPersist(): Promise<void> {
  await globalThis.navigator?.storage?.persist?.();
  await measureStorage();
}

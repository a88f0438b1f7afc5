import { type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { isRunning, running } from "./tablet";

/** `oldest` is the age of the oldest unsent change in seconds, `free` in bytes, `last_seen` in ms. */
export interface DeviceView {
  id: string;
  label: string;
  user: string;
  authority: string;
  last_seen: number;
  pending_changes: number;
  pending_blobs: number;
  oldest: number | null;
  free: number | null;
  /** Its store was emptied: when that was noticed (ms), and what it had said last that it still held. */
  lost?: { at: number; changes: number; blobs: number } | null;
}

const EVERY_MS = 5_000;
let stop: (() => void) | undefined;

const found: Signal<DeviceView[]> = signal([], {
  watched: () => {
    stop = follow();
  },
  unwatched: () => stop?.(),
});

/** What each tablet still holds. Refreshed by pokes and every 5 s while something reads it. */
export const devices: ReadonlySignal<DeviceView[]> = found;

function follow(): () => void {
  const timer = setInterval(() => void refresh(), EVERY_MS);
  const unfollow = isRunning() ? running().engine.onPoke(({ stream }) => stream === "devices" && void refresh()) : null;
  void refresh();
  return () => {
    clearInterval(timer);
    unfollow?.();
  };
}

async function refresh(): Promise<void> {
  if (!isRunning()) return;
  const answer = await running()
    .engine.sync.api.devices()
    .catch(() => null);
  // Without an answer the last one stays: `last_seen` tells how old it is.
  if (Array.isArray(answer)) found.value = answer as DeviceView[];
}

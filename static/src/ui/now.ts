import { signal } from "@preact/signals";

const TICK_MS = 10_000;

/** The present moment for ages on the screen, fine enough for "4 min", coarse enough to leave the battery alone. */
export const now = signal(Date.now());

/** Starts the clock; also right after the tablet wakes, when ten seconds would show an hour-old age. */
export function startClock(): () => void {
  const tick = () => {
    now.value = Date.now();
  };
  const timer = setInterval(tick, TICK_MS);
  document.addEventListener("visibilitychange", tick);
  return () => {
    clearInterval(timer);
    document.removeEventListener("visibilitychange", tick);
  };
}

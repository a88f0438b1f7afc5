/** Big-screen mode: the board alone, larger, on a screen that must not fall asleep. Its address can be a wall computer's start page. */
import { useEffect } from "preact/hooks";
import { go, route } from "../router";

export const WALL = "wall";

/** Marks the document while the mode is on; the style sheet does the rest. */
export function useWall(on: boolean): void {
  useEffect(() => {
    if (!on) return;
    document.documentElement.dataset.wall = "on";
    const awake = keepAwake();
    addEventListener("keydown", leaveOnEscape);
    document.addEventListener("fullscreenchange", leaveWithFullscreen);
    return () => {
      delete document.documentElement.dataset.wall;
      awake();
      removeEventListener("keydown", leaveOnEscape);
      document.removeEventListener("fullscreenchange", leaveWithFullscreen);
    };
  }, [on]);
}

/** From a press only: browsers grant full screen to nothing else. Without it the mode works in the window. */
export function enterWall(): void {
  go("board", WALL);
  document.documentElement.requestFullscreen?.().catch(() => undefined);
}

export function leaveWall(): void {
  if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
  if (route.value[1] === WALL) go("board");
}

function leaveOnEscape(event: KeyboardEvent): void {
  const within = event.target instanceof Element && event.target.closest("dialog, select, details[open]");
  if (event.key === "Escape" && !event.defaultPrevented && !within) leaveWall();
}

function leaveWithFullscreen(): void {
  if (document.fullscreenElement === null) leaveWall();
}

/** Asks the system to keep the screen on; it lets go when the page is hidden, so ask again when it is back. */
function keepAwake(): () => void {
  let over = false;
  let lock: WakeLockSentinel | null = null;
  const ask = async () => {
    if (document.visibilityState !== "visible" || over) return;
    try {
      lock = await navigator.wakeLock.request("screen");
      if (over) await lock.release();
    } catch {
      // Not granted, or not known to this browser: the screen follows its own settings.
    }
  };
  void ask();
  document.addEventListener("visibilitychange", ask);
  return () => {
    over = true;
    document.removeEventListener("visibilitychange", ask);
    void lock?.release();
  };
}

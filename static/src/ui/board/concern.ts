/** What the tablets may still hold: which of them to worry about, and whether the totals can be called complete. */
import type { DeviceView } from "../../state/board";
import { isFinished, isRunning } from "./phase";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A tablet in use answers every few seconds; five minutes without a word is worth a call. */
export const SILENT_MS = 5 * MINUTE;
/** What is younger is on its way in: a tablet tells what it holds before it sends it, and says so again within the minute. */
const ON_ITS_WAY_S = 60;
/** About forty photos: below this the tablet soon refuses to take more. */
export const LOW_BYTES = 250_000_000;
/** Tablets fetch the day's sites before the evening; one not heard since then is not out there. */
const BEFORE_MS = 12 * HOUR;

/** The evening as the tablets see it: planned, going on, or over. Times in ms. */
export interface Watch {
  readonly phase: "before" | "live" | "after";
  readonly start: number;
  readonly end: number;
}

/** Worst first. `lost`: its store is gone with what it held; `emptied`: gone, and it held nothing. `unused`: not heard during this evening and holding nothing; `quiet`: nobody expects a word from it now, and it holds nothing. */
export const CONCERNS = ["lost", "silent", "holds", "full", "sends", "ok", "quiet", "emptied", "unused"] as const;
export type Concern = (typeof CONCERNS)[number];

export interface Tablet {
  readonly device: DeviceView;
  readonly concern: Concern;
  /** No sign of life although one is expected: for what it holds, only the last contact speaks. */
  readonly silent: boolean;
  readonly holding: boolean;
  /** It may hold something of this very evening, so the totals cannot be called complete. */
  readonly doubtful: boolean;
}

/** `asOf`: the moment the list of devices describes, in ms; the present, unless the board itself lost contact. */
export function tabletOf(device: DeviceView, watch: Watch, asOf: number): Tablet {
  if (device.lost) return lostOf(device, device.lost, watch);
  const holding = device.pending_changes > 0 || device.pending_blobs > 0;
  const silent = !isUnused(device, watch, holding) && isSilent(device, watch, asOf);
  const doubtful = silent || (holding && !isLater(device, watch, asOf));
  return { device, silent, holding, doubtful, concern: concernOf(device, watch, { holding, silent }) };
}

/** Nobody will ever hear from it again: what it held is missing unless it was recorded anew. */
function lostOf(device: DeviceView, lost: NonNullable<DeviceView["lost"]>, watch: Watch): Tablet {
  const holding = lost.changes > 0 || lost.blobs > 0;
  const oldest = device.last_seen - (device.oldest ?? 0) * 1000;
  const isOfThisEvening = lost.at >= watch.start - BEFORE_MS && (watch.phase !== "after" || oldest <= watch.end);
  return {
    device,
    silent: false,
    holding,
    doubtful: holding && isOfThisEvening,
    concern: holding ? "lost" : "emptied",
  };
}

/** Everything it holds was written after this evening ended: it belongs to another one. */
function isLater({ oldest }: DeviceView, watch: Watch, asOf: number): boolean {
  return watch.phase === "after" && oldest !== null && asOf - oldest * 1000 > watch.end;
}

function concernOf(
  device: DeviceView,
  watch: Watch,
  { holding, silent }: { holding: boolean; silent: boolean },
): Concern {
  if (silent) return "silent";
  if (holding && !isSending(device)) return "holds";
  if (isUnused(device, watch, holding)) return "unused";
  if (device.free !== null && device.free < LOW_BYTES) return "full";
  if (holding) return "sends";
  return watch.phase === "live" ? "ok" : "quiet";
}

function isSending({ oldest }: DeviceView): boolean {
  return oldest !== null && oldest < ON_ITS_WAY_S;
}

/** Before and after the evening nobody has to answer; but who fell silent before its end may hold what was recorded then. */
function isSilent(device: DeviceView, watch: Watch, asOf: number): boolean {
  if (watch.phase === "live") return asOf - device.last_seen > SILENT_MS;
  return watch.phase === "after" && device.last_seen < watch.end;
}

function isUnused(device: DeviceView, watch: Watch, holding: boolean): boolean {
  return watch.phase !== "before" && !holding && device.last_seen < watch.start - BEFORE_MS;
}

/** Worst first; within one concern the one that has been silent longest. */
export function byConcern(tablets: readonly Tablet[]): Tablet[] {
  const rank = (tablet: Tablet) => CONCERNS.indexOf(tablet.concern) * 2 - (tablet.silent && tablet.holding ? 1 : 0);
  return [...tablets].sort((a, b) => rank(a) - rank(b) || a.device.last_seen - b.device.last_seen);
}

/** `start` and `end` in ms; an evening that ends past midnight ends on the next day. */
export function watchOf(status: string, start: number, end: number): Watch {
  const phase = isFinished(status) ? "after" : isRunning(status) ? "live" : "before";
  return { phase, start, end: end > start ? end : end + 24 * HOUR };
}

/** What this tablet lost, so that it is known and said: its whole store, or recordings that could not be kept. */
import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

/** What stays outside the database: who this tablet was. `enrolled`: ms. */
export interface DeviceMark {
  readonly id: string;
  readonly label: string;
  readonly enrolled: number;
}

const KEY = "insats.device";
const lost: Signal<DeviceMark | null> = signal(null);

/** The tablet this one was before its store was lost; null where nothing was lost. Told to the server by the next `enrol`. */
export const lostStore: ReadonlySignal<DeviceMark | null> = lost;

/** The store is open: was this tablet enrolled before, though its store knows nothing of it? */
export function noticeLoss(isEnrolled: boolean): void {
  lost.value = isEnrolled ? null : readMark();
}

/** This tablet is enrolled: remember who it is, and let go of what it was. */
export function markDevice(mark: DeviceMark): void {
  lost.value = null;
  try {
    localStorage.setItem(KEY, JSON.stringify(mark));
  } catch {
    // Without web storage a loss goes unnoticed on the tablet; the server notices by what it was last told.
  }
}

/** The store was emptied on purpose: nothing was lost. */
export function forgetMark(): void {
  try {
    localStorage.removeItem(KEY);
  } catch {
    // As above.
  }
}

export function readMark(): DeviceMark | null {
  try {
    const mark = JSON.parse(localStorage.getItem(KEY) ?? "null") as Partial<DeviceMark> | null;
    if (typeof mark?.id !== "string" || typeof mark.label !== "string") return null;
    return { id: mark.id, label: mark.label, enrolled: Number(mark.enrolled) || 0 };
  } catch {
    return null;
  }
}

/** Recordings that are saved now, and photos whose bytes could not be kept. */
export interface Rescued {
  readonly recordings: number;
  readonly photos: number;
}

const back: Signal<Rescued | null> = signal(null);

/**
 * What was being recorded when the browser lost the database, after the reload: `recordings` are saved now; `photos` could
 * not be kept and have to be taken again. Null where there was nothing.
 */
export const rescued: ReadonlySignal<Rescued | null> = back;

export function noteRescued(what: Rescued): void {
  if (what.recordings + what.photos > 0) back.value = what;
}

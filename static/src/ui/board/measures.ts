/** The evenings beside each other: which ones, what is compared, and where it stands in the plot. */
import type { Figures } from "../../domain/figures";
import { isFinished, isRunning } from "./phase";

export interface Evening {
  readonly id: string;
  readonly date: string;
  readonly status: string;
  readonly figures: Figures;
}

/** `value` times 100, so that a mean of two decimals is still an integer; null where there is nothing to divide by. */
export interface Point {
  readonly id: string;
  readonly date: string;
  readonly open: boolean;
  readonly value: number | null;
}

export const MEASURES = ["machines", "reports", "sites", "per", "activity"] as const;
export type Measure = (typeof MEASURES)[number];

/** Whole numbers are shown without decimals, means with two. */
export function isMean(measure: Measure): boolean {
  return measure === "per" || measure === "activity";
}

/** Finished evenings in order of date, then the chosen one if it is going on. Others would compare plans with results. */
export function comparable<T extends Pick<Evening, "id" | "date" | "status">>(
  evenings: readonly T[],
  chosen: string,
): T[] {
  const dated = evenings.filter((evening) => evening.date !== "");
  const byDate = dated.sort((a, b) => (a.date < b.date ? -1 : a.date > b.date ? 1 : a.id < b.id ? -1 : 1));
  const open = byDate.filter((evening) => evening.id === chosen && isRunning(evening.status));
  return [...byDate.filter((evening) => isFinished(evening.status)), ...open];
}

export function pointsOf(measure: Measure, evenings: readonly Evening[]): Point[] {
  return evenings.map(({ id, date, status, figures }) => ({
    id,
    date,
    open: !isFinished(status),
    value: VALUE[measure](figures),
  }));
}

const MACHINE = "SPELMASKIN";

export function machines(figures: Figures): number {
  return figures.seizures[MACHINE]?.ST ?? 0;
}

/** Sites count as visited once their visit has ended, also behind a closed door: a planned one says nothing yet. */
const VALUE: Record<Measure, (figures: Figures) => number | null> = {
  machines: (figures) => machines(figures) * 100,
  reports: (figures) => figures.reports_total * 100,
  sites: (figures) => figures.done * 100,
  per: (figures) => ratioTimes100(machines(figures), figures.done),
  activity: (figures) => figures.activity_mean_x100,
};

/** Rounded half up, like the mean activity. */
export function ratioTimes100(part: number, whole: number): number | null {
  return whole === 0 ? null : Math.floor((200 * part + whole) / (2 * whole));
}

/** Where the axis ends: a round number at or above the largest value, never zero. Same unit as the values. */
export function ceiling(values: readonly (number | null)[], atLeast = 100): number {
  const largest = Math.max(atLeast, ...values.map((value) => value ?? 0));
  const power = 10 ** Math.floor(Math.log10(largest));
  return ([1, 1.5, 2, 2.5, 3, 4, 5, 6, 8].find((step) => step * power >= largest) ?? 10) * power;
}

export interface Column {
  readonly point: Point;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** The columns in a field of `width` by `height` whose base line is at the bottom. Heights are proportional from zero. */
export function columns(points: readonly Point[], top: number, width: number, height: number, widest = 56): Column[] {
  const step = width / Math.max(points.length, 1);
  const wide = Math.min(widest, step * 0.62);
  return points.map((point, i) => {
    const tall = ((point.value ?? 0) / top) * height;
    return { point, x: step * (i + 0.5) - wide / 2, y: height - tall, width: wide, height: tall };
  });
}

import { kindOf } from "./change";
import { type Cells, conflicts, headsOf, isVoid, needsReview, winner } from "./merge";
import { counted, type Entry } from "./tally";

/** What a shared stream counts. Quantities by code and base unit; `activity_mean_x100` rounds half up. */
export interface Figures {
  visits: number;
  done: number;
  seizures: Record<string, Record<string, number>>;
  reports: Record<string, number>;
  reports_total: number;
  photos: number;
  safety: number;
  conflicts: number;
  review: number;
  activity_mean_x100: number | null;
}

/** What the code lists say: the base of a unit (an unknown unit is its own base), and the value of an activity code. */
export interface Scales {
  readonly base: (unit: string) => string;
  readonly activity: (code: string) => number | undefined;
}

/** Statuses of a visit after which nobody returns to it that evening. */
export const DONE: ReadonlySet<string> = new Set(["KLART", "STANGT", "UPPHORT", "NEKAD", "AVBR"]);

/** Kinds that say something about what was recorded: two that differ are two opinions, no conflict to settle. */
const ABOUT: ReadonlySet<string> = new Set(["admission", "submission", "approval"]);

type Entity = readonly [id: string, cells: Cells];

/** The figures of one shared stream, from all its entities, void ones included. Twin of `app/domain/figures.py`. */
export function figures(entities: Iterable<Entity>, scales: Scales): Figures {
  const all = [...entities].filter(([id]) => !ABOUT.has(kindOf(id)));
  const live = all.filter(([, cells]) => !isVoid(cells));
  const visits = live.filter(([id]) => kindOf(id) === "visit").map(([, cells]) => cells);
  return {
    visits: visits.length,
    done: visits.filter((cells) => DONE.has(String(shown(cells, "status")))).length,
    ...tallies(live, scales),
    safety: live.filter(([id]) => kindOf(id) === "safety").length,
    conflicts: live.reduce((sum, [, cells]) => sum + conflicts(cells).length, 0),
    review: all.filter(([, cells]) => needsReview(cells)).length,
    activity_mean_x100: meanTimes100(
      visits.flatMap((cells) => scales.activity(String(shown(cells, "activity"))) ?? []),
    ),
  };
}

function shown(cells: Cells, field: string): unknown {
  return winner(headsOf(cells, field))?.[1];
}

type Sums = Pick<Figures, "seizures" | "reports" | "reports_total" | "photos">;

function tallies(live: readonly Entity[], { base }: Scales): Sums {
  const sums: Sums = { seizures: {}, reports: {}, reports_total: 0, photos: 0 };
  for (const [, cells] of live.filter(([id]) => kindOf(id) === "tally")) {
    const tally = counted(cells);
    if (tally) add(sums, tally, base(tally.unit));
  }
  return sums;
}

function add(sums: Sums, { of, code, qty }: Entry, base: string): void {
  if (of === "photo") sums.photos += qty;
  else if (of === "report") {
    sums.reports_total += qty;
    sums.reports[code] = (sums.reports[code] ?? 0) + qty;
  } else {
    const byBase = sums.seizures[code] ?? {};
    sums.seizures[code] = { ...byBase, [base]: (byBase[base] ?? 0) + qty };
  }
}

function meanTimes100(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sum = values.reduce((a, b) => a + b, 0);
  return Math.floor((200 * sum + values.length) / (2 * values.length));
}

/** What a seed is: how many tablets, what happens when, which faults and how often. Drawn at once, so that it can be shrunk. */
import type { Rates, WayFault } from "./network";
import { Random } from "./random";

/** What people do at their tablets. */
export const ACTS = [
  ["answer", 30],
  ["tap", 16],
  ["checklist", 14],
  ["recount", 5],
  ["remove", 3],
  ["bring-back", 2],
  ["note", 5],
  ["photo", 6],
  ["report", 4],
  ["settle", 6],
  ["quick", 6],
  ["decide", 9],
  ["submit", 3],
  ["approve", 3],
  ["withdraw", 2],
  ["carry", 3],
] as const;
export type Act = (typeof ACTS)[number][0];

/** What happens to tablets, server and people. */
export const HAPPENINGS = [
  ["kill", 8],
  ["kill-between", 12],
  ["power-cut", 8],
  ["evict", 2],
  ["clone", 3],
  ["second-window", 4],
  ["freeze", 3],
  ["clock", 5],
  ["offline", 10],
  ["reload", 4],
  ["wake", 6],
  ["tablet-full", 3],
  ["broken", 4],
  ["revoke", 4],
  ["grant", 4],
  ["revoke-actor", 1],
  ["sign-out", 2],
  ["backup", 10],
  ["copy", 6],
  ["rollback", 6],
  ["restore", 3],
  ["server-restart", 4],
  ["server-power-cut", 4],
  ["weeks", 2],
  ["hostile", 14],
] as const;
export type Happening = (typeof HAPPENINGS)[number][0];

export interface Step {
  readonly at: number;
  readonly kind: Act | Happening;
  /** Which tablet. */
  readonly who: number;
  /** Its chance is its own: leaving out another step changes nothing about this one. */
  readonly index: number;
}

export interface Plan {
  readonly seed: number;
  readonly users: readonly string[];
  readonly workers: number;
  readonly steps: readonly Step[];
  readonly rates: Partial<Rates>;
  readonly length: number;
  /** The tablets are enrolled in this evening; otherwise it begins with a crew that was. */
  readonly isFresh: boolean;
}

/** What is left out of a plan: kinds of faults of the way, and steps by index. */
export interface Cut {
  readonly faults?: readonly string[];
  readonly steps?: readonly number[];
}

export const FAULTS: readonly WayFault[] = [
  "drop-request",
  "drop-answer",
  "duplicate",
  "cut-request",
  "cut-answer",
  "cut-line",
  "corrupt-request",
  "corrupt-answer",
  "slow",
  "portal",
  "bad-gateway",
  "crash-before",
  "crash-after",
  "disk-full",
  "lost-poke",
];

const CREWS: readonly (readonly string[])[] = [
  ["alva", "cia"],
  ["alva", "bo"],
  ["alva", "alva"],
  ["alva", "bo", "cia"],
  ["alva", "cia", "eva"],
  ["bo", "bo", "dag"],
  ["alva", "cia", "fia"],
  ["alva", "bo", "cia", "eva"],
  ["alva", "alva", "cia", "dag", "eva", "fia"],
];

/** How long after another something happens (ms): within a round, within the time between two, or with rounds in between. */
const PACES = [250, 800, 2_500];

export function planOf(seed: number): Plan {
  const random = new Random(`seed ${seed}`);
  // Most failures need few steps, and a short evening is cheap: most are short. Some need a long history.
  const size = random.weighted([
    ["tiny", 60],
    ["small", 32],
    ["middle", 7],
    ["large", 1],
  ] as const);
  const crews = { tiny: CREWS.slice(0, 4), small: CREWS.slice(0, 6), middle: CREWS.slice(2, 8), large: CREWS.slice(7) };
  const [fewest, most] = ({ tiny: [3, 8], small: [8, 18], middle: [18, 45], large: [60, 140] } as const)[size];
  const count = random.int(fewest, most);
  const length = count * random.pick(PACES);
  const trouble = random.pick([0, 0.15, 0.3, 0.5]);
  const users = random.pick(crews[size]);
  const steps = Array.from({ length: count }, (_, index): Step => {
    const kind = random.chance(trouble) ? random.weighted(HAPPENINGS) : random.weighted(ACTS);
    return { at: random.int(0, length), kind, who: random.int(0, users.length - 1), index };
  });
  const rates = Object.fromEntries(
    FAULTS.flatMap((fault) => (random.chance(0.3) ? [[fault, random.pick([0.02, 0.05, 0.15, 0.3])]] : [])),
  );
  const workers = random.weighted([
    [1, 5],
    [2, 3],
    [3, 1],
  ]);
  const isFresh = random.chance(0.08);
  return { seed, users, workers, steps: steps.sort((a, b) => a.at - b.at), rates, length, isFresh };
}

export function without(plan: Plan, cut: Cut): Plan {
  const [faults, steps] = [new Set(cut.faults ?? []), new Set(cut.steps ?? [])];
  return {
    ...plan,
    rates: Object.fromEntries(Object.entries(plan.rates).filter(([fault]) => !faults.has(fault))),
    steps: plan.steps.filter((step) => !steps.has(step.index)),
  };
}

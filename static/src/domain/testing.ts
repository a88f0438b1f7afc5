/** Helpers of the tests: the shared vectors and little worlds to merge in. */
import commit from "../../../tests/vectors/commit.json?raw";
import figures from "../../../tests/vectors/figures.json?raw";
import merge from "../../../tests/vectors/merge.json?raw";
import type { Change } from "./change";
import type { Figures } from "./figures";
import type { Json } from "./json";
import { type Cells, type Head, mergeInto, type Origin, type Outcome, type Retired } from "./merge";

export type Arrival = Change & Origin;
export type World = Record<string, Cells>;

export interface MergeCase {
  readonly name: string;
  readonly changes: readonly Arrival[];
  readonly outcomes: readonly Outcome[];
  readonly heads: Record<string, Record<string, Head[]>>;
  readonly winner: Record<string, Record<string, Json>>;
  readonly conflicts: readonly (readonly [string, string])[];
  readonly void: readonly string[];
  readonly review: readonly string[];
  readonly digest: string;
  readonly order_free: boolean;
}

export interface CommitVectors {
  readonly key: string;
  readonly actor: string;
  readonly commits: readonly { readonly h: string; readonly b: string; readonly s: string; readonly hash: string }[];
  readonly chain: readonly { readonly r: string; readonly chain: string }[];
}

export interface FiguresCase {
  readonly name: string;
  readonly entities: Record<string, Cells>;
  readonly figures: Figures;
}

/** The files of `tests/vectors`, which the Python tests read too. Parsed here: a bundler would lose a `__proto__` key. */
export const mergeCases = JSON.parse(merge) as readonly MergeCase[];
export const figuresCases = JSON.parse(figures) as readonly FiguresCase[];
export const commitVectors = JSON.parse(commit) as CommitVectors;

/** Merges arrivals one after the other into an empty stream. */
export function arrive(arrivals: readonly Arrival[]): { world: World; outcomes: Outcome[] } {
  const world: World = {};
  const retired: Retired = new Map();
  const outcomes = arrivals.map(({ actor, t, seq, ...change }) => {
    world[change.e] ??= {};
    return mergeInto(world[change.e] ?? {}, retired, change, { actor, t, seq });
  });
  return { world, outcomes };
}

export function permutations<T>(items: readonly T[]): T[][] {
  if (items.length < 2) return [[...items]];
  return items.flatMap((item, i) => permutations(items.filter((_, j) => j !== i)).map((rest) => [item, ...rest]));
}

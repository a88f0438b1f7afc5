/** Helpers of the tests: the shared vectors and little worlds to merge in. */
import commit from "../../../tests/vectors/commit.json?raw";
import courier from "../../../tests/vectors/courier.json?raw";
import disclosure from "../../../tests/vectors/disclosure.json?raw";
import figures from "../../../tests/vectors/figures.json?raw";
import merge from "../../../tests/vectors/merge.json?raw";
import sensitive from "../../../tests/vectors/sensitive.json?raw";
import versions from "../../../tests/vectors/versions.json?raw";
import type { Change } from "./change";
import type { CopiedItem, Item } from "./disclosure";
import type { Figures } from "./figures";
import type { Json } from "./json";
import { type Cells, type Head, mergeInto, type Origin, type Outcome, type Retired } from "./merge";
import type { SensitiveField } from "./sensitive";

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

export interface VersionsCase {
  readonly name: string;
  readonly visit: string;
  readonly entities: Record<string, Cells>;
  readonly lines: readonly (readonly [string, string, string])[];
  readonly hash: string;
  readonly ids: readonly string[];
  readonly submitted: readonly string[];
  readonly late: readonly (readonly [string, string, string])[];
}

export type DisclosureCase =
  | {
      readonly name: string;
      readonly from: string;
      readonly to: string;
      readonly day: string;
      readonly grounds: readonly (readonly [string, boolean])[];
    }
  | {
      readonly name: string;
      readonly items: readonly Item[];
      readonly entities: Record<string, Cells>;
      readonly copy: readonly CopiedItem[] | null;
      readonly hash?: string;
    };

interface Pair {
  readonly d: string;
  readonly point: string;
}

/** All bytes in base64url. */
export interface CourierVectors {
  readonly seal: Pair;
  readonly ephemeral: Pair;
  readonly frames: readonly {
    readonly name: string;
    readonly iv: string;
    readonly plain: string;
    readonly frame: string;
  }[];
  readonly file: string;
  readonly file_sha256: string;
}

/** The files of `tests/vectors`, which the Python tests read too. Parsed here: a bundler would lose a `__proto__` key. */
export const mergeCases = JSON.parse(merge) as readonly MergeCase[];
export const figuresCases = JSON.parse(figures) as readonly FiguresCase[];
export const disclosureCases = JSON.parse(disclosure) as readonly DisclosureCase[];
export const sensitiveCases = JSON.parse(sensitive) as readonly {
  readonly text: string;
  readonly field: SensitiveField | null;
}[];
export const versionsCases = JSON.parse(versions) as readonly VersionsCase[];
export const courierVectors = JSON.parse(courier) as CourierVectors;
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

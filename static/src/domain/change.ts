import { canonical, type Json } from "./json";

/** One value asserted on one cell: entity `e`, field `f`. `at` is the author's clock in milliseconds. */
export interface Change {
  readonly id: string;
  readonly e: string;
  readonly f: string;
  readonly v: Json;
  readonly at: number;
  readonly replaces?: readonly string[];
}

/** What must be equal for two changes with one id to be the same change. */
export function content(v: Json, at: number): string {
  return canonical([v, at]);
}

/** The line of a commit body, without its newline. */
export function line(change: Change): string {
  const { id, e, f, v, at, replaces } = change;
  return JSON.stringify(replaces?.length ? { id, e, f, v, at, replaces } : { id, e, f, v, at });
}

/** The kind of an entity id: what stands before its first underscore. */
export function kindOf(entity: string): string {
  const end = entity.indexOf("_");
  return end < 0 ? entity : entity.slice(0, end);
}

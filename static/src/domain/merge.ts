import { sha256Hex } from "./bytes";
import { type Change, content } from "./change";
import { byCodePoint, canonical, type Json } from "./json";

/** A live value: change id, value, actor, the author's clock, display time (both ms) and sequence number (null: not sent). */
export type Head = readonly [id: string, v: Json, actor: string, at: number, t: number, seq: number | null];
/** The heads of each field of one entity, sorted by change id. */
export type Cells = Record<string, readonly Head[]>;
export type Outcome = "applied" | "dead" | "duplicate" | "id_reused";

/** Who wrote a change and how the server placed it. */
export interface Origin {
  readonly actor: string;
  readonly t: number;
  readonly seq: number | null;
}

/**
 * Change ids of one stream that are not live: with their content once they have arrived, null while they are only named
 * by a larger id. Keyed by `retiredKey`, because an id counts only in its own cell.
 */
export type Retired = Map<string, string | null>;

export function retiredKey(e: string, f: string, id: string): string {
  return `${e}\t${f}\t${id}`;
}

/**
 * The whole merge: a change is live unless a change of the same cell with a larger id names it. Alters `cells` and
 * `retired`; the result is the same for every order of arrival. Twin of the server's merge.
 */
export function mergeInto(cells: Cells, retired: Retired, change: Change, origin: Origin): Outcome {
  const key = retiredKey(change.e, change.f, change.id);
  const seen = seenContent(headsOf(cells, change.f), retired.get(key), change.id);
  if (seen !== undefined) return seen === content(change.v, change.at) ? "duplicate" : "id_reused";
  const dead = retired.has(key);
  for (const name of namedBy(change)) retire(cells, retired, change, name);
  if (dead) retired.set(key, content(change.v, change.at));
  else place(cells, change.f, headOf(change, origin));
  return dead ? "dead" : "applied";
}

function seenContent(heads: readonly Head[], retired: string | null | undefined, id: string): string | undefined {
  const head = heads.find((h) => h[0] === id);
  return head ? content(head[1], head[3]) : (retired ?? undefined);
}

/** Only a smaller id can be replaced: a cycle then has one outcome and no cell loses all its values. */
export function namedBy(change: Change): readonly string[] {
  return (change.replaces ?? []).filter((id) => id < change.id);
}

function retire(cells: Cells, retired: Retired, by: Change, id: string): void {
  const key = retiredKey(by.e, by.f, id);
  const head = headsOf(cells, by.f).find((h) => h[0] === id);
  if (head) retired.set(key, content(head[1], head[3]));
  else if (!retired.has(key)) retired.set(key, null);
  drop(cells, by.f, [id]);
}

/**
 * A change of a pulled entry applied to a replica row. The server has judged it: `dead` changes only drop what they
 * replace (those without effect, `skip`, must not be passed at all).
 */
export function applyEntry(cells: Cells, change: Change, origin: Origin, dead: boolean): void {
  drop(cells, change.f, namedBy(change));
  if (!dead) place(cells, change.f, headOf(change, origin));
}

export function headOf(change: Change, origin: Origin): Head {
  return [change.id, change.v, origin.actor, change.at, origin.t, origin.seq];
}

/** The heads of a field; own keys only, since field names come from others. */
export function headsOf(cells: Cells, field: string): readonly Head[] {
  return Object.hasOwn(cells, field) ? (cells[field] ?? []) : [];
}

function place(cells: Cells, field: string, head: Head): void {
  const others = headsOf(cells, field).filter((h) => h[0] !== head[0]);
  setHeads(
    cells,
    field,
    [...others, head].sort((a, b) => (a[0] < b[0] ? -1 : 1)),
  );
}

function drop(cells: Cells, field: string, ids: readonly string[]): void {
  const heads = headsOf(cells, field);
  if (heads.some((h) => ids.includes(h[0])))
    setHeads(
      cells,
      field,
      heads.filter((h) => !ids.includes(h[0])),
    );
}

/** Sets a field's heads, whatever the field is called (`__proto__` included). */
export function setHeads(cells: Cells, field: string, value: readonly Head[]): void {
  Object.defineProperty(cells, field, { value, enumerable: true, configurable: true, writable: true });
}

/** The head shown first: max(t, id). */
export function winner(heads: readonly Head[]): Head | undefined {
  return heads.reduce<Head | undefined>((best, h) => (best && !beats(h, best) ? best : h), undefined);
}

function beats(a: Head, b: Head): boolean {
  return a[4] === b[4] ? a[0] > b[0] : a[4] > b[4];
}

/** The distinct values among heads, each by its first head. More than one: a conflict. */
export function distinct(heads: readonly Head[]): Head[] {
  const first = new Map<string, Head>();
  for (const head of heads) {
    const key = canonical(head[1]);
    if (!first.has(key)) first.set(key, head);
  }
  return [...first.values()];
}

/** The fields in conflict. Presence is settled by rule, so `@` is never one of them. */
export function conflicts(cells: Cells): string[] {
  return Object.keys(cells)
    .filter((field) => field !== "@" && distinct(headsOf(cells, field)).length > 1)
    .sort(byCodePoint);
}

/** Void when all heads of `@` are voids: a concurrent restore keeps the entity alive. */
export function isVoid(cells: Cells): boolean {
  const heads = headsOf(cells, "@");
  return heads.length > 0 && heads.every((h) => h[1] !== null);
}

/** Void, and somebody wrote to it without knowing: no void names the changes that are live now. */
export function needsReview(cells: Cells): boolean {
  if (!isVoid(cells)) return false;
  const live = liveHash(cells);
  return headsOf(cells, "@").every((h) => (h[1] as { of?: Json }).of !== live);
}

/** What a void names in `of`: the hash of the live change ids of all fields but `@`. */
export function liveHash(cells: Cells): string {
  const fields = Object.keys(cells).filter((field) => field !== "@");
  return sha256Hex(
    fields
      .flatMap((field) => headsOf(cells, field).map((h) => h[0]))
      .sort()
      .join("\n"),
  );
}

/** SHA-256 (hex) over all heads of a stream, to compare replicas. */
export function digest(entities: Iterable<readonly [entity: string, cells: Cells]>): string {
  const lines: string[] = [];
  for (const [entity, cells] of entities)
    for (const field of Object.keys(cells))
      for (const head of headsOf(cells, field)) lines.push(`${entity}\t${field}\t${head[0]}\t${canonical(head[1])}\n`);
  return sha256Hex(lines.sort(byCodePoint).join(""));
}

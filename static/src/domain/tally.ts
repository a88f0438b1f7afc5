import type { Json } from "./json";
import { type Cells, type Head, headsOf, isVoid, winner } from "./merge";

export type Counted = "seizure" | "report" | "photo";

/** The one running entry of an actor. `qty` in base units of `unit` (pieces, milligrams, millilitres, öre). */
export interface Entry {
  readonly visit: string;
  readonly of: Counted;
  readonly code: string;
  readonly qty: number;
  readonly unit: string;
}

export interface EntryKey {
  readonly visit: string;
  readonly of: string;
  readonly code: string;
}

export interface TallyEntity {
  readonly id: string;
  readonly cells: Cells;
}

/** The entry a head holds; null for values of another shape (a cleared cell). */
export function entryOf(head: Head | undefined): Entry | null {
  const v: Json = head?.[1] ?? null;
  return typeof v === "object" && v !== null && "qty" in v ? (v as unknown as Entry) : null;
}

/** What a tally entity contributes: the shown entry with the sum of all live heads; null while it has none. */
export function counted(cells: Cells): Entry | null {
  const live = headsOf(cells, "entry").filter((head) => entryOf(head) !== null);
  const shown = entryOf(winner(live));
  return shown && { ...shown, qty: live.reduce((sum, head) => sum + (entryOf(head)?.qty ?? 0), 0) };
}

function isFor(head: Head | undefined, key: EntryKey): boolean {
  const entry = entryOf(head);
  return entry !== null && entry.visit === key.visit && entry.of === key.of && entry.code === key.code;
}

/** The tally entities, not void, whose shown entry counts `key`. */
export function entriesFor<T extends TallyEntity>(entities: readonly T[], key: EntryKey): T[] {
  return entities.filter((e) => !isVoid(e.cells) && isFor(winner(headsOf(e.cells, "entry")), key));
}

/** My running entry: live, of this unit, written last by one of my actors. The newest where there are several. */
export function runningEntry<T extends TallyEntity>(
  entities: readonly T[],
  key: EntryKey & { readonly unit: string },
  mine: (actor: string) => boolean,
): T | undefined {
  const own = entriesFor(entities, key).filter((e) => {
    const head = winner(headsOf(e.cells, "entry"));
    return head !== undefined && mine(head[2]) && entryOf(head)?.unit === key.unit;
  });
  return own.reduce<T | undefined>((best, e) => (best && best.id > e.id ? best : e), undefined);
}

export interface Contribution {
  readonly actor: string;
  readonly unit: string;
  readonly qty: number;
}

/** What each actor counted, one row per actor and unit: every live head adds, equal ones included. */
export function contributions(entities: readonly TallyEntity[], key: EntryKey): Contribution[] {
  const rows = new Map<string, Contribution>();
  for (const head of entriesFor(entities, key).flatMap((e) => headsOf(e.cells, "entry"))) {
    const entry = entryOf(head);
    if (!entry) continue;
    const id = `${head[2]} ${entry.unit}`;
    rows.set(id, { actor: head[2], unit: entry.unit, qty: (rows.get(id)?.qty ?? 0) + entry.qty });
  }
  return [...rows.values()];
}

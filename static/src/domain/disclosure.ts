/** Handing records over to another authority: twin of `app/domain/disclosure.py`, with the same vectors. */
import { sha256Hex, utf8 } from "./bytes";
import { kindOf } from "./change";
import type { Code } from "./checklist";
import { canonical, type Json } from "./json";
import { type Cells, headsOf, isVoid } from "./merge";

/** One cell as it was on the screen: every live change by its id, and the hash of their values. */
export interface Item {
  readonly e: string;
  readonly f: string;
  readonly ids: readonly string[];
  readonly hash: string;
}

export interface CopiedItem {
  readonly e: string;
  readonly f: string;
  readonly ids: readonly string[];
  readonly values: readonly Json[];
}

/** The value of a disclosure. */
export interface Disclosure {
  readonly to: string;
  readonly ground: string;
  readonly by: string;
  readonly visit: string;
  readonly weighing?: string;
  readonly proviso?: string;
  readonly corrects?: string;
  readonly items: readonly Item[];
  readonly hash: string;
}

/** The copy as the recipient has it; the weighing stays with who handed over. */
export interface Disclosed {
  readonly from: string;
  readonly actor: string;
  readonly at: number;
  readonly disclosure: string;
  readonly ground: string;
  readonly by: string;
  readonly visit: string;
  readonly proviso?: string;
  readonly corrects?: string;
  readonly items: readonly CopiedItem[];
  readonly hash: string;
}

export const DISCLOSABLE: readonly string[] = [
  "checklist",
  "photo",
  "exhibit",
  "custody",
  "report",
  "decision",
  "note",
];
export const MAX_ITEMS = 100;
/** Bytes of a copy, as canonical JSON: what is longer is handed over in parts. */
export const MAX_COPY = 40_000;

/** What the code lists say, as the tablet has them. */
export interface Lists {
  readonly grounds: readonly Code[];
  readonly authorities: readonly Code[];
}

/** The grounds on which one authority may hand over to the other on a day (ISO date). */
export function lawfulGrounds({ grounds, authorities }: Lists, from: string, to: string, day: string): Code[] {
  const known = (id: string) => authorities.some((authority) => authority.id === id);
  if (from === to || !known(from) || !known(to)) return [];
  return grounds.filter(
    (ground) =>
      String(ground.valid_from ?? "") <= day &&
      day <= String(ground.valid_to ?? "9999") &&
      names(ground.from, from) &&
      names(ground.to, to),
  );
}

/** Whether the reasons must be written down: the ground weighs interests, or it leaves crime fighting (OSL 18:1). */
export function needsWeighing({ authorities }: Lists, ground: Code, from: string, to: string): boolean {
  const fightsCrime = (id: string) => authorities.some((authority) => authority.id === id && authority.le === true);
  return ground.weighing === true || (fightsCrime(from) && !fightsCrime(to));
}

/** What is named of a cell; null where it has no value, or where its kind cannot be handed over. */
export function itemOf(e: string, f: string, cells: Cells): Item | null {
  const copy = copyOf(e, f, cells);
  if (copy.ids.length === 0 || f === "@" || !DISCLOSABLE.includes(kindOf(e))) return null;
  return { e, f, ids: copy.ids, hash: valueHash(copy.values) };
}

/** The copy of these items; null where something is not as it was named. */
export function copied(items: readonly Item[], entities: Readonly<Record<string, Cells>>): CopiedItem[] | null {
  const made: CopiedItem[] = [];
  for (const { e, f, ids, hash } of items) {
    const cells = entities[e] ?? {};
    const copy = copyOf(e, f, cells);
    if (isVoid(cells) || canonical(copy.ids) !== canonical(ids) || valueHash(copy.values) !== hash) return null;
    made.push(copy);
  }
  return made;
}

function copyOf(e: string, f: string, cells: Cells): CopiedItem {
  const heads = [...headsOf(cells, f)].sort((a, b) => (a[0] < b[0] ? -1 : 1));
  return { e, f, ids: heads.map((head) => head[0]), values: heads.map((head) => head[1]) };
}

export function valueHash(values: readonly Json[]): string {
  return sha256Hex(canonical(values));
}

export function copyHash(copy: readonly CopiedItem[]): string {
  return sha256Hex(canonical(copy as unknown as Json));
}

export function isTooLong(copy: readonly CopiedItem[]): boolean {
  return copy.length > MAX_ITEMS || utf8(canonical(copy as unknown as Json)).length > MAX_COPY;
}

function names(listed: Json | undefined, authority: string): boolean {
  return Array.isArray(listed) && [authority, "ANY", "ANY_AUTHORITY"].some((each) => listed.includes(each));
}

/**
 * Held changes as people talk about them: what one person wrote about one thing and sent at one time is one matter, and
 * so is what they wrote over it later: who counts to nine wrote nine times and means nine.
 */
import { groupBy } from "../../domain/group";
import type { Json } from "../../domain/json";
import type { Cells, Head } from "../../domain/merge";
import { type HeldItem, heldForDecision } from "../../state/decisions";
import { shared } from "../../state/operation";
import { type EntityView, entitiesOf, entity, value } from "../../state/replica";
import { cellName, cellText, siteName } from "../board/cells";
import { kindName } from "../visit/conflictNames";

/** What is decided together: everything held of one commit about one entity for one reason, and what its author wrote over it. */
export interface Matter {
  readonly key: string;
  readonly stream: string;
  readonly entity: string;
  readonly code: string;
  /** Of several values of a field the last one is what its author means. */
  readonly last: HeldItem;
  /** In the order in which they were written. */
  readonly changes: readonly HeldItem[];
}

export function mattersOf(held: readonly HeldItem[]): Matter[] {
  const commits = groupBy(held, ({ stream, commit, change, code }) => `${stream} ${commit} ${change.e} ${code}`);
  const written = [...commits].map(([key, changes]) => ({ key, changes: [...changes] }));
  const matters: typeof written = [];
  for (const each of written) {
    const over = matters.find((earlier) => isOver(each.changes, earlier.changes));
    if (over) over.changes.push(...each.changes);
    else matters.push(each);
  }
  return matters.flatMap(({ key, changes }) => {
    const last = changes.at(-1);
    return last ? [{ key, stream: last.stream, entity: last.change.e, code: last.code, last, changes }] : [];
  });
}

/** Whether one author wrote these over those: into a field of the same entity again, held for the same reason. */
function isOver(later: readonly HeldItem[], earlier: readonly HeldItem[]): boolean {
  const isSame = (a: HeldItem, b: HeldItem) =>
    a.stream === b.stream && a.user.id === b.user.id && a.code === b.code && a.change.e === b.change.e;
  return later.some((a) => earlier.some((b) => isSame(a, b) && a.change.f === b.change.f));
}

/** The matters of one evening that this person may decide. */
export function mattersIn(op: string): Matter[] {
  return mattersOf(heldForDecision.value.filter((each) => each.stream.split("/")[1] === op));
}

/** What ties an entity to others is not what a person wrote, and says nothing to one. */
const WIRING: readonly string[] = ["visit", "template", "blob", "thumb", "width", "height", "authority"];

export function isWiring(field: string): boolean {
  return WIRING.includes(field);
}

export interface Row {
  readonly id: string;
  readonly name: string;
  readonly text: string;
  /** What applies now, where that is something else. */
  readonly now: string | undefined;
}

/** Each held value beside what applies now. */
export function rowsOf({ stream, entity: id, changes }: Matter, now: number): Row[] {
  const shown = entity(stream, id);
  const view = withHeld(stream, id, shown, changes);
  return lastOfEach(changes)
    .filter(({ change }) => !isWiring(change.f))
    .map(({ change }) => {
      const text = cellText(view, change.f, change.v, now);
      const before = value<Json>(shown, change.f);
      const old = before === undefined ? undefined : cellText(view, change.f, before, now);
      return { id: change.id, name: cellName(view, change.f), text, now: old === text ? undefined : old };
    });
}

/** The last value of each field, in the order in which the fields were first written. */
function lastOfEach(changes: readonly HeldItem[]): HeldItem[] {
  return [...new Map(changes.map((each) => [each.change.f, each])).values()];
}

/** "Checklista – Pizzeria Ugglesoppan" */
export function matterName(matter: Matter): string {
  return nameOf(matter.stream, matter.entity, matter.changes);
}

export function nameOf(stream: string, id: string, changes: readonly HeldItem[] = []): string {
  const what = kindName(id.slice(0, id.indexOf("_")));
  const where = placeOf(stream, id, changes);
  return where ? `${what} – ${where}` : what;
}

/** The name of the site that an entity is about; empty where it is about none that is known here. */
export function placeOf(stream: string, id: string, changes: readonly HeldItem[] = []): string {
  return siteName(shared(stream.split("/")[1] ?? ""), visitOf(stream, id, changes));
}

/** What a field of an entity asks, also where the entity itself is not on this tablet. */
export function fieldName(stream: string, id: string, field: string): string {
  return cellName(withHeld(stream, id, entity(stream, id), []), field);
}

/** The visit an entity belongs to, as it says itself, as what is held would say, or as its id does. */
function visitOf(stream: string, id: string, changes: readonly HeldItem[]): string {
  if (id.startsWith("visit_")) return id;
  const view = withHeld(stream, id, entity(stream, id), changes);
  const entry = value(view, "entry") as { visit?: string } | null | undefined;
  const token = /^(?:checklist|party|submission|approval)_([^.]+)/.exec(id)?.[1];
  return value<string>(view, "visit") ?? entry?.visit ?? (token === undefined ? "" : `visit_${token}`);
}

/** The entity with what is held in the places where nothing stands, so that its parts can be named. */
function withHeld(stream: string, id: string, shown: EntityView | undefined, changes: readonly HeldItem[]): EntityView {
  const cells: Record<string, readonly Head[]> = { ...guessed(id) };
  for (const { change, actor } of changes) cells[change.f] = [[change.id, change.v, actor, change.at, change.at, null]];
  const kind = id.slice(0, id.indexOf("_"));
  return { void: false, review: false, ...shown, id, kind, stream, cells: { ...cells, ...shown?.cells } as Cells };
}

/** A checklist that is not here at all: its id names the template, and the newest version has the questions' wording. */
export function guessed(id: string): Record<string, readonly Head[]> {
  const name = /^checklist_[^.]+\.(.+)$/.exec(id)?.[1];
  if (name === undefined) return {};
  const refs = entitiesOf("ref", "template").map((found) => found.id.slice("template_".length));
  const latest = refs.filter((ref) => ref.startsWith(`${name}@`)).sort((a, b) => versionOf(b) - versionOf(a))[0];
  return latest === undefined ? {} : { template: [["", latest, "", 0, 0, null]] };
}

function versionOf(ref: string): number {
  return Number(ref.split("@")[1] ?? 0);
}

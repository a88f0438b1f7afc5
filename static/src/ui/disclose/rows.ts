/** What can be handed over of a record, and a copy, in words. */
import type { CopiedItem, Item } from "../../domain/disclosure";
import type { Json } from "../../domain/json";
import type { Cells, Head } from "../../domain/merge";
import { shownItem } from "../../state/disclosure";
import type { EntityView } from "../../state/replica";
import { cellName, cellText } from "../board/cells";
import { guessed, nameOf } from "../decide/held";
import { t } from "../i18n";

/** One thing to tick: usually a cell; a picture is its bytes and its thumbnail. */
export interface Row {
  readonly key: string;
  readonly thing: string;
  readonly name: string;
  readonly text: string;
  readonly items: readonly Item[];
}

/** What ties a record to others, or measures it, is not what anybody hands over. */
const HIDDEN: readonly string[] = ["@", "visit", "template", "width", "height", "about", "question", "thumb"];

/** Everything of these records that can be handed over. */
export function rowsOf(views: readonly EntityView[], now: number): Row[] {
  return views.flatMap((view) =>
    Object.keys(view.cells)
      .filter((field) => !HIDDEN.includes(field) && !(field === "status" && view.kind !== "decision"))
      .flatMap((field) => rowOf(view, field, now) ?? []),
  );
}

function rowOf(view: EntityView, field: string, now: number): Row | null {
  const cells = view.kind === "photo" && field === "blob" ? ["blob", "thumb"] : [field];
  const items = cells.flatMap((cell) => shownItem(view, cell) ?? []);
  const values = (view.cells[field] ?? []).map((head) => head[1]);
  if (items[0]?.f !== field || values.every((value) => value === null)) return null;
  return {
    key: `${view.id} ${field}`,
    thing: nameOf(view.stream, view.id),
    name: fieldName(view, field),
    text: valuesText(view, field, values, now),
    items,
  };
}

/** A line of a copy. */
export interface CopyLine {
  readonly key: string;
  readonly name: string;
  readonly text: string;
}

/** A copy line by line, by the record it is of. */
export function linesOf(stream: string, copy: readonly CopiedItem[], now: number): CopyLine[] {
  return copy
    .filter(({ f }) => f !== "thumb")
    .map(({ e, f, values }) => {
      const view = pseudo(stream, e, f, values);
      return { key: `${e} ${f}`, name: fieldName(view, f), text: valuesText(view, f, values, now) };
    });
}

/** The photos of a copy, each as an entity that pictures can be shown of. */
export function photosIn(stream: string, copy: readonly CopiedItem[]): EntityView[] {
  const ids = new Set(copy.filter(({ e, f }) => e.startsWith("photo_") && f === "blob").map(({ e }) => e));
  return [...ids].map((id) => {
    const own = copy.filter(({ e }) => e === id);
    const cells = Object.fromEntries(own.map(({ f, ids: changes, values }) => [f, headsOf(changes, values)]));
    return viewOf(stream, id, cells);
  });
}

function fieldName(view: EntityView, field: string): string {
  return field === "blob" ? t("disclose.picture") : cellName(view, field);
}

/** Both of a conflict are told as such. */
function valuesText(view: EntityView, field: string, values: readonly Json[], now: number): string {
  if (field === "blob") return t("kind.photo");
  const texts = [...new Set(values.map((value) => cellText(view, field, value, now)))];
  return texts.reduce((a, b) => t("handed.either", { a, b }));
}

function pseudo(stream: string, id: string, field: string, values: readonly Json[]): EntityView {
  return viewOf(stream, id, { ...guessed(id), [field]: headsOf([], values) });
}

function viewOf(stream: string, id: string, cells: Record<string, readonly Head[]>): EntityView {
  return { stream, id, kind: id.slice(0, id.indexOf("_")), void: false, review: false, cells: cells as Cells };
}

function headsOf(ids: readonly string[], values: readonly Json[]): Head[] {
  return values.map((value, i) => [ids[i] ?? "", value, "", 0, 0, 0]);
}

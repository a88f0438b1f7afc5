/**
 * Writing cells from the screen. The rule of the record is that a change replaces only what its author had seen, so the
 * heads are taken when they are rendered (or when a person starts to type), and carried here until the save. One's own
 * change is seen by writing it: it joins the heads although no render has happened in between.
 */
import { canonical, type Json } from "../domain/json";
import { type Cells, type Head, winner } from "../domain/merge";
import { type Draft, record } from "../state/recording";
import { type EntityView, entity, heads } from "../state/replica";
import { Problem } from "../state/session";
import { alertUser } from "./components/Toast";
import { t } from "./i18n";

export interface Target {
  stream: string;
  id: string;
  /** Cells that a new entity starts with, such as the visit a checklist belongs to. */
  birth?: Readonly<Record<string, Json>>;
}
export interface CellRef extends Target {
  field: string;
}
export type Fields = Readonly<Record<string, Json>>;
/** Writes back what stood before. It names only one's own writing: what others wrote since was not on this screen. */
export type Undo = () => Promise<void>;

/** Writes to one entity wait for each other: the second must name the first as seen. */
const queues = new Map<string, Promise<unknown>>();
const mine = new Map<string, readonly Head[]>();

/** The heads of an entity as this render shows them; the view itself may move on before the person acts. */
export function snap(view: EntityView | undefined): Cells {
  return { ...view?.cells };
}

/** Saves fields in one transaction, standing on what was rendered. Rejects when they are not stored on the tablet. */
export function writeFields(target: Target, fields: Fields, rendered: Cells): Promise<Undo> {
  const key = `${target.stream}\t${target.id}`;
  const turn = (queues.get(key) ?? Promise.resolve()).then(() => save(target, fields, rendered));
  const settled = turn.catch(() => undefined);
  queues.set(key, settled);
  void settled.then(() => queues.get(key) === settled && queues.delete(key));
  return turn;
}

/** Saves one cell; see `writeFields`. */
export function write(cell: CellRef, value: Json, rendered: readonly Head[]): Promise<Undo> {
  return writeFields(cell, { [cell.field]: value }, { [cell.field]: rendered });
}

async function save(target: Target, fields: Fields, rendered: Cells): Promise<Undo> {
  const { stream, id } = target;
  const earlier = new Set(headIds(target, fields));
  const drafts = Object.entries(fields).map(([f, v]) => {
    return { e: id, f, v, seen: [...(rendered[f] ?? []), ...(mine.get(cellKey(target, f)) ?? [])] };
  });
  await record(stream, [...births(target), ...drafts]);
  const written: Record<string, readonly Head[]> = {};
  for (const [f, v] of Object.entries(fields)) {
    written[f] = heads(entity(stream, id), f).filter((head) => !earlier.has(head[0]) && isOwn(head, v));
    mine.set(cellKey(target, f), written[f]);
  }
  return async () => void (await writeFields(target, shownBefore(fields, rendered), written));
}

function cellKey(target: Target, field: string): string {
  return `${target.stream}\t${target.id}\t${field}`;
}

function headIds({ stream, id }: Target, fields: Fields): string[] {
  const view = entity(stream, id);
  return Object.keys(fields).flatMap((f) => heads(view, f).map((head) => head[0]));
}

/** Right after the transaction nothing of mine can have a sequence number, and nothing of others lacks one. */
function isOwn(head: Head, value: Json): boolean {
  return head[5] === null && canonical(head[1]) === canonical(value);
}

function shownBefore(fields: Fields, rendered: Cells): Fields {
  return Object.fromEntries(Object.keys(fields).map((f) => [f, winner(rendered[f] ?? [])?.[1] ?? null]));
}

function births({ stream, id, birth }: Target): Draft[] {
  if (birth === undefined || entity(stream, id) !== undefined) return [];
  return Object.entries(birth).map(([f, v]) => ({ e: id, f, v, seen: [] }));
}

/** What to tell a person whose entry was not stored. */
export function failureText(error: unknown): string {
  return t(error instanceof Problem && error.code === "storage-full" ? "saved.full" : "saved.failed");
}

/** Awaits a save of any kind; a failure is announced, never swallowed. Undefined means it failed. */
export async function attempt<T>(saving: Promise<T>): Promise<{ result: T } | undefined> {
  try {
    return { result: await saving };
  } catch (error) {
    alertUser(failureText(error));
    return undefined;
  }
}

/** Recording: every function resolves when the strict transaction that holds the changes is complete, not before. */
import { newId } from "../domain/ids";
import type { Json } from "../domain/json";
import { type Head, liveHash, winner } from "../domain/merge";
import { Problem } from "../domain/problem";
import { entryOf, runningEntry } from "../domain/tally";
import type { Write } from "../store/save";
import { preparePhoto } from "./camera";
import { code, own, shared } from "./operation";
import { type EntityView, heads } from "./replica";
import { memory, running } from "./tablet";

/** `seen`: the heads that were RENDERED, which is not always what the replica holds when saving. */
export interface Draft {
  e: string;
  f: string;
  v: Json;
  seen: readonly Head[];
}

export interface PhotoExtra {
  caption?: string;
  about?: string;
  question?: string;
}

/** Records values in one stream. Rejects with Problem `not-enrolled`, `malformed`, `too-large`, `storage-full` or `storage`. */
export function record(stream: string, drafts: readonly Draft[]): Promise<void> {
  const writes = drafts.map((draft) => ({ stream, ...draft }));
  return running().save(() => ({ writes }));
}

/** The id of a new entity of a kind. */
export function newEntity(kind: string): string {
  return `${kind}_${newId(Date.now())}`;
}

/** Counts `delta` (base units of `unit`) more or fewer in my own running entry, never below 0. */
export function tap(op: string, visit: string, of: string, code: string, unit: string, delta: number): Promise<void> {
  return running().save(() => {
    const write = counting(op, { visit, of, code, unit }, delta);
    return write && { writes: [write] };
  });
}

interface Counting {
  readonly visit: string;
  readonly of: string;
  readonly code: string;
  readonly unit: string;
}

/** The write that counts on, read from memory at the moment of saving: two quick taps are two. */
function counting(op: string, key: Counting, delta: number): Write | null {
  const stream = shared(op);
  const mine = runningEntry(memory.list(stream, "tally"), key, (actor) => memory.isMine(actor));
  const seen = heads(mine, "entry");
  const before = entryOf(winner(seen))?.qty ?? 0;
  const qty = Math.max(0, before + delta);
  if (qty === before) return null;
  return { stream, e: mine?.id ?? newEntity("tally"), f: "entry", v: { ...key, qty }, seen };
}

/** Voids the entries that were on the screen and adds one, in one commit. An entry nobody saw survives. */
export function recount(
  op: string,
  visit: string,
  of: string,
  code: string,
  unit: string,
  qty: number,
  seen: readonly EntityView[],
): Promise<void> {
  const stream = shared(op);
  const writes: Write[] = [
    ...seen.map((e) => voiding(stream, e, "recount")),
    { stream, e: newEntity("tally"), f: "entry", v: { visit, of, code, unit, qty }, seen: [] },
  ];
  return running().save(() => ({ writes, whole: true }));
}

function voiding(stream: string, e: EntityView, reason: string): Write {
  return { stream, e: e.id, f: "@", v: { void: true, reason, of: liveHash(e.cells) }, seen: heads(e, "@") };
}

/**
 * Keeps a photo exactly as the camera delivered it, with a thumbnail, and counts it; the id of the photo. Rejects with
 * Problem `unsupported-media` (neither JPEG nor HEIC), `too-large` or `storage-full` besides those of `record`.
 */
export async function addPhoto(op: string, visit: string, file: Blob, extra: PhotoExtra = {}): Promise<string> {
  const stream = own(op);
  const e = newEntity("photo");
  const photo = await preparePhoto(running().tablet, stream, file);
  const fields: Record<string, Json> = { visit, ...photo.fields, ...extra };
  const writes = Object.entries(fields).map(([f, v]): Write => ({ stream, e, f, v, seen: [] }));
  await running().save(() => {
    const count = counting(op, { visit, of: "photo", code: "FOTO", unit: "ST" }, 1);
    return { writes: count ? [...writes, count] : writes, blobs: photo.blobs };
  });
  return e;
}

/** Writes a crime report (its fields without `visit`): the content to the own authority, the number to everybody. */
export async function writeReport(op: string, visit: string, fields: Readonly<Record<string, Json>>): Promise<string> {
  const press = code("offences", String(fields.offence))?.press;
  if (typeof press !== "string") throw new Problem("malformed", 0, "a report needs an offence of the list");
  const token = newId(Date.now());
  const e = `report_${token}`;
  const content = Object.entries({ ...fields, visit }).map(([f, v]): Write => ({ stream: own(op), e, f, v, seen: [] }));
  const entry = { visit, of: "report", code: press, qty: 1, unit: "ST" };
  const number: Write = { stream: shared(op), e: `tally_${token}`, f: "entry", v: entry, seen: [] };
  await running().save(() => ({ writes: [...content, number] }));
  return e;
}

/** Settles a conflict: the chosen value takes the place of all heads that were rendered. */
export function settle(stream: string, e: EntityView, field: string, chosen: Head): Promise<void> {
  return record(stream, [{ e: e.id, f: field, v: chosen[1], seen: heads(e, field) }]);
}

/** Takes entities out of lists and totals, all or none; nothing is removed, and `restoreEntities` brings them back. */
export function voidEntities(views: readonly EntityView[], reason: string): Promise<void> {
  return running().save(() => ({ writes: views.map((e) => voiding(e.stream, e, reason)) }));
}

export function restoreEntities(views: readonly EntityView[]): Promise<void> {
  const writes = views.map((e) => ({ stream: e.stream, e: e.id, f: "@", v: null, seen: heads(e, "@") }));
  return running().save(() => ({ writes }));
}

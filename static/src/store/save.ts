import { utf8 } from "../domain/bytes";
import { type Change, line } from "../domain/change";
import { LIMIT_CHANGE_BYTES } from "../domain/commit";
import { newId } from "../domain/ids";
import { type Json, recordable } from "../domain/json";
import { type Head, headsOf } from "../domain/merge";
import { Problem } from "../domain/problem";
import { freeBallast } from "./ballast";
import { withLock } from "./lock";
import { partOf } from "./own";
import { type NewBlob, putBlob } from "./photos";
import { withRoom } from "./room";
import type { CommitRow, PhotoRow, UnsealedRow } from "./schema";
import type { Tablet } from "./tablet";
import { isBroken, isFullDisk, type Stores, strictly, type Writing } from "./transaction";

/** A value for a cell; `seen` are the heads that were on the screen. */
export interface Write {
  readonly stream: string;
  readonly e: string;
  readonly f: string;
  readonly v: Json;
  readonly seen: readonly Head[];
}

/** What is recorded in one transaction. `whole`: the writes are sealed into one commit (they must share a stream). */
export interface Batch {
  readonly writes: readonly Write[];
  readonly whole?: boolean;
  readonly blobs?: readonly NewBlob[];
}

/** Quick changes of mind by one author become one change while they are this young (ms) and not sealed. */
export const COALESCE_MS = 2_000;
const LIMIT_REPLACES = 500;

interface Planned {
  readonly row: UnsealedRow;
  /** The unsealed change that `row` takes the place of if it still is one when the transaction runs. */
  readonly earlier: UnsealedRow | null;
}

interface Saved {
  readonly saves: number;
  readonly added: UnsealedRow[];
  readonly removed: string[];
  readonly overtaken: CommitRow[];
  readonly photos: PhotoRow[];
}

export type Save = (plan: () => Batch | null) => Promise<void>;

/**
 * The one way in. Plans run one after the other, each on a picture that holds all that was saved before, and resolve when
 * the strict transaction is complete; then memory and the other tabs follow. Rejects with Problem `not-enrolled`,
 * `malformed`, `too-large`, `storage-full` or `storage`: then nothing was saved; or with `rescued`: the browser lost the
 * store under it, it lies aside and is saved when the page has loaded again.
 */
export function createSave(tablet: Tablet, onSaved: () => void = () => undefined): Save {
  let last: Promise<unknown> = Promise.resolve();
  return (plan) => {
    // Windows take turns: two that record without a pause would make each other look again, and again.
    const turn = last.then(() => withLock(`${tablet.db.name}-save`, () => save(tablet, plan, onSaved)));
    last = turn.catch(() => undefined);
    return turn;
  };
}

async function save(tablet: Tablet, plan: () => Batch | null, onSaved: () => void): Promise<void> {
  for (let turn = 0; turn < 10; turn++) {
    if (tablet.memory.isLost) throw new Problem("storage", 0, "the database is gone until the reload");
    const batch = plan();
    if (!batch || batch.writes.length === 0) return;
    const saved = await attempt(tablet, batch);
    if (saved) {
      show(tablet, saved);
      onSaved();
      return;
    }
    // Another tab recorded something since this one looked: look again, so that no tap of one's own goes unseen.
    await tablet.memory.loadOwn(tablet.db);
  }
  throw new Problem("storage", 0, "another window keeps recording");
}

function show({ memory, announce }: Tablet, saved: Saved): void {
  memory.saves = saved.saves;
  memory.committed(saved.overtaken);
  for (const photo of saved.photos) memory.photo(photo);
  memory.recorded(saved.added, saved.removed);
  announce("own");
}

async function attempt(tablet: Tablet, batch: Batch): Promise<Saved | null> {
  const planned = planRows(tablet, batch);
  const blobs = batch.blobs ?? [];
  const write = () => store(tablet, planned, blobs);
  try {
    // The reserve is for words and counts: a photo would take it all.
    return blobs.length > 0 ? await write() : await withRoom(tablet, write);
  } catch (error) {
    // Before the disk is full to the last byte: then Chromium throws the whole site away, and words are a part of it.
    if (isFullDisk(error)) await freeBallast(tablet.db).catch(() => false);
    throw reported(tablet, error, planned, batch.blobs !== undefined);
  }
}

/** What is said of a recording that is not on disk. One that the database was lost under is kept aside for the reload. */
function reported(tablet: Tablet, error: unknown, planned: readonly Planned[], isPhoto: boolean): Problem {
  if (error instanceof Problem) return error;
  if (isFullDisk(error)) {
    tablet.memory.setFull(true);
    return new Problem("storage-full");
  }
  return isBroken(error) ? lose(tablet, error, planned, isPhoto) : new Problem("storage", 0, String(error));
}

/** One batch is under way at a time: the next would be planned as if it had never been, and count the same tap again. */
function lose(tablet: Tablet, error: unknown, planned: readonly Planned[], isPhoto: boolean): Problem {
  tablet.memory.setLost();
  try {
    const user = tablet.memory.session?.user.id;
    tablet.lost({ rows: planned.map((p) => p.row), isPhoto, ...(user && { user }) });
  } catch (failure) {
    return new Problem("storage", 0, String(failure));
  }
  return new Problem(isPhoto ? "storage" : "rescued", 0, String(error));
}

function planRows(tablet: Tablet, batch: Batch): Planned[] {
  const actor = currentActor(tablet);
  const now = tablet.now();
  const group = batch.whole ? newId(now) : undefined;
  return batch.writes.map((write) => {
    const seen = seenIn(tablet, write);
    const change = { id: newId(now, seen), e: write.e, f: write.f, v: checked(write.v), at: now, replaces: seen };
    if (utf8(line(change)).length > LIMIT_CHANGE_BYTES) throw new Problem("too-large");
    const row = { change, stream: write.stream, actor, saved: now, ...(group && { group }) };
    return { row, earlier: group ? null : earlierOf(tablet, row, seen) };
  });
}

/** What the author had before them: what was rendered, and what they entered at this window since. */
function seenIn({ memory }: Tablet, { stream, e, f, seen }: Write): string[] {
  const heads = headsOf(memory.view(stream, e)?.cells ?? {}, f);
  const entered = heads.filter((h) => memory.own.isFromHere(h[0]));
  const ids = new Set([...seen, ...entered].map((h) => h[0]).filter((id) => !memory.own.hasVanished(id)));
  return [...ids].sort().slice(-LIMIT_REPLACES);
}

/** Who writes: the newest actor of the enrolled user that still seals. */
export function currentActor({ memory }: Pick<Tablet, "memory">): string {
  const usable = [...memory.actors.values()].filter((a) => memory.isMine(a.id) && !a.retired);
  const newest = usable.sort((a, b) => b.created - a.created)[0];
  if (!newest) throw new Problem("not-enrolled");
  return newest.id;
}

function checked(v: Json): Json {
  try {
    return recordable(v);
  } catch (error) {
    throw new Problem("malformed", 0, String(error));
  }
}

function earlierOf({ memory }: Tablet, row: UnsealedRow, seen: readonly string[]): UnsealedRow | null {
  const earlier = seen.flatMap((id) => memory.own.get(id)?.unsealed ?? []);
  const isYoung = (e: UnsealedRow) => row.saved - e.saved < COALESCE_MS && row.saved >= e.saved;
  return earlier.find((e) => e.stream === row.stream && e.actor === row.actor && !e.group && isYoung(e)) ?? null;
}

function store({ db, memory }: Tablet, planned: readonly Planned[], blobs: readonly NewBlob[]): Promise<Saved | null> {
  const overtaken = overtakenBy(memory, planned);
  const stores: Stores[] = ["meta", "unsealed"];
  if (overtaken.size > 0) stores.push("commits");
  if (blobs.length > 0) stores.push("photos", "chunks");
  return strictly(db, stores, async (tx) => {
    const meta = tx.objectStore("meta");
    const known = memory.saves;
    if (((await meta.get("saves")) ?? 0) !== known) return null;
    const saves = known + 1;
    await meta.put(saves, "saves");
    const rows = await Promise.all(planned.map((p) => putRow(tx, p)));
    const changes = rows.map((r) => r.added.change);
    return {
      saves,
      added: rows.map((r) => r.added),
      removed: rows.flatMap((r) => r.removed ?? []),
      overtaken: await Promise.all([...overtaken].map(([row, ids]) => markOvertaken(tx, row, ids))),
      photos: await Promise.all(blobs.map((blob) => putBlob(tx, blob, changes))),
    };
  });
}

async function putRow(
  tx: Writing<Stores>,
  { row, earlier }: Planned,
): Promise<{ added: UnsealedRow; removed: string | null }> {
  const unsealed = tx.objectStore("unsealed");
  const still = earlier ? await unsealed.get(earlier.change.id) : undefined;
  const added = still ? { ...row, change: inPlaceOf(row.change, still.change) } : row;
  if (still) await unsealed.delete(still.change.id);
  await unsealed.put(added);
  return { added, removed: still?.change.id ?? null };
}

/** The later change names what the earlier one replaced, and not the earlier one, which nobody else will ever see. */
function inPlaceOf(later: Change, earlier: Change): Change {
  const named = new Set([...(later.replaces ?? []), ...(earlier.replaces ?? [])]);
  named.delete(earlier.id);
  return { ...later, replaces: [...named].sort() };
}

/** Held changes that are replaced now, by the commit they lie in: they would otherwise be shown for ever. */
function overtakenBy(memory: Tablet["memory"], planned: readonly Planned[]): Map<CommitRow, string[]> {
  const found = new Map<CommitRow, string[]>();
  for (const id of planned.flatMap((p) => p.row.change.replaces ?? [])) {
    const own = memory.own.get(id);
    const isHeld = own?.commit?.result?.changes[id]?.verdict === "held";
    if (own?.commit && isHeld && partOf(own, 0) === "shown")
      found.set(own.commit, [...(found.get(own.commit) ?? []), id]);
  }
  return found;
}

async function markOvertaken(tx: Writing<Stores>, row: CommitRow, ids: readonly string[]): Promise<CommitRow> {
  const commits = tx.objectStore("commits");
  const stored = (await commits.get([row.actor, row.stream, row.n])) ?? row;
  const marked = { ...stored, overtaken: [...(stored.overtaken ?? []), ...ids] };
  await commits.put(marked);
  return marked;
}

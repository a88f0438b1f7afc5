import { kindOf } from "../domain/change";
import { readBody } from "../domain/commit";
import { groupBy } from "../domain/group";
import { continueAfter } from "../domain/ids";
import { type Cells, isVoid, needsReview } from "../domain/merge";
import { overlay } from "../domain/overlay";
import { OwnChanges, partOf } from "./own";
import { readPieces } from "./pieces";
import { OWN, type OwnRows, type Reading, readOwn } from "./reading";
import {
  type ActorRow,
  type ChainRow,
  type CommitRow,
  type Db,
  type PhotoRow,
  type Session,
  type StreamRow,
  startingWith,
  type UnsealedRow,
} from "./schema";
import type { Stores } from "./transaction";

/** One entity as the tablet shows it: replica ⊕ own changes. The same object until something in it changes. */
export interface EntityView {
  readonly id: string;
  readonly kind: string;
  readonly stream: string;
  readonly cells: Cells;
  readonly void: boolean;
  readonly review: boolean;
}

export interface Listener {
  /** Entities of this stream may look different. */
  stream(stream: string): void;
  /** Something about sending changed: commits, photos, actors, session. */
  status(): void;
}

/** Server times this far apart (ms) say which of two commits came first, whatever a clock was corrected by. */
const LATER_MS = 60_000;

interface StreamMemory {
  rows: Map<string, Cells>;
  views: Map<string, EntityView>;
  lists: Map<string, readonly EntityView[]>;
}

/**
 * What the store holds, in memory, so that reading is immediate. Only what a completed transaction stored may be put
 * here: the screen never shows what a power cut would take away.
 */
export class Memory {
  session: Session | null = null;
  /** Server time minus this device's, in ms. */
  off = 0;
  saves = 0;
  /** The browser refused a write for want of room; photos wait until there is some again. */
  isFull = false;
  /** The browser has dropped the database: nothing is recorded before the reload. */
  isLost = false;
  readonly actors = new Map<string, ActorRow>();
  readonly streams = new Map<string, StreamRow>();
  /** Kept commits without their bytes. */
  readonly commits = new Map<string, CommitRow>();
  readonly photos = new Map<string, PhotoRow>();
  readonly own = new OwnChanges();
  readonly #chains = new Map<string, ChainRow>();
  readonly #data = new Map<string, StreamMemory>();
  #revision = 0;
  #listener: Listener = { stream: () => undefined, status: () => undefined };

  listen(listener: Listener): void {
    this.#listener = listener;
  }

  /** Reads everything from the store. */
  load(db: Db): Promise<void> {
    return this.#read(db, [...OWN, "pieces", "replicas"], async (tx) => {
      const [pieces, streams] = await Promise.all([
        tx.objectStore("pieces").getAll(),
        tx.objectStore("replicas").getAll(),
      ]);
      const own = await readOwn(tx);
      return () => {
        const affected = new Set([...this.streams.keys(), ...streams.map((s) => s.stream)]);
        this.#data.clear();
        replace(this.streams, streams, (s) => s.stream);
        for (const [stream, its] of groupBy(pieces, (piece) => piece.stream)) this.#of(stream).rows = readPieces(its);
        this.#setOwn(own);
        for (const stream of affected) this.#listener.stream(stream);
      };
    });
  }

  /** Reads again what this tablet wrote; enough when another tab recorded or sent something. */
  loadOwn(db: Db): Promise<void> {
    return this.#read(db, OWN, async (tx) => {
      const own = await readOwn(tx);
      return () => this.#setOwn(own);
    });
  }

  /** Reads in one transaction, and again if memory moved on meanwhile: an older picture must not replace a newer one. */
  async #read(db: Db, stores: Stores[], read: (tx: Reading) => Promise<() => void>): Promise<void> {
    const revision = this.#revision;
    const apply = await read(db.transaction(stores));
    if (revision !== this.#revision) return this.#read(db, stores, read);
    apply();
  }

  #setOwn(own: OwnRows): void {
    const affected = new Set([...this.own.all()].map((o) => o.stream));
    if (own.session?.user.id !== this.session?.user.id) this.own.forgetHere();
    // The same object while nothing in it changed, so that no view is drawn again for it.
    if (JSON.stringify(own.session) !== JSON.stringify(this.session)) this.session = own.session ?? null;
    this.off = own.off ?? 0;
    this.saves = own.saves ?? 0;
    replace(this.actors, own.actors, (a) => a.id);
    replace(this.photos, own.photos, (p) => p.sha256);
    replace(this.#chains, own.chains, (c) => `${c.actor} ${c.stream}`);
    this.own.clear();
    this.commits.clear();
    for (const row of own.unsealed) this.#putUnsealed(row);
    for (const row of own.commits) this.#putCommit(row);
    for (const { stream } of this.own.all()) affected.add(stream);
    for (const stream of affected) this.#forget(stream);
    this.#listener.status();
  }

  #putUnsealed(row: UnsealedRow): void {
    continueAfter(row.change.id);
    this.own.put({ change: row.change, stream: row.stream, actor: row.actor, unsealed: row });
  }

  #putCommit(row: CommitRow): void {
    const commit: CommitRow = { ...row, h: "", b: "", s: "" };
    this.commits.set(commitKey(row), commit);
    if (row.pruned) return;
    for (const { change } of readBody(row.b)) {
      continueAfter(change.id);
      this.own.put({ change, stream: row.stream, actor: row.actor, commit });
    }
  }

  /** A recording is on disk: `removed` are the unsealed changes it took the place of. */
  recorded(added: readonly UnsealedRow[], removed: readonly string[]): void {
    this.#revision += 1;
    const gone = removed.flatMap((id) => this.own.get(id) ?? []);
    for (const { change } of gone) this.own.delete(change.id);
    for (const row of added) {
      this.#putUnsealed(row);
      this.own.recordedHere(row.change.id, removed);
    }
    this.#touch([...gone, ...added].map((o) => ({ stream: o.stream, entity: o.change.e })));
    this.#listener.status();
  }

  /** Commits were written, or got results. */
  committed(rows: readonly CommitRow[]): void {
    this.#revision += 1;
    for (const row of rows) {
      this.#putCommit(row);
      this.#touch(row.entities.map((entity) => ({ stream: row.stream, entity })));
    }
    this.#listener.status();
  }

  /** A page was applied: these rows are new. */
  pulled(stream: StreamRow, rows: ReadonlyMap<string, Cells>): void {
    this.#revision += 1;
    const before = this.streams.get(stream.stream)?.cursor ?? 0;
    this.streams.set(stream.stream, stream);
    const { rows: here } = this.#of(stream.stream);
    for (const [id, cells] of rows) here.set(id, cells);
    const entities = [...rows.keys(), ...this.#nowPlaced(stream, before)];
    this.#touch(entities.map((entity) => ({ stream: stream.stream, entity })));
    this.#listener.status();
  }

  /** A snapshot took the place of a replica. */
  replaced(stream: StreamRow, rows: Map<string, Cells>): void {
    this.#revision += 1;
    this.streams.set(stream.stream, stream);
    this.#of(stream.stream).rows = rows;
    this.#forget(stream.stream);
    this.#listener.status();
  }

  /** Reads one replica again: another tab has pulled it. */
  loadReplica(db: Db, stream: string): Promise<void> {
    return this.#read(db, ["replicas", "pieces"], async (tx) => {
      const [row, pieces] = await Promise.all([
        tx.objectStore("replicas").get(stream),
        tx.objectStore("pieces").getAll(startingWith(stream)),
      ]);
      return () => row && this.replaced(row, readPieces(pieces));
    });
  }

  /** Entities of own commits that the replica has come to hold by moving on from `before`. */
  #nowPlaced(stream: StreamRow, before: number): string[] {
    const isPassed = ({ placed }: CommitRow) => placed && placed.seq > before && placed.seq <= stream.cursor;
    return [...this.commits.values()]
      .filter((c) => c.stream === stream.stream && isPassed(c))
      .flatMap((c) => c.entities);
  }

  /** Commits that the server has taken at or before the cursor of their replica, and that may not be in it all the same. */
  unplaced(): CommitRow[] {
    const isPassed = (stream: string, seq: number | null) => (seq ?? 0) <= (this.streams.get(stream)?.cursor ?? -1);
    return [...this.commits.values()].filter(
      ({ stream, result, placed, pruned }) => result && !placed && !pruned && isPassed(stream, result.seq),
    );
  }

  chain(actor: string, stream: string): ChainRow {
    return this.#chains.get(`${actor} ${stream}`) ?? { actor, stream, n: 0, head: "", stable: 0 };
  }

  setChain(row: ChainRow): void {
    this.#revision += 1;
    this.#chains.set(`${row.actor} ${row.stream}`, row);
  }

  /**
   * Whether a verified backup has a commit. `stable` counts a chain without its forks: a forked commit is covered when one
   * of ours is that the server took clearly later, because a backup is of one moment.
   */
  isBackedUp(row: CommitRow): boolean {
    if (row.pruned) return true;
    if (!row.result) return false;
    if (!row.result.forked) return row.n <= this.chain(row.actor, row.stream).stable;
    const { received } = row.result;
    return [...this.commits.values()].some(
      (c) => c.result && !c.result.forked && c.result.received > received + LATER_MS && this.isBackedUp(c),
    );
  }

  actor(row: ActorRow): void {
    this.#revision += 1;
    this.actors.set(row.id, row);
    this.#listener.status();
  }

  /** What the server told of a stream; its rows are not touched. */
  stream(row: StreamRow): void {
    this.#revision += 1;
    this.streams.set(row.stream, row);
    this.#listener.stream(row.stream);
  }

  photo(row: PhotoRow): void {
    this.#revision += 1;
    this.photos.set(row.sha256, row);
    this.#listener.status();
  }

  setFull(isFull: boolean): void {
    this.isFull = isFull;
    this.announceStatus();
  }

  setLost(): void {
    this.isLost = true;
    this.announceStatus();
  }

  /** For what is not kept in rows, such as a problem or the last contact. */
  announceStatus(): void {
    this.#listener.status();
  }

  /** My own actors: of the user who is enrolled now, retired ones included. */
  isMine(actor: string): boolean {
    return this.session !== null && this.actors.get(actor)?.user === this.session.user.id;
  }

  /** The replica alone, without own changes: what digests are compared over. */
  replica(stream: string): ReadonlyMap<string, Cells> {
    return this.#data.get(stream)?.rows ?? new Map();
  }

  view(stream: string, id: string): EntityView | undefined {
    const data = this.streams.has(stream) ? this.#of(stream) : undefined;
    const known = data?.views.get(id);
    if (!data || known) return known;
    const row = data.rows.get(id);
    const own = this.own.ofEntity(stream, id);
    if (!row && own.length === 0) return undefined;
    const view = this.#build(stream, id, row ?? {}, own);
    if (view) data.views.set(id, view);
    return view;
  }

  #build(stream: string, id: string, row: Cells, own: ReturnType<OwnChanges["ofEntity"]>): EntityView | undefined {
    const cursor = this.streams.get(stream)?.cursor ?? 0;
    const parts = own.map((o) => ({
      change: o.change,
      actor: o.actor,
      t: o.change.at + this.off,
      part: partOf(o, cursor),
    }));
    const cells = overlay(row, parts);
    if (Object.keys(cells).length === 0) return undefined;
    return { id, kind: kindOf(id), stream, cells, void: isVoid(cells), review: needsReview(cells) };
  }

  /** All entities of a kind, void ones included, sorted by id. */
  list(stream: string, kind: string): readonly EntityView[] {
    if (!this.streams.has(stream)) return [];
    const { rows, lists } = this.#of(stream);
    const known = lists.get(kind);
    if (known) return known;
    const ids = new Set([...rows.keys(), ...this.#ownEntities(stream)].filter((id) => kindOf(id) === kind));
    const list = [...ids].sort().flatMap((id) => this.view(stream, id) ?? []);
    lists.set(kind, list);
    return list;
  }

  kinds(stream: string): string[] {
    return [...new Set([...this.replica(stream).keys(), ...this.#ownEntities(stream)].map(kindOf))].sort();
  }

  #ownEntities(stream: string): string[] {
    return [...this.own.all()].filter((o) => o.stream === stream).map((o) => o.change.e);
  }

  #of(stream: string): StreamMemory {
    const data = this.#data.get(stream) ?? { rows: new Map(), views: new Map(), lists: new Map() };
    this.#data.set(stream, data);
    return data;
  }

  #touch(cells: readonly { stream: string; entity: string }[]): void {
    for (const { stream, entity } of cells) {
      const data = this.#of(stream);
      data.views.delete(entity);
      data.lists.delete(kindOf(entity));
    }
    for (const stream of new Set(cells.map((c) => c.stream))) this.#listener.stream(stream);
  }

  #forget(stream: string): void {
    const data = this.#of(stream);
    data.views.clear();
    data.lists.clear();
    this.#listener.stream(stream);
  }
}

export function commitKey(row: { actor: string; stream: string; n: number }): string {
  return `${row.actor} ${row.stream} ${row.n}`;
}

function replace<T>(map: Map<string, T>, rows: readonly T[], key: (row: T) => string): void {
  map.clear();
  for (const row of rows) map.set(key(row), row);
}

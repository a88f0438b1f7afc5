import type { IDBPTransaction, StoreNames } from "idb";
import type { Db, Meta, Schema } from "./schema";

export type Stores = StoreNames<Schema>;
export type Writing<S extends Stores> = IDBPTransaction<Schema, S[], "readwrite">;

/**
 * Runs `work` in one transaction that is on disk when the promise resolves, or leaves no trace when it rejects. `work`
 * may await nothing but requests of this transaction: WebKit ends a transaction that waits for anything else.
 */
export function strictly<S extends Stores, T>(db: Db, stores: S[], work: (tx: Writing<S>) => Promise<T>): Promise<T> {
  return write(db, stores, "strict", work);
}

/** The same for what can be had again: heartbeats, what the server told. */
export function loosely<S extends Stores, T>(db: Db, stores: S[], work: (tx: Writing<S>) => Promise<T>): Promise<T> {
  return write(db, stores, "relaxed", work);
}

/** How long a transaction may take (ms, of time this window is awake) before the database counts as hung. */
export interface Patience {
  readonly strict: number;
  readonly relaxed: number;
}
export const PATIENCE: Patience = { strict: 20_000, relaxed: 60_000 };

interface Guard {
  readonly onBroken: () => void;
  readonly patience: Patience;
}
const guards = new WeakMap<Db, Guard>();

/** Whatever transaction finds the database gone or hung tells it here; the transaction itself rejects as well. */
export function guard(db: Db, onBroken: () => void, patience: Patience = PATIENCE): void {
  guards.set(db, { onBroken, patience });
}

const pauses = new WeakMap<Db, Promise<unknown>>();

/** What this window writes from now on waits until `done` has settled. It must settle. */
export function pauseWrites(db: Db, done: Promise<unknown>): void {
  const over = () => pauses.delete(db);
  pauses.set(db, done.then(over, over));
}

async function write<S extends Stores, T>(
  db: Db,
  stores: S[],
  durability: "strict" | "relaxed",
  work: (tx: Writing<S>) => Promise<T>,
): Promise<T> {
  // Nothing is awaited without a pause: transactions run in the order in which they are made.
  if (pauses.has(db)) await pauses.get(db);
  const watch = new Watch((guards.get(db)?.patience ?? PATIENCE)[durability]);
  try {
    return await Promise.race([run(db, stores, durability, work), watch.expired]);
  } catch (error) {
    if (isBroken(error)) guards.get(db)?.onBroken();
    throw error;
  } finally {
    watch.stop();
  }
}

async function run<S extends Stores, T>(
  db: Db,
  stores: S[],
  durability: "strict" | "relaxed",
  work: (tx: Writing<S>) => Promise<T>,
): Promise<T> {
  const tx = db.transaction(stores, "readwrite", { durability });
  try {
    const [result] = await Promise.all([work(tx), tx.done]);
    return result;
  } catch (error) {
    abort(tx);
    await tx.done.catch(() => undefined);
    // A request that fails with its transaction says only that; the transaction knows why.
    throw isNamed(error, "AbortError") ? (tx.error ?? error) : error;
  }
}

const TICK_MS = 1_000;

/** Counts seconds in which the window was awake: one that was frozen is not late. */
class Watch {
  readonly expired: Promise<never>;
  #timer: ReturnType<typeof setInterval> | undefined;

  constructor(patience: number) {
    this.expired = new Promise((_, reject) => {
      const tick = Math.min(TICK_MS, patience);
      let left = patience;
      this.#timer = setInterval(() => {
        left -= tick;
        if (left <= 0) reject(new DOMException("the database does not answer", "TimeoutError"));
      }, tick);
    });
    this.expired.catch(() => undefined);
  }

  stop(): void {
    clearInterval(this.#timer);
  }
}

function isNamed(error: unknown, ...names: readonly string[]): boolean {
  return error instanceof DOMException && names.includes(error.name);
}

/** The connection is gone for good, or nothing answers. WebKit says the first in more than one way. */
export function isBroken(error: unknown): boolean {
  return isNamed(error, "UnknownError", "InvalidStateError", "TimeoutError");
}

/** Chromium says it in two ways; what does not fit beside the database itself is "Failed to write blobs". */
export function isFullDisk(error: unknown): boolean {
  const isBlob = isNamed(error, "DataError") && String(error).includes("write blobs");
  return isBlob || isNamed(error, "QuotaExceededError");
}

function abort(tx: { abort(): void }): void {
  try {
    tx.abort();
  } catch {
    // It has ended already.
  }
}

export async function readMeta<K extends keyof Meta>(db: Db, key: K): Promise<Meta[K] | undefined> {
  return (await db.get("meta", key)) as Meta[K] | undefined;
}

export function writeMeta<K extends keyof Meta>(db: Db, key: K, value: Meta[K]): Promise<void> {
  return strictly(db, ["meta"], async (tx) => {
    await tx.objectStore("meta").put(value, key);
  });
}

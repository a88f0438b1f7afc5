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

async function write<S extends Stores, T>(
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
    throw error;
  }
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

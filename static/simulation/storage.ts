/**
 * The disk of one device: an IndexedDB that outlives pages, loses what was not synced when the power goes, and lets a page
 * be killed between any two of its transactions.
 */
import { IDBFactory } from "fake-indexeddb";

/** What fake-indexeddb keeps inside a transaction, as far as we look. */
interface RawTransaction {
  readonly db: RawConnection;
  readonly mode: string;
  readonly durability?: string;
  readonly _rollbackLog: (() => void)[];
  readonly _requests: readonly { readonly request: { listeners: unknown[] } }[];
  readonly _state: string;
  listeners: unknown[];
  abort(): void;
  addEventListener(type: string, listener: () => void): void;
}

interface RawStore {
  readonly keyPath: unknown;
  readonly records: { values(): Iterable<{ key: unknown; value: unknown }>; put(record: object): unknown };
  storeRecord(...args: unknown[]): unknown;
}

interface RawDatabase {
  readonly name: string;
  readonly version: number;
  readonly transactions: RawTransaction[];
  readonly rawObjectStores: Map<string, RawStore>;
}

interface RawConnection {
  readonly _rawDatabase: RawDatabase;
  transaction(stores: string[], mode?: string, options?: object): RawTransaction;
  close(): void;
}

/** What a page that was killed meets if it goes on: nobody hears of it. */
export const GONE = "the page has gone";

/** A page as its disk sees it. */
export interface Reader {
  readonly isDead: boolean;
  kill(): void;
}

export class Disk {
  factory = new IDBFactory();
  /** Transactions until the page that makes the last of them is killed: before it, or after it is on disk. */
  killAfter = Number.POSITIVE_INFINITY;
  /** The browser refuses to store anything more. */
  isFull = false;
  readonly local = new Map<string, string>();
  /** How to take back what was not synced, the newest last. */
  #unsynced: (() => void)[][] = [];
  readonly #connections = new Map<Reader, RawConnection[]>();
  transactions = 0;

  /** `indexedDB` of one page. */
  indexedDB(reader: Reader) {
    const open = (name: string, version?: number) => {
      if (reader.isDead) throw new DOMException(GONE, "InvalidStateError");
      const request = this.factory.open(name, version);
      request.addEventListener("upgradeneeded", () => this.#adopt(reader, request.result as unknown as RawConnection));
      request.addEventListener("success", () => this.#adopt(reader, request.result as unknown as RawConnection));
      return request;
    };
    return { open };
  }

  #adopt(reader: Reader, connection: RawConnection): void {
    const mine = this.#connections.get(reader) ?? [];
    if (mine.includes(connection)) return;
    this.#connections.set(reader, [...mine, connection]);
    const begin = connection.transaction.bind(connection);
    connection.transaction = (stores, mode, options) => {
      if (reader.isDead) throw new DOMException(GONE, "InvalidStateError");
      const tx = begin(stores, mode, options);
      if (mode === "readwrite") this.#follow(reader, tx);
      return tx;
    };
  }

  #follow(reader: Reader, tx: RawTransaction): void {
    this.#count(reader);
    if (this.isFull) refuseWrites(tx);
    tx.addEventListener("complete", () => {
      if (tx.durability === "strict") this.#unsynced = [];
      else this.#unsynced.push(tx._rollbackLog);
      this.#count(reader);
    });
  }

  #count(reader: Reader): void {
    this.transactions += 1;
    this.killAfter -= 1;
    if (this.killAfter >= 0) return;
    this.killAfter = Number.POSITIVE_INFINITY;
    reader.kill();
  }

  /** The browser has dropped a page's connection: what is in flight ends well, and no transaction begins any more. */
  break(reader: Reader): void {
    for (const connection of this.#connections.get(reader) ?? [])
      connection.transaction = () => {
        throw new DOMException("the connection is closing", "InvalidStateError");
      };
  }

  /** What is in flight leaves no trace. */
  close(reader: Reader): void {
    for (const connection of this.#connections.get(reader) ?? []) {
      for (const tx of [...connection._rawDatabase.transactions])
        if (tx.db === connection && tx._state !== "finished" && tx._state !== "committing") {
          // Nobody is there any more to be told.
          for (const each of [tx, ...tx._requests.map(({ request }) => request)]) each.listeners = [];
          tx.abort();
        }
      connection.close();
    }
    this.#connections.delete(reader);
  }

  /** The last `share` of what was not synced is gone. Call it when no page is open any more. */
  powerCut(share: number): number {
    const lost = this.#unsynced.slice(Math.floor(this.#unsynced.length * (1 - share)));
    for (const log of lost.reverse()) for (const undo of [...log].reverse()) undo();
    this.#unsynced = [];
    return lost.length;
  }

  /** The browser has thrown the site's data away. */
  evict(): void {
    this.factory = new IDBFactory();
    this.#unsynced = [];
    this.local.clear();
  }

  /** Everything that another disk holds, to the byte. Call it when that one is at rest. */
  copyFrom(other: Disk): void {
    this.evict();
    for (const [name, database] of databasesOf(other.factory)) databasesOf(this.factory).set(name, copyOf(database));
    for (const [key, value] of other.local) this.local.set(key, value);
  }

  storage() {
    return storageOf(this.local);
  }
}

function databasesOf(factory: IDBFactory): Map<string, RawDatabase> {
  return (factory as unknown as { _databases: Map<string, RawDatabase> })._databases;
}

function copyOf(database: RawDatabase): RawDatabase {
  const Raw = database.constructor as new (name: string, version: number) => RawDatabase;
  const copy = new Raw(database.name, database.version);
  for (const [name, store] of database.rawObjectStores) {
    const Store = store.constructor as new (
      home: RawDatabase,
      name: string,
      keyPath: unknown,
      auto: boolean,
    ) => RawStore;
    const target = new Store(copy, name, store.keyPath, false);
    for (const { key, value } of store.records.values()) target.records.put(structuredClone({ key, value }));
    copy.rawObjectStores.set(name, target);
  }
  return copy;
}

function refuseWrites(tx: RawTransaction): void {
  for (const store of tx.db._rawDatabase.rawObjectStores.values()) {
    if (Object.hasOwn(store, "storeRecord")) continue;
    const { storeRecord } = store;
    const disk = tx.db;
    store.storeRecord = function (this: RawStore, ...args: unknown[]) {
      // The third argument is the transaction's log: without it this is a roll-back, which needs no room.
      if (args[2] && full.has(disk._rawDatabase)) throw new DOMException("no room", "QuotaExceededError");
      return storeRecord.apply(this, args);
    };
  }
  full.add(tx.db._rawDatabase);
}

const full = new WeakSet<object>();

/** There is room again on every device that had none. */
export function makeRoom(disk: Disk): void {
  disk.isFull = false;
  for (const database of databasesOf(disk.factory).values()) full.delete(database);
}

export function storageOf(map: Map<string, string>) {
  return {
    getItem: (key: string) => map.get(key) ?? null,
    setItem: (key: string, value: string) => void map.set(key, value),
    removeItem: (key: string) => void map.delete(key),
  };
}

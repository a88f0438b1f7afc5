import { openDB } from "idb";
import { adoptReplicas, createFormer } from "./former";
import { beginFreshLog } from "./freshLog";
import type { Db, Schema } from "./schema";
import { guard, PATIENCE, type Patience } from "./transaction";

export const VERSION = 2;

export interface OpenOptions {
  readonly patience?: Patience;
  /** How long the browser may take to open the store (ms). */
  readonly wait?: number;
}
const OPEN_MS = 15_000;

/**
 * Opens the tablet's store. A newer app may have been here and gone again: its version is taken as it is, with the stores that
 * this app knows, and what else there is stays untouched; upgrades only ever add. `onBroken` is called when the browser drops
 * the connection or nothing answers any more; only a reload helps then. Rejects where there is no store to be had.
 */
export async function openStore(
  name: string,
  onBroken: () => void = () => undefined,
  { patience = PATIENCE, wait = OPEN_MS }: OpenOptions = {},
): Promise<Db> {
  const db = await inTime(wait, openAt(name, onBroken));
  guard(db, onBroken, patience);
  void beginFreshLog(db);
  await adoptReplicas(db);
  return db;
}

async function openAt(name: string, onBroken: () => void): Promise<Db> {
  try {
    return await openVersion(name, VERSION, onBroken);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === "VersionError")) throw error;
    return openVersion(name, undefined, onBroken);
  }
}

function openVersion(name: string, version: number | undefined, onBroken: () => void): Promise<Db> {
  return openDB<Schema>(name, version, {
    upgrade: createStores,
    // Another tab runs a newer version of the app: let it upgrade. This one has to be loaded again.
    blocking: (_current, _blocked, event) => {
      (event.target as IDBDatabase).close();
      onBroken();
    },
    terminated: onBroken,
  });
}

/** A store that opens after all, too late, is closed again: nobody waits for it any more. */
function inTime(wait: number, opening: Promise<Db>): Promise<Db> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      opening.then((db) => db.close()).catch(() => undefined);
      reject(new DOMException("the database does not open", "TimeoutError"));
    }, wait);
    opening.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

function createStores(db: Db, from: number): void {
  if (from < 1) createFirst(db);
  if (from < 2) createSecond(db);
}

function createFirst(db: Db): void {
  db.createObjectStore("meta");
  db.createObjectStore("actors", { keyPath: "id" });
  db.createObjectStore("chains", { keyPath: ["actor", "stream"] });
  createFormer(db);
  db.createObjectStore("unsealed", { keyPath: "change.id" });
  db.createObjectStore("commits", { keyPath: ["actor", "stream", "n"] });
  db.createObjectStore("photos", { keyPath: "sha256" });
  db.createObjectStore("chunks");
  db.createObjectStore("uploads", { keyPath: "sha256" });
}

function createSecond(db: Db): void {
  db.createObjectStore("replicas", { keyPath: "stream" });
  db.createObjectStore("pieces", { keyPath: ["stream", "part"] });
}

/** A store and its memory for tests that need no server. */
import { base64url } from "../domain/bytes";
import { actorId } from "../domain/commit";
import { Memory } from "./memory";
import { openStore } from "./open";
import type { Interrupted } from "./rescue";
import { createSave, type Save, type Write } from "./save";
import type { Db, UnsealedRow } from "./schema";
import type { Tablet } from "./tablet";
import { strictly } from "./transaction";

export interface TestStore {
  readonly tablet: Tablet;
  readonly memory: Memory;
  readonly save: Save;
  readonly clock: { now: number };
  readonly lost: Interrupted[];
  write(e: string, f: string, v: Write["v"], seen?: Write["seen"]): Promise<void>;
  shown(e: string, f: string): unknown[];
  unsealed(): Promise<UnsealedRow[]>;
}

export const STREAM = "op/0192f000-0000-7000-8000-000000000001/shared";
let names = 0;

/** With `name`, another window on the store of that name, opened here or as `opened`. */
export async function openWindow(name = `store-${++names}`, opened?: Db): Promise<TestStore> {
  const db = opened ?? (await openStore(name));
  const memory = new Memory();
  const clock = { now: 1_792_310_400_000 };
  const lost: Interrupted[] = [];
  const tablet: Tablet = {
    db,
    memory,
    now: () => clock.now,
    announce: () => undefined,
    lost: (interrupted) => void (interrupted && lost.push(interrupted)),
  };
  if ((await db.count("actors")) === 0) await furnish(tablet);
  await memory.load(db);
  const save = createSave(tablet);
  const heads = (e: string, f: string) => memory.view(STREAM, e)?.cells[f] ?? [];
  return {
    tablet,
    memory,
    save,
    clock,
    lost,
    write: (e, f, v, seen) => save(() => ({ writes: [{ stream: STREAM, e, f, v, seen: seen ?? [...heads(e, f)] }] })),
    shown: (e, f) => heads(e, f).map((h) => h[1]),
    unsealed: () => db.getAll("unsealed"),
  };
}

async function furnish({ db }: Tablet): Promise<void> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const session = {
    user: { id: "anna", name: "Anna", authority: "POL", role: "INSP" },
    device: { id: "d", label: "d" },
    token: "t",
  };
  const actor = { id: actorId(point), user: "anna", key: base64url(point), privateKey: keys.privateKey };
  const stream = {
    stream: STREAM,
    role: "writer",
    head: 0,
    cursor: 0,
    chain: `sha256:${"0".repeat(64)}`,
    reset: false,
  };
  await strictly(db, ["meta", "actors", "replicas"], async (tx) => {
    await tx.objectStore("meta").put(session, "session");
    await tx.objectStore("actors").put({ ...actor, created: 0, registered: true, retired: false });
    await tx.objectStore("replicas").put(stream);
  });
}

/** A disk with so much room: counted in records put. Freeing the reserve gives some of it back. */
export interface Disk {
  /** Records put so far. */
  puts: number;
  /** Whether this put (counted from 1) finds no room. */
  isFull: (put: number) => boolean;
}

const GIVEN_BACK = 40;

/** Lets puts into a store fail as on a full disk: the request is refused and the transaction aborts. */
export function limit(db: Db, isFull: Disk["isFull"]): Disk {
  const disk: Disk = { puts: 0, isFull };
  let reserve = 0;
  const real = db.transaction.bind(db) as (...args: unknown[]) => object;
  const refused = (tx: IDBTransaction) => {
    if (tx.error === null) tryAbort(tx);
    throw new DOMException("no room", "QuotaExceededError");
  };
  const put = (tx: IDBTransaction, target: IDBObjectStore, work: () => unknown) => {
    disk.puts += 1;
    if (!disk.isFull(disk.puts) || reserve-- > 0) return work();
    // As browsers do: the request fails some time after it was made.
    const request = target.count() as unknown as Promise<number>;
    return request.then(
      () => refused(tx),
      () => refused(tx),
    );
  };
  const store = (tx: IDBTransaction, target: IDBObjectStore) =>
    bound(target, {
      put: (...args: [unknown]) => put(tx, target, () => target.put(...args)),
      delete: (key: IDBValidKey | IDBKeyRange) => {
        if (target.name === "chunks" && JSON.stringify((key as IDBKeyRange).lower) === '["ballast"]')
          reserve = GIVEN_BACK;
        return target.delete(key);
      },
    });
  const transaction = (...args: unknown[]) => {
    const tx = real(...args) as IDBTransaction & { done: Promise<void> };
    // The wrapped transaction is one more to idb, with a promise of its own.
    tx.done.catch(() => undefined);
    return bound(tx, { objectStore: (name: string) => store(tx, tx.objectStore(name)) });
  };
  Object.defineProperty(db, "transaction", { value: transaction, configurable: true, writable: true });
  return disk;
}

function tryAbort(tx: IDBTransaction): void {
  try {
    tx.abort();
  } catch {
    // Another request of it has failed before.
  }
}

/** An object with some of its methods replaced; the others run on the object itself. */
function bound<T extends object>(target: T, own: Record<string, unknown>): T {
  return new Proxy(target, {
    get: (_, name) => {
      if (Object.hasOwn(own, name)) return own[String(name)];
      const value: unknown = Reflect.get(target, name);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}

/** Web storage of one tablet. */
export function webStorage(): Storage {
  const items = new Map<string, string>();
  return {
    get length() {
      return items.size;
    },
    clear: () => items.clear(),
    getItem: (key) => items.get(key) ?? null,
    key: () => null,
    removeItem: (key) => void items.delete(key),
    setItem: (key, value) => void items.set(key, value),
  };
}

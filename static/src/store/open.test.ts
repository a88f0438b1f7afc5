import "fake-indexeddb/auto";
import { openDB } from "idb";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "../domain/problem";
import { openStore, VERSION } from "./open";
import { openWindow, STREAM } from "./testing";
import { loosely, strictly } from "./transaction";

const PATIENCE = { strict: 30, relaxed: 30 };
const later = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const nameOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: Error) => error.name,
  );

afterEach(() => vi.unstubAllGlobals());

describe("a store that a newer app has opened", () => {
  it("is opened by this one as it is: unsent work is there, what it does not know stays", async () => {
    const before = await openWindow();
    const { name } = before.tablet.db;
    await before.write("visit_1", "status", "INNE");
    before.tablet.db.close();
    const newer = await openDB(name, VERSION + 1, { upgrade: (db) => void db.createObjectStore("tomorrow") });
    await newer.put("tomorrow", { kept: true }, "x");
    newer.close();

    const again = await openWindow(name);
    expect(again.tablet.db.version).toBe(VERSION + 1);
    expect(again.shown("visit_1", "status")).toEqual(["INNE"]);
    again.clock.now += 60_000;
    await again.write("visit_1", "status", "KLART");
    again.tablet.db.close();

    const newest = await openDB(name, VERSION + 1);
    expect(await newest.get("tomorrow", "x")).toEqual({ kept: true });
    const rows = (await newest.getAll("unsealed")) as { change: { v: string } }[];
    expect(rows.map((row) => row.change.v)).toEqual(["INNE", "KLART"]);
    newest.close();
  });

  it("while this one is open lets the newer app in, and says that only a reload helps here", async () => {
    const told = vi.fn();
    const db = await openStore("upgraded", told);
    const newer = await openDB("upgraded", VERSION + 1, { upgrade: (d) => void d.createObjectStore("tomorrow") });
    expect(newer.version).toBe(VERSION + 1);
    expect(told).toHaveBeenCalled();
    expect(await nameOf(strictly(db, ["meta"], (tx) => tx.objectStore("meta").put(1, "epoch")))).toBe(
      "InvalidStateError",
    );
  });
});

describe("a database that does not answer", () => {
  it("when it is opened is not waited for for ever", async () => {
    const { open } = indexedDB;
    indexedDB.open = (() => open.call(indexedDB, "another-that-never-answers")) as typeof open;
    vi.spyOn(IDBOpenDBRequest.prototype, "addEventListener").mockImplementation(() => undefined);
    expect(await nameOf(openStore("hung", () => undefined, { wait: 20 }))).toBe("TimeoutError");
    indexedDB.open = open;
    vi.restoreAllMocks();
    expect((await openStore("hung")).version).toBe(VERSION);
  });

  it("in a transaction is noticed, told, and the recording kept aside", async () => {
    const store = await openWindow();
    const broken = vi.fn();
    const db = await openStore(store.tablet.db.name, broken, { patience: PATIENCE });
    const hung = await openWindow(store.tablet.db.name, db);
    const holding = hold(db);
    const saving = hung.write("visit_1", "status", "INNE").catch((error: Problem) => error.code);
    expect(await saving).toBe("rescued");
    expect(broken).toHaveBeenCalledTimes(1);
    expect(hung.lost.flatMap(({ rows }) => rows.map((row) => [row.stream, row.change.v]))).toEqual([[STREAM, "INNE"]]);
    expect(hung.memory.isLost).toBe(true);
    holding.release();
  });

  it("is not seen in one that is only busy", async () => {
    const broken = vi.fn();
    const db = await openStore("busy", broken, { patience: PATIENCE });
    await loosely(db, ["meta"], (tx) => tx.objectStore("meta").put(1, "epoch"));
    await later(60);
    expect(broken).not.toHaveBeenCalled();
  });
});

/** A transaction that keeps others waiting until it is released. */
function hold(db: Awaited<ReturnType<typeof openStore>>) {
  const tx = db.transaction(["meta", "unsealed"], "readwrite");
  let isOver = false;
  const spin = async (): Promise<void> => {
    while (!isOver) await tx.objectStore("meta").get("epoch");
  };
  void spin().catch(() => undefined);
  return {
    release: () => {
      isOver = true;
    },
  };
}

import "fake-indexeddb/auto";
import { type IDBPDatabase, openDB } from "idb";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Cells } from "../domain/merge";
import { openStore } from "./open";
import { type StreamRow, startingWith } from "./schema";
import { openWindow, STREAM, type TestStore } from "./testing";

const PLAN = STREAM.replace("shared", "plan");
let names = 0;
let name: string;
const opened: TestStore[] = [];

beforeEach(() => {
  name = `former-${++names}`;
});

afterEach(() => {
  for (const { tablet } of opened.splice(0)) tablet.db.close();
});

async function now(): Promise<TestStore> {
  const window = await openWindow(name);
  opened.push(window);
  return window;
}

/** The app of version 1 in the store, whatever version that has by now. */
async function formerly(work: (db: IDBPDatabase) => Promise<void>): Promise<void> {
  for (const { tablet } of opened.splice(0)) tablet.db.close();
  const isNew = !(await indexedDB.databases()).some((d) => d.name === name);
  const db = isNew ? await openDB(name, 1, { upgrade: createAsThen }) : await openDB(name);
  if (isNew) await db.put("actors", { id: "a_1", user: "anna", created: 0, registered: true, retired: false });
  await work(db);
  db.close();
}

function createAsThen(db: IDBPDatabase): void {
  for (const store of ["meta", "chunks"]) db.createObjectStore(store);
  for (const store of ["actors", "photos", "uploads"])
    db.createObjectStore(store, { keyPath: store === "actors" ? "id" : "sha256" });
  db.createObjectStore("chains", { keyPath: ["actor", "stream"] });
  db.createObjectStore("streams", { keyPath: "stream" });
  db.createObjectStore("replica", { keyPath: ["stream", "id"] });
  db.createObjectStore("unsealed", { keyPath: "change.id" });
  db.createObjectStore("commits", { keyPath: ["actor", "stream", "n"] });
}

function told(cursor: number, more: Partial<StreamRow> = {}): StreamRow {
  return { stream: STREAM, role: "writer", head: cursor, cursor, chain: `sha256:${cursor}`, reset: false, ...more };
}

const cells = (id: string, v: string): Cells => ({ status: [[id, v, "a_1", 1, 1, 1]] });

async function leave(db: IDBPDatabase, row: StreamRow, rows: Readonly<Record<string, string>>): Promise<void> {
  await db.put("streams", row);
  for (const [id, v] of Object.entries(rows))
    await db.put("replica", { stream: row.stream, id, cells: cells(`${id}.${v}`, v) });
}

async function emptied(): Promise<number> {
  const db = (await openStore(name)) as unknown as IDBPDatabase;
  const count = (await db.count("streams")) + (await db.count("replica"));
  db.close();
  return count;
}

describe("what an app of version 1 has left", () => {
  it("is shown and continued: every entity of every stream, none of them twice", async () => {
    await formerly(async (db) => {
      await leave(db, told(7), { visit_1: "INNE", visit_2: "KLART" });
      await leave(db, told(3, { stream: PLAN }), { target_1: "SENARE" });
    });
    const { memory } = await now();
    expect(Object.fromEntries(memory.replica(STREAM))).toEqual({
      visit_1: cells("visit_1.INNE", "INNE"),
      visit_2: cells("visit_2.KLART", "KLART"),
    });
    expect([...memory.replica(PLAN).keys()]).toEqual(["target_1"]);
    expect(memory.streams.get(STREAM)).toEqual(told(7));
    expect(await emptied()).toBe(0);
    expect([...(await now()).memory.replica(STREAM).keys()]).toEqual(["visit_1", "visit_2"]);
  });

  it("is unsent work too: recorded then, here now, and there again when that app is back", async () => {
    const first = await now();
    await first.write("visit_1", "status", "INNE");
    await formerly(async (db) => {
      const [row] = await db.getAll("unsealed");
      expect(row.change.v).toBe("INNE");
      await db.put("unsealed", { ...row, change: { ...row.change, id: `${row.change.id}x`, e: "visit_2" } });
      expect(await db.count("streams")).toBe(0);
    });
    const again = await now();
    expect([again.shown("visit_1", "status"), again.shown("visit_2", "status")]).toEqual([["INNE"], ["INNE"]]);
  });

  it("when it was back and went on, counts as far as it is further, and what it was told no more is gone", async () => {
    await formerly(async (db) => {
      await leave(db, told(7), { visit_1: "INNE" });
      await leave(db, told(3, { stream: PLAN }), { target_1: "SENARE" });
    });
    await now();
    await formerly((db) => leave(db, told(9), { visit_1: "KLART", visit_3: "INNE" }));
    const { memory } = await now();
    expect([...memory.replica(STREAM).keys()]).toEqual(["visit_1", "visit_3"]);
    expect(memory.replica(STREAM).get("visit_1")).toEqual(cells("visit_1.KLART", "KLART"));
    expect([memory.streams.has(PLAN), memory.replica(PLAN).size]).toEqual([false, 0]);
    expect(await (await openStore(name)).count("pieces", startingWith(PLAN))).toBe(0);
  });

  it("and the disk has no room for waits for the next start: nothing is lost by it, and the app starts", async () => {
    await formerly((db) => leave(db, told(7), { visit_1: "INNE" }));
    const { put } = IDBObjectStore.prototype;
    IDBObjectStore.prototype.put = function (...args) {
      if (this.name !== "pieces") return put.apply(this, args);
      this.transaction.abort();
      throw new DOMException("no room", "QuotaExceededError");
    };
    const { memory } = await now();
    IDBObjectStore.prototype.put = put;
    expect(memory.streams.size).toBe(0);
    for (const { tablet } of opened.splice(0)) tablet.db.close();
    expect([...(await now()).memory.replica(STREAM).keys()]).toEqual(["visit_1"]);
  });

  it.each([
    ["has not taken its snapshot", told(0, { head: 9, reset: true })],
    ["met a server that was put back", told(5)],
  ])("that %s does not take away what is here; the server is asked for all of it", async (_, row) => {
    await formerly((db) => leave(db, told(7), { visit_1: "INNE" }));
    await now();
    await formerly((db) => leave(db, row, {}));
    const { memory } = await now();
    expect(memory.replica(STREAM).get("visit_1")).toEqual(cells("visit_1.INNE", "INNE"));
    expect(memory.streams.get(STREAM)).toEqual(told(7, { reset: true }));
  });
});

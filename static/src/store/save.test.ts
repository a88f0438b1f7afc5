import "fake-indexeddb/auto";
import { describe, expect, it, vi } from "vitest";
import type { Problem } from "../domain/problem";
import { freeBallast, hasBallast, layBallast } from "./ballast";
import { replay, stash } from "./rescue";
import { openWindow, STREAM, type TestStore, webStorage } from "./testing";

const VISIT = "visit_1";

function counting(store: TestStore, delta: number): Promise<void> {
  return store.save(() => {
    const seen = [...(store.memory.view(STREAM, "tally_1")?.cells.entry ?? [])];
    const before = (seen.at(-1)?.[1] as number | undefined) ?? 0;
    return { writes: [{ stream: STREAM, e: "tally_1", f: "entry", v: before + delta, seen }] };
  });
}

const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "saved",
    (error: Problem) => error.code,
  );

describe("recording", () => {
  it("is on disk, strictly, before it is shown", async () => {
    const store = await openWindow();
    const transaction = vi.spyOn(store.tablet.db, "transaction");
    const saved = store.write(VISIT, "status", "INNE");
    expect(store.shown(VISIT, "status")).toEqual([]);
    await saved;
    expect(store.shown(VISIT, "status")).toEqual(["INNE"]);
    expect(
      transaction.mock.calls.every(([, mode, options]) => mode === "readwrite" && options?.durability === "strict"),
    ).toBe(true);
    expect((await openWindow(store.tablet.db.name)).shown(VISIT, "status")).toEqual(["INNE"]);
  });

  it("of several streams is one transaction", async () => {
    const store = await openWindow();
    const other = STREAM.replace("shared", "POL");
    const cell = (stream: string) => ({ stream, e: VISIT, f: "status", v: "INNE", seen: [] });
    const transaction = vi.spyOn(store.tablet.db, "transaction");
    await store.save(() => ({ writes: [cell(STREAM), cell(other)] }));
    expect(transaction).toHaveBeenCalledTimes(1);
    expect((await store.unsealed()).map((row) => row.stream).sort()).toEqual([other, STREAM].sort());
  });

  it("takes rising ids and names what was seen", async () => {
    const store = await openWindow();
    await store.write(VISIT, "status", "PAVAG");
    store.clock.now += 3_600_000;
    await store.write(VISIT, "status", "INNE");
    store.clock.now -= 86_400_000;
    await store.write(VISIT, "status", "KLART");
    const changes = (await store.unsealed()).map((row) => row.change);
    expect(changes.map((c) => c.v)).toEqual(["PAVAG", "INNE", "KLART"]);
    expect(changes.map((c) => c.replaces)).toEqual([[], [changes[0]?.id], [changes[1]?.id]]);
  });

  it("refuses what would poison the queue, and saves nothing of it", async () => {
    const store = await openWindow();
    expect(await codeOf(store.write(VISIT, "persons", 1.5))).toBe("malformed");
    expect(await codeOf(store.write(VISIT, "text", "x".repeat(70_000)))).toBe("too-large");
    expect(await store.unsealed()).toEqual([]);
    await store.write(VISIT, "text", "a\u0000\ud800");
    expect(store.shown(VISIT, "text")).toEqual(["a\ufffd"]);
  });

  it("without an actor is refused", async () => {
    const store = await openWindow();
    store.memory.session = null;
    expect(await codeOf(store.write(VISIT, "status", "INNE"))).toBe("not-enrolled");
  });
});

describe("quick changes of mind", () => {
  it("become one change that names what the first one replaced", async () => {
    const store = await openWindow();
    await store.write(VISIT, "status", "PAVAG");
    store.clock.now += 60_000;
    for (const status of ["INNE", "KLART", "AVBR"]) {
      store.clock.now += 500;
      await store.write(VISIT, "status", status);
    }
    const changes = (await store.unsealed()).map((row) => row.change);
    expect(changes.map((c) => c.v)).toEqual(["PAVAG", "AVBR"]);
    expect(changes[1]?.replaces).toEqual([changes[0]?.id]);
    expect(store.shown(VISIT, "status")).toEqual(["AVBR"]);
  });

  it("count as seen by their author before they are rendered; what another window recorded does not", async () => {
    const store = await openWindow();
    const stale = [...(store.memory.view(STREAM, VISIT)?.cells.status ?? [])];
    await Promise.all(["PAVAG", "INNE", "KLART"].map((status) => store.write(VISIT, "status", status, stale)));
    expect(store.shown(VISIT, "status")).toEqual(["KLART"]);
    expect((await store.unsealed()).map((row) => row.change.replaces)).toEqual([[]]);
    const other = await openWindow(store.tablet.db.name);
    await other.write(VISIT, "status", "AVBR", []);
    expect(other.shown(VISIT, "status")).toEqual(["KLART", "AVBR"]);
  });

  it("stay two when the first is old, sealed, or part of a group", async () => {
    const store = await openWindow();
    await store.save(() => ({ writes: [{ stream: STREAM, e: VISIT, f: "a", v: 1, seen: [] }], whole: true }));
    await store.write(VISIT, "a", 2);
    await store.write(VISIT, "c", 1);
    store.clock.now += 2_000;
    await store.write(VISIT, "c", 2);
    await store.write(VISIT, "d", 1);
    const sealed = (await store.unsealed()).at(-1)?.change.id ?? "";
    await store.tablet.db.delete("unsealed", sealed);
    await store.write(VISIT, "d", 2);
    const changes = (await store.unsealed()).map((row) => row.change);
    expect(changes.map((c) => `${c.f}${c.v}`)).toEqual(["a1", "a2", "c1", "c2", "d2"]);
    expect(changes.at(-1)?.replaces).toEqual([sealed]);
  });
});

describe("taps", () => {
  it("that do not wait for one another all count", async () => {
    const store = await openWindow();
    await Promise.all(Array.from({ length: 20 }, () => counting(store, 1)));
    expect(store.shown("tally_1", "entry")).toEqual([20]);
  });

  it("in two windows at once all count", async () => {
    const one = await openWindow();
    const two = await openWindow(one.tablet.db.name);
    await Promise.all(Array.from({ length: 10 }, (_, i) => counting(i % 2 ? one : two, 1)));
    await one.memory.loadOwn(one.tablet.db);
    expect(one.shown("tally_1", "entry")).toEqual([10]);
  });
});

describe("a full disk", () => {
  it("frees the reserve and saves; without a reserve it says so", async () => {
    const store = await openWindow();
    await layBallast(store.tablet.db, 2);
    failOnce(store, "QuotaExceededError");
    await store.write(VISIT, "status", "INNE");
    expect(store.shown(VISIT, "status")).toEqual(["INNE"]);
    expect(store.memory.isFull).toBe(true);
    expect(await hasBallast(store.tablet.db)).toBe(false);
    failOnce(store, "QuotaExceededError");
    expect(await codeOf(store.write(VISIT, "status", "KLART"))).toBe("storage-full");
    expect(store.shown(VISIT, "status")).toEqual(["INNE"]);
    expect(await freeBallast(store.tablet.db)).toBe(false);
  });
});

describe("a lost database", () => {
  it("hands over what was being recorded, which is there after the reload, once", async () => {
    const store = await openWindow();
    failOnce(store, "UnknownError");
    expect(await codeOf(store.write(VISIT, "status", "INNE"))).toBe("rescued");
    expect(store.lost.flatMap(({ rows }) => rows.map((row) => row.change.v))).toEqual(["INNE"]);
    const storage = webStorage();
    for (const interrupted of store.lost) stash(storage, interrupted);
    const again = await openWindow(store.tablet.db.name);
    expect(await replay(again.tablet, storage)).toHaveLength(1);
    expect(await replay(again.tablet, storage)).toEqual([]);
    await again.memory.load(again.tablet.db);
    expect(again.shown(VISIT, "status")).toEqual(["INNE"]);
    expect(storage.length).toBe(0);
  });

  it("takes nothing more before the reload: taps on the same picture would count twice", async () => {
    const store = await openWindow();
    await counting(store, 4);
    failOnce(store, "UnknownError");
    expect(await codeOf(counting(store, 1))).toBe("rescued");
    expect(await codeOf(counting(store, 1))).toBe("storage");
    expect(store.lost).toHaveLength(1);
  });

  it("hands over no photo: its bytes would not be there after the reload", async () => {
    const store = await openWindow();
    failOnce(store, "UnknownError");
    const write = { stream: STREAM, e: "photo_1", f: "caption", v: "x", seen: [] };
    const saving = store.save(() => ({ writes: [write], blobs: [picture()] }));
    expect(await codeOf(saving)).toBe("storage");
    const storage = webStorage();
    for (const interrupted of store.lost) stash(storage, interrupted);
    const again = await openWindow(store.tablet.db.name);
    const [back] = await replay(again.tablet, storage);
    expect(back?.isPhoto).toBe(true);
    expect(await again.unsealed()).toEqual([]);
  });

  it("does not touch what had arrived after all", async () => {
    const store = await openWindow();
    await store.write(VISIT, "status", "PAVAG");
    store.clock.now += 3_600_000;
    await store.write(VISIT, "status", "INNE");
    await store.write(VISIT, "status", "KLART");
    const rows = await store.unsealed();
    const late = rows.find((row) => row.change.v === "KLART");
    if (!late) throw new Error("not recorded");
    const storage = webStorage();
    stash(storage, { rows: [{ ...late, change: { ...late.change, replaces: ["vanished"] } }], isPhoto: false });
    await replay(store.tablet, storage);
    expect(await store.unsealed()).toEqual(rows);
  });

  it("is noticed by another window, which counts on from what came back", async () => {
    const one = await openWindow();
    await counting(one, 4);
    const other = await openWindow(one.tablet.db.name);
    one.clock.now += 3_600_000;
    failOnce(one, "UnknownError");
    await codeOf(counting(one, 1));
    const storage = webStorage();
    for (const interrupted of one.lost) stash(storage, interrupted);
    await replay({ db: (await openWindow(one.tablet.db.name)).tablet.db }, storage);
    other.clock.now += 7_200_000;
    await counting(other, 1);
    expect(other.shown("tally_1", "entry")).toEqual([6]);
  });
});

function picture() {
  return {
    sha256: "0".repeat(64),
    mime: "image/jpeg",
    kind: "blob" as const,
    bytes: new ArrayBuffer(8),
    stream: STREAM,
    added: 0,
  };
}

function failOnce({ tablet }: TestStore, name: string): void {
  vi.spyOn(tablet.db, "transaction").mockImplementationOnce(() => {
    throw new DOMException("Connection to Indexed Database server lost", name);
  });
}

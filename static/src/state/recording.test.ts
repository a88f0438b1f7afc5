import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { readBody } from "../domain/commit";
import type { Problem } from "../domain/problem";
import { entryOf } from "../domain/tally";
import { openTablet } from "../sync/testing";
import { ALK, OP, POL, SHARED } from "../sync/testServer";
import { openPage, type Page, plant, VISIT } from "./testing";

let page: Page;

beforeEach(async () => {
  page = await openPage();
});
afterEach(() => vi.unstubAllGlobals());

const tap = (delta: number, unit = "ST", visit = VISIT) => page.tap(OP, visit, "seizure", "SPELMASKIN", unit, delta);
const entries = () => page.entitiesOf(SHARED, "tally").map((e) => entryOf(page.heads(e, "entry")[0]));
const quantities = () => entries().map((entry) => entry?.qty);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "saved",
    (error: Problem) => error.code,
  );

describe("tap", () => {
  it("counts in one running entry, however quickly", async () => {
    await Promise.all([tap(1), tap(1), tap(10), tap(-2)]);
    expect(entries()).toEqual([{ visit: VISIT, of: "seizure", code: "SPELMASKIN", unit: "ST", qty: 10 }]);
  });

  it("never goes below nothing, and records nothing when nothing changes", async () => {
    await tap(-1);
    expect(entries()).toEqual([]);
    await tap(2);
    await tap(-5);
    await tap(-1);
    expect(quantities()).toEqual([0]);
  });

  it("keeps units and visits apart", async () => {
    await tap(1);
    await tap(1, "KOLLI");
    await tap(1, "ST", "visit_other");
    expect(quantities()).toEqual([1, 1, 1]);
  });

  it("goes on in the same entry after a fork, and in a fresh one after a void", async () => {
    await tap(3);
    const { retireActor } = await import("../sync/repair");
    await retireActor(page.tablet, [...page.memory.actors.keys()][0] ?? "");
    await tap(1);
    expect(quantities()).toEqual([4]);
    const [entry] = page.entitiesOf(SHARED, "tally");
    if (entry) await page.voidEntities([entry], "counted twice");
    await tap(1);
    expect(quantities()).toEqual([1]);
    expect(page.allEntities(SHARED, "tally")).toHaveLength(2);
  });

  it("leaves another person's entry alone", async () => {
    const bo = await openTablet(page.server, "bo");
    await bo.round();
    await bo.write(SHARED, "tally_bo", "entry", {
      visit: VISIT,
      of: "seizure",
      code: "SPELMASKIN",
      unit: "ST",
      qty: 5,
    });
    await bo.round();
    await page.sync();
    await tap(1);
    expect(quantities().sort()).toEqual([1, 5]);
  });
});

describe("recount", () => {
  it("voids what was seen and adds one, in one commit; what nobody saw survives", async () => {
    await tap(5);
    const seen = page.entitiesOf(SHARED, "tally");
    await tap(1, "KOLLI");
    await page.recount(OP, VISIT, "seizure", "SPELMASKIN", "ST", 7, seen);
    expect(quantities().sort()).toEqual([1, 7]);
    expect(page.allEntities(SHARED, "tally").filter((e) => e.review)).toEqual([]);
    await page.sync();
    const bodies = page.server.stream(SHARED).log.filter((entry) => entry.b.includes("recount"));
    expect(bodies).toHaveLength(1);
    expect(
      readBody(bodies[0]?.b ?? "").filter(({ change }) => change.f === "@" || change.f === "entry").length,
    ).toBeGreaterThanOrEqual(2);
  });
});

describe("a report", () => {
  it("leaves its content in the own stream and its number in the shared one, in one transaction", async () => {
    const transaction = vi.spyOn(page.tablet.db, "transaction");
    const id = await page.writeReport(OP, VISIT, { offence: "SPEL_OLOVLIG", summary: "hemligt", status: "UPPR" });
    expect(transaction).toHaveBeenCalledTimes(1);
    expect(page.value(page.entity(POL, id), "summary")).toBe("hemligt");
    const tally = page.entity(SHARED, id.replace("report_", "tally_"));
    expect(page.value(tally, "entry")).toEqual({ visit: VISIT, of: "report", code: "SPEL", qty: 1, unit: "ST" });
    await page.sync();
    expect(JSON.stringify(page.server.stream(SHARED).log)).not.toContain("hemligt");
    expect(await codeOf(page.writeReport(OP, VISIT, { offence: "NO" }))).toBe("malformed");
  });
});

describe("a report that was a mistake", () => {
  it("goes with its number in one transaction, and comes back with it", async () => {
    const id = await page.writeReport(OP, VISIT, { offence: "SPEL_OLOVLIG", status: "UPPR" });
    const both = () =>
      [page.entity(POL, id), page.entity(SHARED, id.replace("report_", "tally_"))].flatMap((e) => e ?? []);
    const transaction = vi.spyOn(page.tablet.db, "transaction");
    await page.voidEntities(both(), "wrong visit");
    expect(transaction).toHaveBeenCalledTimes(1);
    expect(both().map((e) => e.void)).toEqual([true, true]);
    await page.restoreEntities(both());
    expect(both().map((e) => e.void)).toEqual([false, false]);
  });
});

describe("conflicts and voids", () => {
  it("are settled by replacing every head that was seen", async () => {
    const bo = await openTablet(page.server, "bo");
    await bo.round();
    await page.record(SHARED, [{ e: VISIT, f: "team", v: "L1", seen: [] }]);
    await bo.write(SHARED, VISIT, "team", "L2");
    await bo.round();
    await page.sync();
    await page.sync();
    const visit = page.entity(SHARED, VISIT);
    expect(page.inConflict(visit, "team")).toBe(true);
    const chosen = page.heads(visit, "team").find((h) => h[1] === "L2");
    if (visit && chosen) await page.settle(SHARED, visit, "team", chosen);
    expect(page.heads(page.entity(SHARED, VISIT), "team").map((h) => h[1])).toEqual(["L2"]);
    expect(page.inConflict(page.entity(SHARED, VISIT), "team")).toBe(false);
  });

  it("take an entity away and bring it back", async () => {
    const visit = page.entity(SHARED, VISIT);
    if (visit) await page.voidEntities([visit], "planned twice");
    const gone = page.entity(SHARED, VISIT);
    expect([gone?.void, gone?.review, page.entitiesOf(SHARED, "visit")]).toEqual([true, false, []]);
    if (gone) await page.restoreEntities([gone]);
    expect(page.entity(SHARED, VISIT)?.void).toBe(false);
  });
});

describe("a photo", () => {
  const jpeg = (size: number) =>
    new Blob([new Uint8Array([0xff, 0xd8, 0xff, ...Array.from({ length: size }, (_, i) => i % 256)])]);

  function withDecoder(): void {
    vi.stubGlobal("createImageBitmap", async () => ({ width: 4000, height: 3000, close: () => undefined }));
    const canvas = class {
      readonly width: number;
      readonly height: number;
      constructor(width: number, height: number) {
        this.width = width;
        this.height = height;
      }
      getContext = () => ({ drawImage: () => undefined });
      convertToBlob = async () => new Blob([`thumb ${this.width}x${this.height}`]);
    };
    vi.stubGlobal("OffscreenCanvas", canvas);
  }

  it("is kept untouched, with a thumbnail, in the own stream, and counted in the shared one", async () => {
    withDecoder();
    const transaction = vi.spyOn(page.tablet.db, "transaction");
    const id = await page.addPhoto(OP, VISIT, jpeg(3_000), { caption: "Entré", question: "ALK13" });
    expect(transaction).toHaveBeenCalledTimes(1);
    const photo = page.entity(POL, id);
    const blob = page.value<{ sha256: string; size: number; mime: string }>(photo, "blob");
    expect(blob).toMatchObject({ size: 3_003, mime: "image/jpeg" });
    expect([page.value(photo, "visit"), page.value(photo, "caption"), page.value(photo, "width")]).toEqual([
      VISIT,
      "Entré",
      4000,
    ]);
    expect(page.uploadState(blob?.sha256 ?? "").value).toBe("local");
    expect(entries()).toEqual([{ visit: VISIT, of: "photo", code: "FOTO", unit: "ST", qty: 1 }]);
    expect(page.status.value.unsentPhotos).toBe(1);
    expect(await page.photoUrl(POL, photo ?? never(), "thumb")).toMatch(/^blob:/);
    await page.sync();
    await page.sync();
    expect(page.uploadState(blob?.sha256 ?? "").value).toBe("verified");
    expect(page.server.state.blobs.get(blob?.sha256 ?? "")?.length).toBe(3_003);
    expect(new TextDecoder().decode([...page.server.state.blobs.values()][0])).toBe("thumb 480x360");
  });

  it("of a colleague is shown as the server's view of it, or is said to be no picture", async () => {
    const objects = vi.spyOn(URL, "createObjectURL");
    const reference = (sha256: string) => ({ sha256, size: 9, mime: "text/html" });
    page.server.state.blobs.set("good", new Uint8Array([0xff, 0xd8, 0xff]));
    page.server.state.blobs.set("bad", new TextEncoder().encode("<html>"));
    plant(page.server, POL, {
      photo_1: { visit: VISIT, blob: reference("good"), thumb: reference("lost") },
      photo_2: { visit: VISIT, blob: reference("bad") },
    });
    page.server.epoch = "e2"; // what was planted comes by snapshot
    await page.sync();
    const [good, bad] = [page.entity(POL, "photo_1") ?? never(), page.entity(POL, "photo_2") ?? never()];
    expect(await page.photoUrl(POL, good, "blob")).toMatch(/^blob:/);
    const [shown] = objects.mock.calls[0] ?? never();
    expect([(shown as Blob).type, await (shown as Blob).text()]).toEqual(["image/jpeg", "view"]);
    expect(await page.photoUrl(POL, good, "thumb")).toBeNull();
    expect(await codeOf(page.photoUrl(POL, bad, "blob"))).toBe("photo-not-shown");
    expect(objects).toHaveBeenCalledTimes(1);
  });

  it("that this browser cannot decode is kept all the same, without a thumbnail", async () => {
    const id = await page.addPhoto(OP, VISIT, jpeg(10));
    expect(Object.keys(page.entity(POL, id)?.cells ?? {}).sort()).toEqual(["blob", "taken", "visit"]);
  });

  it("of another kind or too large is refused before anything is stored", async () => {
    expect(await codeOf(page.addPhoto(OP, VISIT, new Blob(["<svg/>"])))).toBe("unsupported-media");
    expect(await codeOf(page.addPhoto(OP, VISIT, new Blob([new Uint8Array(26_214_401)])))).toBe("too-large");
    expect(await page.tablet.db.count("photos")).toBe(0);
  });

  it("waits when the disk is full, while words and counts go on", async () => {
    page.memory.setFull(true);
    const real = page.tablet.db.transaction.bind(page.tablet.db);
    vi.spyOn(page.tablet.db, "transaction").mockImplementation(((
      stores: "chunks"[],
      mode: "readwrite",
      options: object,
    ) => {
      if (mode === "readwrite" && stores.includes("chunks")) throw new DOMException("full", "QuotaExceededError");
      return real(stores, mode, options);
    }) as typeof page.tablet.db.transaction);
    expect(await codeOf(page.addPhoto(OP, VISIT, jpeg(10)))).toBe("storage-full");
    expect(page.status.value.problem).toBe("storage-full");
    await tap(1);
    expect(quantities()).toEqual([1]);
  });
});

it("nothing of one authority's stream is on another authority's tablet", async () => {
  page.server.members.set("bo", { ref: "reader", [SHARED]: "writer", [ALK]: "writer" });
  await page.writeReport(OP, VISIT, { offence: "SPEL_OLOVLIG", summary: "planted-word" });
  await page.sync();
  const bo = await openTablet(page.server, "bo");
  await bo.round();
  const stores = await Promise.all([...bo.tablet.db.objectStoreNames].map((store) => bo.tablet.db.getAll(store)));
  expect(JSON.stringify(stores)).not.toContain("planted-word");
  expect(bo.memory.list(SHARED, "tally")).toHaveLength(1);
});

function never(): never {
  throw new Error("the entity is missing");
}

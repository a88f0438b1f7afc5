import "fake-indexeddb/auto";
import { describe, expect, it, vi } from "vitest";
import { type Header, hashOf, publicKey, readBody, verify } from "../domain/commit";
import { replay, stash } from "../store/rescue";
import type { UnsealedRow } from "../store/schema";
import { openWindow, STREAM, webStorage } from "../store/testing";
import { batchesOf, sealAll } from "./seal";

const row = (n: number, more: Partial<UnsealedRow> = {}, text = "x"): UnsealedRow => ({
  change: {
    id: `0192f000-${n.toString(16).padStart(4, "0")}-7000-8000-000000000000`,
    e: "note_1",
    f: "text",
    v: text,
    at: n,
  },
  stream: STREAM,
  actor: "a",
  saved: 0,
  ...more,
});
const sizes = (rows: readonly UnsealedRow[]) => batchesOf(rows).map((batch) => batch.length);

describe("a batch", () => {
  it("has at most 500 changes and less than a megabyte", () => {
    expect(sizes(Array.from({ length: 1_201 }, (_, n) => row(n)))).toEqual([500, 500, 201]);
    expect(sizes(Array.from({ length: 40 }, (_, n) => row(n, {}, "å".repeat(30_000))))).toEqual([17, 17, 6]);
  });

  it("never cuts a group in two", () => {
    const rows = Array.from({ length: 502 }, (_, n) => row(n, n >= 498 ? { group: "g" } : {}));
    expect(sizes(rows)).toEqual([498, 4]);
  });

  it("shares nothing with what must be alone", () => {
    expect(sizes([row(1), row(2, { alone: true }), row(3, { alone: true }), row(4), row(5)])).toEqual([1, 1, 1, 2]);
  });

  it("keeps the order of the ids", () => {
    expect(batchesOf([row(3), row(1), row(2)])[0]?.map((r) => r.change.at)).toEqual([1, 2, 3]);
  });
});

describe("sealing", () => {
  it("shows what another window recorded that died before it told", async () => {
    const one = await openWindow("told-nobody");
    await one.write("visit_1", "team", "L1");
    const other = await openWindow("told-nobody", one.tablet.db);
    expect(other.shown("visit_1", "team")).toEqual(["L1"]);
    await one.write("visit_1", "team", "L2");
    await sealAll(other.tablet);
    expect(other.shown("visit_1", "team")).toEqual(["L2"]);
    expect([...other.memory.own.all()].map((o) => o.commit !== undefined)).toEqual([true]);
  });

  it("knows what another window sealed that died before it told", async () => {
    const one = await openWindow("sealed-untold");
    await one.write("visit_1", "team", "L1");
    const other = await openWindow("sealed-untold", one.tablet.db);
    await sealAll(one.tablet);
    expect(other.memory.commits.size).toBe(0);
    await sealAll(other.tablet);
    expect(other.memory.commits.size).toBe(1);
    expect([...other.memory.own.all()].map((o) => o.unsealed)).toEqual([undefined]);
  });

  it("moves changes into a chain of commits that verify", async () => {
    const { tablet, write, unsealed } = await openWindow();
    await write("visit_1", "status", "INNE");
    await sealAll(tablet);
    await write("visit_1", "team", "L1");
    await write("visit_2", "team", "L2");
    await sealAll(tablet);
    const [first, second] = await tablet.db.getAll("commits");
    expect(await unsealed()).toEqual([]);
    expect(JSON.parse(second?.h ?? "") as Header).toMatchObject({
      n: 2,
      prev: first?.hash,
      changes: 2,
      body: hashOf(second?.b ?? ""),
    });
    expect(second?.entities).toEqual(["visit_1", "visit_2"]);
    const key = await publicKey((JSON.parse(first?.h ?? "") as { key: string }).key);
    expect(await verify(key, second?.s ?? "", second?.h ?? "")).toBe(true);
  });

  it("leaves what is too young for a later commit", async () => {
    const { tablet, write, unsealed, clock } = await openWindow();
    await write("visit_1", "status", "INNE");
    clock.now += 40_000;
    await write("visit_1", "team", "L1");
    await sealAll(tablet, 30_000);
    expect((await unsealed()).map((r) => r.change.f)).toEqual(["team"]);
  });

  it("by two windows at once seals everything once", async () => {
    const one = await openWindow();
    const two = await openWindow(one.tablet.db.name);
    for (let i = 0; i < 30; i++) await one.write("visit_1", `f${i}`, i);
    await Promise.all([sealAll(one.tablet), sealAll(two.tablet), sealAll(one.tablet)]);
    const commits = await one.tablet.db.getAll("commits");
    expect(commits.flatMap((c) => readBody(c.b))).toHaveLength(30);
    expect(commits.map((c) => c.n)).toEqual(commits.map((_, i) => i + 1));
  });

  it("and tapping at once lose no tap", async () => {
    const store = await openWindow();
    const taps = Array.from({ length: 40 }, (_, i) => store.write("visit_1", "persons", i));
    const seals = Array.from({ length: 10 }, () => sealAll(store.tablet));
    await Promise.all([...taps, ...seals]);
    await sealAll(store.tablet);
    expect(store.shown("visit_1", "persons")).toEqual([39]);
    const { chain } = { chain: store.memory.chain([...store.memory.actors.keys()][0] ?? "", STREAM) };
    expect((await store.tablet.db.getAll("commits")).at(-1)?.hash).toBe(chain.head);
  });

  it("does not seal a change that a newer one took the place of meanwhile", async () => {
    const { tablet, write, shown } = await openWindow();
    await write("visit_1", "persons", 1);
    const sign = crypto.subtle.sign.bind(crypto.subtle);
    vi.spyOn(crypto.subtle, "sign").mockImplementationOnce(async (...args) => {
      await write("visit_1", "persons", 2);
      return sign(...args);
    });
    await sealAll(tablet);
    await sealAll(tablet);
    const commits = await tablet.db.getAll("commits");
    expect(commits.flatMap((c) => readBody(c.b).map(({ change }) => change.v))).toEqual([2]);
    expect(shown("visit_1", "persons")).toEqual([2]);
  });

  it("keeps a recount in one commit", async () => {
    const { tablet, save } = await openWindow();
    const cell = (e: string) => ({ stream: STREAM, e, f: "entry", v: 1, seen: [] });
    await save(() => ({ writes: [cell("tally_1"), cell("tally_2"), cell("tally_3")], whole: true }));
    await sealAll(tablet);
    const [commit] = await tablet.db.getAll("commits");
    expect(commit?.count).toBe(3);
    expect(new Set(Object.values(commit?.groups ?? {})).size).toBe(1);
  });
});

describe("what was rescued from a store that was lost with its keys", () => {
  async function rescued(by: string) {
    const [before, after] = [await openWindow(), await openWindow()];
    const storage = webStorage();
    const [actor] = before.memory.actors.keys();
    stash(storage, { rows: [row(1, { actor: actor ?? "" })], isPhoto: false, user: by });
    await replay(after.tablet, storage);
    await after.memory.load(after.tablet.db);
    await sealAll(after.tablet);
    await sealAll(after.tablet);
    return after;
  }

  it("is sealed once by the same person's new key", async () => {
    const { tablet, memory, unsealed } = await rescued("anna");
    const commits = await tablet.db.getAll("commits");
    expect(commits.map((c) => [c.actor, c.count])).toEqual([[[...memory.actors.keys()][0], 1]]);
    expect(await unsealed()).toEqual([]);
  });

  it("is nobody else's to sign: it stays until that person is back", async () => {
    const { tablet, unsealed } = await rescued("bo");
    expect(await tablet.db.count("commits")).toBe(0);
    expect(await unsealed()).toHaveLength(1);
  });
});

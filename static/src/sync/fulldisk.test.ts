import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { hex, sha256 } from "../domain/bytes";
import { isProblem } from "../domain/problem";
import { layBallast } from "../store/ballast";
import { type Disk, limit } from "../store/testing";
import { openTablet, settle, type TestTablet } from "./testing";
import { OP, POL, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;

interface Evening {
  readonly server: TestServer;
  readonly anna: TestTablet;
  readonly bo: TestTablet;
  readonly disk: Disk;
  /** What was acknowledged: `stream field` → value. */
  readonly saved: Map<string, unknown>;
  /** Records that found no room, by their code. */
  readonly refused: string[];
}

async function begin(hasReserve: boolean): Promise<Evening> {
  const server = new TestServer();
  for (const user of ["anna", "bo"]) server.members.set(user, { [SHARED]: "writer", [POL]: "writer" });
  const [anna, bo] = [await openTablet(server, "anna"), await openTablet(server, "bo")];
  await settle(anna, bo);
  if (hasReserve) await layBallast(anna.tablet.db, 1);
  return { server, anna, bo, disk: limit(anna.tablet.db, () => false), saved: new Map(), refused: [] };
}

async function write({ anna, saved, refused }: Evening, stream: string, field: string, v: number): Promise<void> {
  try {
    await anna.write(stream, VISIT, field, v);
    saved.set(`${stream} ${field}`, v);
  } catch (error) {
    if (!isProblem(error)) throw error;
    refused.push(error.code);
  }
}

async function photo({ anna, refused }: Evening): Promise<void> {
  const bytes = new Uint8Array(3_000).fill(7);
  const hash = hex(sha256(bytes));
  const blob = { sha256: hash, mime: "image/jpeg", kind: "blob" as const, bytes: bytes.buffer, stream: POL, added: 1 };
  const v = { sha256: hash, size: bytes.length, mime: "image/jpeg" };
  const writes = [{ stream: POL, e: `photo_${OP}`, f: "blob", v, seen: [] }];
  await anna
    .save(() => ({ writes, blobs: [blob] }))
    .catch((error: unknown) => {
      if (!isProblem(error)) throw error;
      refused.push(error.code);
    });
}

/** Recording, sending, pulling, a decision that is told, a backup that lets the tablet prune. */
async function play(evening: Evening): Promise<void> {
  const { server, anna, bo } = evening;
  server.faults.judge = ({ f }) => (f === "held" ? { verdict: "held", code: "unknown_field" } : null);
  for (let i = 0; i < 3; i++) {
    await write(evening, SHARED, `s${i}`, i);
    await write(evening, POL, `p${i}`, i);
    if (i === 1) await photo(evening);
    await anna.round();
    await bo.write(SHARED, VISIT, `b${i}`, i);
    await bo.round();
    await anna.round();
  }
  await write(evening, SHARED, "held", 1);
  await anna.round();
  await admit(evening);
  server.makeStable();
  await settle(anna);
  await write(evening, SHARED, "s0", 10);
  await anna.round();
}

async function admit({ bo }: Evening): Promise<void> {
  for (const item of (await bo.engine.sync.api.held()).held) {
    const verdict = { commit: item.commit, admit: true, reason: "" };
    await bo.write(item.stream, `admission_${item.change.id}`, "verdict", verdict);
  }
  await bo.round();
}

/** There is room again: everything acknowledged is on the server and on both tablets, and nothing else is. */
async function expectWhole(evening: Evening): Promise<void> {
  const { server, anna, bo, disk, saved } = evening;
  disk.isFull = () => false;
  anna.clock.now += 61_000;
  await settle(anna);
  await admit(evening);
  await settle(anna, bo, anna);
  for (const stream of [SHARED, POL]) {
    const mine = Object.entries(server.stream(stream).world[VISIT] ?? {}).filter(([f]) => !f.startsWith("b"));
    const values = mine.map(([f, heads]) => [`${stream} ${f}`, heads.map((h) => h[1])] as const);
    const wanted = [...saved].filter(([key]) => key.startsWith(stream)).map(([key, v]) => [key, [v]] as const);
    expect(Object.fromEntries(values)).toEqual(Object.fromEntries(wanted));
    for (const { memory } of [anna, bo])
      expect(Object.fromEntries(memory.replica(stream))).toEqual(server.stream(stream).world);
  }
  expect([anna.problem(), anna.memory.isFull]).toEqual([null, false]);
  expect([...anna.memory.own.all()].filter((o) => !o.commit?.result)).toEqual([]);
}

async function putsOfAnEvening(): Promise<number> {
  const evening = await begin(true);
  await play(evening);
  await expectWhole(evening);
  expect(evening.refused).toEqual([]);
  return evening.disk.puts;
}

describe("a disk that is full", () => {
  it("for one record, whichever it is: nothing is lost, and what finds no room says so", async () => {
    const puts = await putsOfAnEvening();
    expect(puts).toBeGreaterThan(60);
    for (let n = 1; n <= puts; n += 4) {
      const evening = await begin(n % 8 === 1);
      evening.disk.isFull = (put) => put === n;
      await play(evening);
      for (const code of evening.refused) expect(code).toBe("storage-full");
      await expectWhole(evening);
    }
  }, 120_000);

  it("from some record on: what is acknowledged arrives when there is room again", async () => {
    const puts = await putsOfAnEvening();
    for (let n = 2; n <= puts; n += 9) {
      const evening = await begin(false);
      evening.disk.isFull = (put) => put >= n;
      await play(evening);
      expect(new Set(evening.refused)).toEqual(new Set(evening.refused.length > 0 ? ["storage-full"] : []));
      if (evening.refused.length > 0) expect(evening.anna.memory.isFull).toBe(true);
      await expectWhole(evening);
    }
  }, 120_000);

  it("takes words and counts while the reserve lasts, and no photo", async () => {
    const evening = await begin(true);
    evening.disk.isFull = () => true;
    await photo(evening);
    expect(evening.refused).toEqual(["storage-full"]);
    for (let i = 0; i < 15; i++) await write(evening, SHARED, `f${i}`, i);
    expect(evening.saved.size).toBe(15);
    await evening.anna.round();
    expect(evening.anna.problem()).toBe("storage-full");
    await expectWhole(evening);
  });

  it("still lets out what is sealed", async () => {
    const evening = await begin(false);
    evening.server.faults.drop = (call) => call === "POST /commits";
    await write(evening, SHARED, "status", 1);
    await evening.anna.round();
    evening.server.faults.drop = () => false;
    evening.disk.isFull = () => true;
    await evening.anna.round();
    expect(evening.server.stream(SHARED).log).toHaveLength(1);
    await expectWhole(evening);
    expect(evening.server.stream(SHARED).log).toHaveLength(1);
  });
});

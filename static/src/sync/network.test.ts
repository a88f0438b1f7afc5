import "fake-indexeddb/auto";
import { describe, expect, it } from "vitest";
import { hex, sha256 } from "../domain/bytes";
import type { Fetch } from "./api";
import { openTablet, settle, type TestTablet } from "./testing";
import { OP, POL, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
const SHORT = { short: 15, long: 15 };

/** What a bad link makes of a call. */
const FAULTS: Record<string, (call: () => Promise<Response>, init: RequestInit) => Promise<Response>> = {
  "a call that fails": () => Promise.reject(new TypeError("network error")),
  "an answer that is lost": async (call) => {
    await call();
    throw new TypeError("network error");
  },
  "a call that hangs": (_, init) =>
    new Promise((_resolve, reject) => init.signal?.addEventListener("abort", () => reject(init.signal?.reason))),
  "half an answer": async (call) => {
    const answer = await call();
    const text = await answer.text();
    return new Response(text.slice(0, text.length / 2) || null, { status: answer.status, headers: answer.headers });
  },
  "a portal's page": async () => new Response("<html>log in</html>", { headers: { "Content-Type": "text/html" } }),
  "garbage that says it is fine": async () =>
    new Response('{"a":[1,2', { headers: { "Content-Type": "application/json" } }),
  "another value altogether": async () => Response.json({}),
  "nothing at all": async () => new Response(null),
  "a failing proxy": async () => new Response("bad gateway", { status: 502 }),
};

interface Evening {
  readonly server: TestServer;
  readonly anna: TestTablet;
  readonly bo: TestTablet;
  isBad: (call: number) => boolean;
  calls: number;
  fault: string;
}

async function begin(fault: string): Promise<Evening> {
  const server = new TestServer();
  for (const user of ["anna", "bo"]) server.members.set(user, { [SHARED]: "writer", [POL]: "writer" });
  const evening = { isBad: () => false, calls: 0, fault } as Pick<Evening, "isBad" | "calls" | "fault">;
  const fetch: Fetch = (path, init) => {
    evening.calls += 1;
    const call = () => server.fetch(path, init);
    return evening.isBad(evening.calls) ? (FAULTS[evening.fault] as (typeof FAULTS)[string])(call, init) : call();
  };
  const [anna, bo] = [await openTablet({ fetch }, "anna", undefined, SHORT), await openTablet(server, "bo")];
  await settle(anna, bo);
  return Object.assign(evening, { server, anna, bo, calls: 0 });
}

async function play({ anna, bo }: Evening): Promise<void> {
  const bytes = new Uint8Array(3_000).fill(7);
  const hash = hex(sha256(bytes));
  const blob = { sha256: hash, mime: "image/jpeg", kind: "blob" as const, bytes: bytes.buffer, stream: POL, added: 1 };
  const v = { sha256: hash, size: bytes.length, mime: "image/jpeg" };
  await anna.save(() => ({ writes: [{ stream: POL, e: `photo_${OP}`, f: "blob", v, seen: [] }], blobs: [blob] }));
  for (let i = 0; i < 3; i++) {
    await anna.write(SHARED, VISIT, `s${i}`, i);
    await anna.write(POL, VISIT, `p${i}`, i);
    await anna.round();
    await bo.write(SHARED, VISIT, `b${i}`, i);
    await bo.round();
  }
  await anna.write(SHARED, VISIT, "s0", 10);
  await anna.round();
}

async function expectWhole(evening: Evening): Promise<void> {
  const { server, anna, bo } = evening;
  evening.isBad = () => false;
  await settle(anna, bo, anna);
  const values = Object.entries(server.stream(SHARED).world[VISIT] ?? {}).map(([f, heads]) => [
    f,
    heads.map((h) => h[1]),
  ]);
  const bos = { b0: [0], b1: [1], b2: [2] };
  expect(Object.fromEntries(values)).toEqual({ s0: [10], s1: [1], s2: [2], ...bos });
  expect(Object.keys(server.stream(POL).world[VISIT] ?? {}).sort()).toEqual(["p0", "p1", "p2"]);
  for (const stream of [SHARED, POL]) {
    for (const { memory } of [anna, bo])
      expect(Object.fromEntries(memory.replica(stream))).toEqual(server.stream(stream).world);
    const ids = server.stream(stream).log.map(({ r }) => (JSON.parse(r) as { commit: string }).commit);
    expect(new Set(ids).size).toBe(ids.length);
  }
  expect(server.state.blobs.size).toBe(1);
  expect(anna.problem()).toBeNull();
  expect([...anna.memory.own.all()].filter((o) => !o.commit?.result)).toEqual([]);
}

describe.each(Object.keys(FAULTS))("%s", (fault) => {
  it("at one moment, whichever it is, loses and doubles nothing", async () => {
    const calm = await begin(fault);
    await play(calm);
    await expectWhole(calm);
    for (let n = 1; n <= calm.calls; n++) {
      const evening = await begin(fault);
      evening.isBad = (call) => call === n;
      await play(evening);
      await expectWhole(evening);
    }
  }, 120_000);

  it("from some moment on is waited for", async () => {
    for (let n = 1; n <= 13; n += 3) {
      const evening = await begin(fault);
      evening.isBad = (call) => call >= n;
      await play(evening);
      expect(evening.anna.values(SHARED, VISIT, "s0")).toEqual([10]);
      await expectWhole(evening);
    }
  }, 120_000);
});

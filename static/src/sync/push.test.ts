import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { closeGap } from "./repair";
import {
  cloneOf,
  expectReplicas,
  openPair,
  openTablet,
  overtakenClone,
  settle,
  stateOfCell,
  type TestTablet,
} from "./testing";
import { OP, POL, SHARED, type TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
const NOTE = `note_${OP}`;
let server: TestServer;
let anna: TestTablet;
let bo: TestTablet;

beforeEach(async () => {
  ({ server, anna, bo } = await openPair());
});

const logOf = (stream: string) => server.stream(stream).log.length;
const bodies = (stream: string) =>
  server
    .stream(stream)
    .log.map((entry) => entry.b)
    .join("");
const state = (tablet: TestTablet, field: string) => stateOfCell(tablet, SHARED, VISIT, field);

const expectSame = (...tablets: TestTablet[]) => expectReplicas(server, [SHARED, POL], tablets);

describe("an evening", () => {
  it("recorded offline on two tablets comes to both and to the server", async () => {
    await settle(anna, bo);
    server.faults.down = true;
    await anna.write(SHARED, VISIT, "status", "INNE");
    await bo.write(SHARED, VISIT, "status", "PAVAG");
    await bo.write(SHARED, VISIT, "persons", 12);
    await settle(anna, bo);
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    server.faults.down = false;
    await settle(anna, bo);
    expect(new Set(anna.values(SHARED, VISIT, "status"))).toEqual(new Set(["INNE", "PAVAG"]));
    expect(bo.values(SHARED, VISIT, "persons")).toEqual([12]);
    expectSame(anna, bo);
  });

  it("is not doubled when every request is sent twice", async () => {
    server.faults.twice = true;
    for (let i = 0; i < 5; i++) await anna.write(SHARED, VISIT, `f${i}`, i);
    await settle(anna, bo);
    await anna.write(SHARED, VISIT, "f0", 10);
    await settle(anna, bo);
    expect(logOf(SHARED)).toBe(2);
    expect(bo.values(SHARED, VISIT, "f0")).toEqual([10]);
    expectSame(anna, bo);
  });

  it("tells the board what the tablet still holds", async () => {
    server.faults.drop = (call) => call.includes("/commits");
    await anna.write(SHARED, VISIT, "status", "INNE");
    anna.clock.now += 5_000;
    await anna.round();
    expect(server.pending.at(-1)).toMatch(/^changes=1;blobs=0;oldest=5$/);
    server.faults.drop = () => false;
    await anna.round();
    expect(server.pending.at(-1)).toBe("changes=0;blobs=0");
  });
});

describe("verdicts", () => {
  it("leave a held change on the screen of its author alone, until it is changed again", async () => {
    server.faults.judge = ({ f }) => (f === "team" ? { verdict: "held", code: "unknown_field" } : null);
    await anna.write(SHARED, VISIT, "team", "L1");
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna, bo);
    expect(state(anna, "team")).toBe("held");
    expect(state(anna, "status")).toBe("received");
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(bo.values(SHARED, VISIT, "team")).toEqual([]);
    server.faults.judge = () => null;
    await anna.write(SHARED, VISIT, "team", "L2");
    await settle(anna, bo);
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L2"]);
    const again = await openTablet(server, "anna", anna.tablet.db.name);
    expect(again.values(SHARED, VISIT, "team")).toEqual(["L2"]);
  });

  it("take a rejected change off the screen and show the old value again", async () => {
    await anna.write(SHARED, VISIT, "team", "L1");
    await settle(anna);
    server.faults.judge = ({ v }) => (v === "bad" ? { verdict: "rejected", code: "schema" } : null);
    await anna.write(SHARED, VISIT, "team", "bad");
    await settle(anna);
    expect(state(anna, "team")).toBe("rejected");
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
  });
});

describe("a poison change", () => {
  it("is kept and shown, and everything else is delivered", async () => {
    server.faults.envelope = (_, body) => (body.includes("poison") ? "malformed" : null);
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.write(SHARED, VISIT, "note", "poison");
    await anna.write(SHARED, VISIT, "persons", 3);
    await anna.write(POL, NOTE, "text", "own");
    await anna.round();
    await anna.write(SHARED, VISIT, "remarks", true);
    for (let i = 0; i < 12; i++) await anna.round();
    await bo.round();
    expect(bo.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(bo.values(SHARED, VISIT, "persons")).toEqual([3]);
    expect(bo.values(SHARED, VISIT, "remarks")).toEqual([true]);
    expect(bo.values(POL, NOTE, "text")).toEqual(["own"]);
    expect(state(anna, "note")).toBe("rejected");
    expect(state(anna, "persons")).toBe("received");
  });

  it("is not what a line cut short on the way is taken for", async () => {
    let faults = 2;
    server.faults.envelope = () => (faults-- > 0 ? "malformed" : null);
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna, bo);
    expect(state(anna, "status")).toBe("received");
    expect(anna.memory.actors.size).toBe(1);
  });

  it("is not seen in what the way spoils, however often: the hash of what was sent says so", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna, bo);
    let spoils = 6;
    const real = server.fetch;
    const fetch: typeof real = (path, init) => {
      if (!path.endsWith("/commits") || spoils-- <= 0) return real(path, init);
      const body = new Uint8Array(init.body as Uint8Array<ArrayBuffer>);
      body.set([(body[90] ?? 0) ^ 1], 90);
      return real(path, { ...init, body });
    };
    const carl = await openTablet(Object.assign(Object.create(server) as TestServer, { fetch }), "anna");
    await carl.write(SHARED, VISIT, "persons", 3);
    for (let i = 0; i < 6; i++) {
      await carl.round();
      expect(carl.problem()).toBe("checksum-mismatch");
    }
    await carl.round();
    expect(stateOfCell(carl, SHARED, VISIT, "persons")).toBe("received");
    expect([...carl.memory.commits.values()].map((c) => [c.strikes, c.refused])).toEqual([[undefined, undefined]]);
  });

  it("is not seen in what a proxy spoils on the way: it travels unpacked then", async () => {
    const real = server.fetch;
    const fetch: typeof real = (path, init) => {
      const isPacked = new Headers(init.headers).has("Content-Encoding");
      const headers = { "Content-Type": "application/problem+json" };
      const refusal = () => new Response('{"type":"urn:insats:malformed"}', { status: 400, headers });
      return isPacked ? Promise.resolve(refusal()) : real(path, init);
    };
    const carl = await openTablet(Object.assign(Object.create(server) as TestServer, { fetch }), "anna");
    await carl.write(SHARED, VISIT, "status", "INNE");
    await carl.round();
    expect(carl.problem()).toBe("malformed");
    await carl.round();
    expect(stateOfCell(carl, SHARED, VISIT, "status")).toBe("received");
  });

  it("is not seen in a server that finds every signature wrong: nothing is given up", async () => {
    server.faults.envelope = () => "bad-signature";
    await anna.write(SHARED, VISIT, "status", "INNE");
    for (let i = 0; i < 8; i++) await anna.round();
    expect(state(anna, "status")).toBe("local");
    server.faults.envelope = () => null;
    await settle(anna);
    expect(state(anna, "status")).toBe("received");
  });
});

describe("a chain", () => {
  it("with a gap is rewound to where the server says", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    const backup = server.backup();
    await anna.write(SHARED, VISIT, "team", "L1");
    await anna.round();
    server.state = backup;
    await anna.write(SHARED, VISIT, "persons", 4);
    await settle(anna, bo);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(bo.values(SHARED, VISIT, "persons")).toEqual([4]);
    expectSame(anna, bo);
  });

  it("of a cloned tablet forks once, and goes on under a new actor", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    const clone = await cloneOf(server, anna, "anna");
    await anna.write(SHARED, VISIT, "team", "L1");
    await clone.write(SHARED, VISIT, "persons", 7);
    await settle(anna, clone);
    await clone.write(SHARED, VISIT, "remarks", true);
    await settle(anna, clone, bo);
    expect(clone.memory.actors.size).toBe(2);
    expect(anna.memory.actors.size).toBe(1);
    expect([bo.values(SHARED, VISIT, "team"), bo.values(SHARED, VISIT, "persons")]).toEqual([["L1"], [7]]);
    expect(bo.values(SHARED, VISIT, "remarks")).toEqual([true]);
    expectSame(anna, clone, bo);
  });

  it("whose fork is longer than itself is not taken for lost", async () => {
    const clone = await overtakenClone(server, anna, VISIT);
    server.faults.down = true;
    for (const field of ["persons", "order"]) {
      await clone.write(SHARED, VISIT, field, 7);
      clone.clock.now += 60_000;
      await clone.round();
    }
    server.faults.down = false;
    await settle(clone);
    expect((await clone.tablet.db.getAll("commits")).filter((row) => row.result?.forked)).toHaveLength(2);
    server.calls.length = 0;
    await settle(clone);
    expect(server.calls.filter((call) => call === "POST /commits")).toEqual([]);
  });

  it("asked for by a fork's own number is rewound to the commit before it", async () => {
    const clone = await overtakenClone(server, anna, VISIT);
    server.faults.down = true;
    for (const field of ["persons", "order"]) {
      await clone.write(SHARED, VISIT, field, 7);
      clone.clock.now += 60_000;
      await clone.round();
    }
    server.faults.down = false;
    await settle(clone);
    const forks = async () => (await clone.tablet.db.getAll("commits")).filter((row) => row.result?.forked);
    const last = (await forks()).reduce((a, b) => (a.n > b.n ? a : b));
    await closeGap(clone.tablet, last, last.n);
    expect(await forks()).toEqual([]);
    await settle(clone);
    expect(await forks()).toHaveLength(2);
  });

  it("whose fork the server lost, in a stream that one has left, is sent again", async () => {
    await anna.write(POL, NOTE, "text", "first");
    await settle(anna);
    const clone = await cloneOf(server, anna, "anna");
    await anna.write(POL, NOTE, "level", "low");
    await settle(anna);
    const before = server.backup();
    await clone.write(POL, NOTE, "text", "of the fork");
    await clone.write(SHARED, VISIT, "persons", 7);
    await settle(clone);
    server.members.set("anna", { ref: "reader", [SHARED]: "writer" });
    await settle(clone);
    server.state = structuredClone(before);
    await settle(clone);
    expect([...server.state.custody.values()].some(({ line }) => line.b.includes("of the fork"))).toBe(true);
  });

  it("whose fork was held whole, and is gone with no trace but the key that it was replaced by, is sent again", async () => {
    const clone = await overtakenClone(server, anna, VISIT);
    server.faults.judge = (change) => (change.f === "persons" ? { verdict: "held", code: "no_authority" } : null);
    const before = server.backup();
    await clone.write(SHARED, VISIT, "persons", 7);
    await settle(clone);
    const isKept = () => [...server.state.custody.values()].some(({ line }) => line.b.includes("persons"));
    expect(isKept()).toBe(true);
    server.state = structuredClone(before);
    await settle(clone);
    expect(isKept()).toBe(true);
    server.calls.length = 0;
    await settle(clone);
    expect(server.calls.filter((call) => call === "POST /commits")).toEqual([]);
  });

  it("that the server lost with its actor is registered and sent again", async () => {
    const empty = server.backup();
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    server.restore(empty);
    await anna.write(SHARED, VISIT, "team", "L1");
    await settle(anna, bo);
    expect(bo.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(state(anna, "status")).toBe("received");
    expectSame(anna, bo);
  });

  it("whose beginning was let go before the server lost it begins anew", async () => {
    const empty = server.backup();
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    server.makeStable();
    await settle(anna);
    server.restore(empty);
    await anna.write(SHARED, VISIT, "team", "L1");
    await settle(anna, bo);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expectSame(anna, bo);
  });
});

describe("a backup", () => {
  it("that covers a commit lets the tablet forget its bytes, and says so", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    server.makeStable();
    await settle(anna);
    const [row] = await anna.tablet.db.getAll("commits");
    expect(row).toMatchObject({ n: 1, b: "", pruned: true });
    expect(anna.memory.own.latest(SHARED, VISIT, "status")).toBeUndefined();
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
  });

  it("says nothing of a forked commit by its number: that one is kept until something later of ours is covered", async () => {
    for (let i = 0; i < 3; i++) {
      await anna.write(SHARED, VISIT, `f${i}`, i);
      await settle(anna);
    }
    const clone = await cloneOf(server, anna, "anna");
    await anna.write(SHARED, VISIT, "team", "L1");
    await settle(anna);
    server.makeStable();
    const backup = server.backup();
    await clone.write(SHARED, VISIT, "persons", 7);
    await settle(clone, anna);
    expect(stateOfCell(clone, SHARED, VISIT, "persons")).toBe("received");
    server.restore(backup);
    await settle(clone, bo);
    expect(bo.values(SHARED, VISIT, "persons")).toEqual([7]);
    server.now = () => Date.now() + 120_000;
    await clone.write(SHARED, VISIT, "remarks", true);
    await settle(clone);
    server.makeStable();
    await settle(clone);
    expect((await clone.tablet.db.getAll("commits")).every((row) => row.pruned)).toBe(true);
  });

  it("does not make it forget a held change", async () => {
    server.faults.judge = () => ({ verdict: "held", code: "no_authority" });
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    server.makeStable();
    await settle(anna);
    expect((await anna.tablet.db.getAll("commits"))[0]?.b).toContain("INNE");
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
  });
});

describe("without a session that is valid", () => {
  it("the tablet records on and delivers later", async () => {
    await settle(anna);
    const part = server.members.get("anna") ?? {};
    server.members.delete("anna");
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.round();
    expect(anna.problem()).toBe("unauthenticated");
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    server.members.set("anna", part);
    await settle(anna);
    expect(anna.problem()).toBeNull();
    expect(bodies(SHARED)).toContain("INNE");
  });
});

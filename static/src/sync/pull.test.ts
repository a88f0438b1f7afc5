import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startingWith } from "../store/schema";
import { expectReplicas, openPair, openTablet, settle, stateOfCell, type TestTablet } from "./testing";
import { ALK, OP, POL, SHARED, type TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
const NOTE = `note_${OP}`;
let server: TestServer;
let anna: TestTablet;
let bo: TestTablet;

beforeEach(async () => {
  ({ server, anna, bo } = await openPair());
});

afterEach(() => vi.unstubAllGlobals());

const calls = (start: string) => server.calls.filter((call) => call.startsWith(start));
const member = (user: string, streams: Record<string, string>) => server.members.set(user, streams);

const expectSame = (stream: string, ...tablets: TestTablet[]) => expectReplicas(server, [stream], tablets);

async function rowsOf({ tablet }: TestTablet, stream: string): Promise<unknown[]> {
  return tablet.db.getAll("pieces", startingWith(stream));
}

async function everything({ tablet }: TestTablet): Promise<string> {
  const stores = await Promise.all([...tablet.db.objectStoreNames].map((store) => tablet.db.getAll(store)));
  return JSON.stringify(stores);
}

describe("a new stream", () => {
  it("comes as a snapshot, and from then on entry by entry", async () => {
    for (let i = 0; i < 5; i++) {
      await anna.write(SHARED, VISIT, `f${i}`, i);
      await anna.round();
    }
    await bo.round();
    expect(calls("GET /streams")).toHaveLength(1);
    await anna.write(SHARED, VISIT, "f0", 10);
    await settle(anna, bo);
    expect(calls("GET /streams")).toHaveLength(1);
    expectSame(SHARED, anna, bo);
  });

  it("is pulled page by page when it is far ahead", async () => {
    await settle(bo);
    for (let i = 0; i < 7; i++) {
      await anna.write(SHARED, VISIT, `f${i}`, i);
      await anna.round();
    }
    const before = calls("GET /changes").length;
    await bo.round();
    expect(calls("GET /changes").length - before).toBe(4);
    expectSame(SHARED, bo);
  });

  it("is taken anew when it is too far ahead, and what was received stays received", async () => {
    await bo.write(SHARED, VISIT, "persons", 3);
    await settle(bo);
    for (let i = 0; i < 7; i++) {
      await anna.write(SHARED, VISIT, `f${i}`, i);
      await anna.round();
    }
    server.lag = 5;
    const sent = calls("POST /commits").length;
    await bo.round();
    expect(calls("GET /streams")).toHaveLength(2);
    expect(calls("POST /commits")).toHaveLength(sent);
    expect(stateOfCell(bo, SHARED, VISIT, "persons")).toBe("received");
    expect(bo.problem()).toBeNull();
    expectSame(SHARED, bo);
  });
});

describe("a lost membership", () => {
  it("removes every byte of the replica and keeps the outbox", async () => {
    await anna.write(POL, NOTE, "text", "planted-by-anna");
    await settle(anna, bo);
    expect(bo.values(POL, NOTE, "text")).toEqual(["planted-by-anna"]);
    member("bo", { ref: "reader", [SHARED]: "writer" });
    server.faults.drop = (call) => call.includes("/commits");
    await bo.write(POL, `note_own`, "text", "planted-by-bo");
    await bo.round();
    expect(await everything(bo)).not.toContain("planted-by-anna");
    expect(await rowsOf(bo, POL)).toEqual([]);
    expect(bo.memory.view(POL, NOTE)).toBeUndefined();
    server.faults.drop = () => false;
    await settle(bo);
    expect(stateOfCell(bo, POL, "note_own", "text")).toBe("held");
  });

  it("between hello and pull does not stop the other streams", async () => {
    await settle(anna, bo);
    await anna.write(POL, NOTE, "text", "x");
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.round();
    await bo.engine.sync.api.hello();
    for (const stream of [SHARED, POL]) bo.engine.sync.state.heads.set(stream, 1);
    bo.engine.sync.state.lastHello = bo.clock.now;
    member("bo", { ref: "reader", [SHARED]: "writer" });
    await bo.engine.round("poke");
    expect(bo.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(bo.problem()).toBe("not-found");
    await bo.round();
    expect(bo.problem()).toBeNull();
    expect(bo.memory.streams.has(POL)).toBe(false);
  });

  it("that is given back brings the stream again", async () => {
    await anna.write(POL, NOTE, "text", "x");
    await settle(anna, bo);
    member("bo", { ref: "reader", [SHARED]: "writer", [ALK]: "writer" });
    await bo.round();
    member("bo", { ref: "reader", [SHARED]: "writer", [POL]: "writer" });
    await bo.round();
    expect(bo.values(POL, NOTE, "text")).toEqual(["x"]);
    expect(bo.memory.streams.has(ALK)).toBe(false);
  });
});

describe("a server restored from an older backup", () => {
  it("gets again what the backup lacks, and nothing of what no tablet has stays", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna, bo);
    server.makeStable();
    await settle(anna, bo);
    const backup = server.backup();
    await anna.write(SHARED, VISIT, "team", "L1");
    await bo.write(SHARED, VISIT, "persons", 5);
    await settle(anna, bo);
    server.restore(backup);
    await settle(anna, bo);
    expect(anna.values(SHARED, VISIT, "persons")).toEqual([5]);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(stateOfCell(anna, SHARED, VISIT, "team")).toBe("received");
    expectSame(SHARED, anna, bo);
  });

  it("is noticed without a new epoch too", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna, bo);
    const backup = server.backup();
    await anna.write(SHARED, VISIT, "team", "L1");
    await settle(anna, bo);
    server.state = backup;
    await settle(bo, anna, bo);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expectSame(SHARED, anna, bo);
  });

  it("that took another course to the same head is noticed by its chain", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna, bo);
    const backup = server.backup();
    await anna.write(SHARED, VISIT, "team", "L1");
    await settle(anna, bo);
    server.state = backup;
    const carl = await openTablet(server, "carl");
    member("carl", { [SHARED]: "writer" });
    await carl.write(SHARED, VISIT, "persons", 9);
    await settle(carl);
    await settle(bo, anna, bo);
    expect(bo.values(SHARED, VISIT, "persons")).toEqual([9]);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expectSame(SHARED, anna, bo);
  });
});

/** A round that greets nobody: the server's past is still unknown to the tablet. */
async function ungreeted(tablet: TestTablet): Promise<void> {
  tablet.engine.sync.state.lastHello = tablet.clock.now;
  await tablet.engine.round("save");
}

describe("a server that went back and told nobody", () => {
  async function goneBack(): Promise<void> {
    await anna.write(SHARED, VISIT, "persons", 2);
    await settle(anna, bo);
    const backup = server.backup();
    for (const team of ["L1", "L2", "L3"]) {
      await bo.write(SHARED, VISIT, "team", team);
      await settle(bo, anna);
    }
    server.state = backup;
  }

  it("takes below our cursor what stays on the screen, and is counted on from there", async () => {
    await goneBack();
    server.faults.drop = (call) => call.includes("/changes") || call.includes("/hello");
    await anna.write(SHARED, VISIT, "persons", 8);
    await ungreeted(anna);
    expect(stateOfCell(anna, SHARED, VISIT, "persons")).toBe("received");
    expect(anna.values(SHARED, VISIT, "persons")).toEqual([8]);
    await anna.write(SHARED, VISIT, "persons", 11);
    server.faults.drop = () => false;
    await settle(anna, bo);
    for (const tablet of [anna, bo]) expect(tablet.values(SHARED, VISIT, "persons")).toEqual([11]);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L3"]);
    expectSame(SHARED, anna, bo);
  });

  it("and filled the place of our commit with another one is found out by the page", async () => {
    await anna.write(SHARED, VISIT, "persons", 2);
    await settle(anna, bo);
    const backup = server.backup();
    server.faults.drop = (call) => call.includes("/changes");
    await anna.write(SHARED, VISIT, "persons", 8);
    await ungreeted(anna);
    server.state = backup;
    server.faults.drop = () => false;
    await bo.write(SHARED, VISIT, "team", "L1");
    await ungreeted(bo);
    await ungreeted(anna);
    expect(anna.values(SHARED, VISIT, "persons")).toEqual([8]);
    await settle(anna, bo);
    expect(bo.values(SHARED, VISIT, "persons")).toEqual([8]);
    expectSame(SHARED, anna, bo);
  });
});

describe("a commit whose receipt was lost", () => {
  it("and that a snapshot brought is settled by the page that continues it", async () => {
    await settle(anna, bo);
    server.faults.lose = (call) => call.includes("/commits");
    await anna.write(SHARED, VISIT, "persons", 2);
    await anna.round();
    for (let i = 0; i < 7; i++) {
      await bo.write(SHARED, VISIT, `f${i}`, i);
      server.faults.lose = () => false;
      await bo.round();
    }
    server.lag = 5;
    server.faults.drop = (call) => call.includes("/commits");
    await anna.round();
    expect(calls("GET /streams")).toHaveLength(1);
    server.faults.drop = () => false;
    await bo.write(SHARED, VISIT, "persons", 3);
    await bo.round();
    await settle(anna);
    expect(stateOfCell(anna, SHARED, VISIT, "persons")).toBe("received");
    expect(anna.values(SHARED, VISIT, "persons")).toEqual([3]);
    expect(anna.memory.unplaced()).toEqual([]);
    const asked = server.calls.length;
    await ungreeted(anna);
    expect(server.calls).toHaveLength(asked);
  });
});

describe("a page that does not fit", () => {
  async function withPage(change: (text: string) => string): Promise<void> {
    await settle(bo);
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    const real = server.fetch;
    const changed = async (path: string, init: RequestInit) => {
      const answer = await real(path, init);
      return path.includes("/changes") ? new Response(change(await answer.text())) : answer;
    };
    const tablet = await openTablet(
      Object.assign(Object.create(server) as TestServer, { fetch: changed }),
      "bo",
      bo.tablet.db.name,
    );
    await tablet.round();
    expect(calls("GET /streams")).toHaveLength(1);
    expectSame(SHARED, tablet);
  }

  it("with a gap is not applied: the snapshot is taken", () =>
    withPage((t) => t.replaceAll('\\"seq\\":1', '\\"seq\\":2')));
  it("with another chain is not applied", () => withPage((t) => t.replace(/"chain":"sha256:../, '"chain":"sha256:zz')));
  it("with another body is not applied", () => withPage((t) => t.replace("INNE", "KLAR")));
  it("with a change left out of the header's hash is not applied", () =>
    withPage((t) => t.replace('\\"off\\":', '\\"off\\":1')));
});

describe("a snapshot that was spoiled on its way", () => {
  const spoilt: [string, (text: string) => string][] = [
    ["in a value", (t) => t.replace("INNE", "KLAR")],
    ["in a line left out", (t) => t.slice(t.indexOf("\n") + 1)],
    ["in a line cut short", (t) => t.slice(0, 200)],
    ["in its last line left out", (t) => t.slice(0, t.lastIndexOf("\n", t.length - 2) + 1)],
    ["in where it ends", (t) => t.replace(/"seq":\d+/, '"seq":99')],
    ["in its chain", (t) => t.replace(/"chain":"sha256:./, '"chain":"sha256:x')],
    ["in the digest left out", (t) => t.replace(/,"digest":"[^"]*"/, "")],
    ["altogether", () => ""],
  ];
  it.each(spoilt)("%s is thrown away and asked for again", async (_, change) => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.write(SHARED, "visit_other", "status", "KLART");
    await settle(anna);
    const real = server.fetch;
    let spoils = 1;
    const changed = async (path: string, init: RequestInit) => {
      const answer = await real(path, init);
      return path.includes("/snapshot") && spoils-- > 0 ? new Response(change(await answer.text())) : answer;
    };
    const tablet = await openTablet(
      Object.assign(Object.create(server) as TestServer, { fetch: changed }),
      "bo",
      bo.tablet.db.name,
    );
    await tablet.round();
    expect(spoils).toBeLessThanOrEqual(0);
    expect(tablet.memory.replica(SHARED).size).toBe(0);
    await tablet.round();
    expectSame(SHARED, tablet);
  });
});

describe("an answer cut short", () => {
  it("is no answer: nothing is applied, and the next one is whole", async () => {
    await settle(bo);
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    const real = server.fetch;
    let cuts = 1;
    const cut = async (path: string, init: RequestInit) => {
      const answer = await real(path, init);
      if (!path.includes("/changes") || cuts-- <= 0) return answer;
      return new Response((await answer.text()).slice(0, 300));
    };
    const tablet = await openTablet(
      Object.assign(Object.create(server) as TestServer, { fetch: cut }),
      "bo",
      bo.tablet.db.name,
    );
    await tablet.round();
    expect(tablet.values(SHARED, VISIT, "status")).toEqual([]);
    await tablet.round();
    expect(tablet.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expectSame(SHARED, tablet);
  });
});

describe("two windows", () => {
  it("that sync at once, without a lock to keep them apart, apply every page once", async () => {
    vi.stubGlobal("navigator", {});
    const other = await openTablet(server, "bo", bo.tablet.db.name);
    await settle(bo);
    for (let i = 0; i < 6; i++) {
      await anna.write(SHARED, VISIT, "persons", i);
      await anna.round();
      await bo.write(POL, NOTE, "text", `n${i}`);
      await Promise.all([bo.round(), other.round()]);
    }
    await settle(anna, bo, other);
    expectSame(SHARED, anna, bo, other);
    expectSame(POL, anna, bo, other);
    expect(server.stream(POL).world[NOTE]?.text?.map((h) => h[1])).toEqual(["n5"]);
    expect(bo.memory.actors.size).toBe(1);
  });
});

describe("what is shown", () => {
  it("never loses an own change between acknowledgement and page", async () => {
    server.faults.drop = (call) => call.startsWith("GET /changes") || call.startsWith("GET /streams");
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.round();
    expect(stateOfCell(anna, SHARED, VISIT, "status")).toBe("received");
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    server.faults.drop = () => false;
    await anna.round();
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
  });

  it("keeps the same object for what did not change", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.write(SHARED, "visit_other", "status", "INNE");
    await settle(anna);
    const other = anna.memory.view(SHARED, "visit_other");
    await anna.write(SHARED, VISIT, "status", "KLART");
    expect(anna.memory.view(SHARED, "visit_other")).toBe(other);
    expect(anna.memory.list(SHARED, "visit").map((e) => e.id)).toEqual([VISIT, "visit_other"]);
  });
});

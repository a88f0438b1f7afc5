import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import type { HeldAnswer } from "./protocol";
import { expectReplicas, openPair, settle, stateOfCell, type TestTablet } from "./testing";
import { OP, POL, SHARED, type TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
let server: TestServer;
let anna: TestTablet;
let bo: TestTablet;

beforeEach(async () => {
  ({ server, anna, bo } = await openPair());
});

const hold = (field: string) => {
  server.faults.judge = ({ f }) => (f === field ? { verdict: "held", code: "unknown_field" } : null);
};

/** What the server has for a user to decide. */
async function heldFor(tablet: TestTablet): Promise<HeldAnswer["held"]> {
  return (await tablet.engine.sync.api.held()).held;
}

async function decide(tablet: TestTablet, admit: boolean, reason: string): Promise<void> {
  for (const item of await heldFor(tablet)) {
    const v = { commit: item.commit, admit, reason };
    await tablet.write(item.stream, `admission_${item.change.id}`, "verdict", v);
  }
  await tablet.round();
}

async function heldTeam(): Promise<void> {
  hold("team");
  await anna.write(SHARED, VISIT, "team", "L1");
  await anna.write(SHARED, VISIT, "status", "INNE");
  await settle(anna, bo);
  server.faults.judge = () => null;
}

const decisions = async ({ tablet }: TestTablet) =>
  (await tablet.db.getAll("commits")).flatMap((row) => Object.values(row.decided ?? {}));

const expectSame = (...tablets: TestTablet[]) => expectReplicas(server, [SHARED, POL], tablets);

describe("a held change that is admitted", () => {
  it("comes to everybody by an entry of the same commit, and is held no more", async () => {
    await heldTeam();
    expect(stateOfCell(anna, SHARED, VISIT, "team")).toBe("held");
    await decide(bo, true, "asked her");
    await settle(bo, anna);
    expect(server.stream(SHARED).log.at(-1)?.r).toContain('"only":["');
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(stateOfCell(anna, SHARED, VISIT, "team")).toBe("received");
    expect(await decisions(anna)).toMatchObject([{ verdict: "admitted", reason: "asked her", f: "team" }]);
    expectSame(anna, bo);
  });

  it("is never off its author's screen on the way, whichever of hello and page comes first", async () => {
    await heldTeam();
    await decide(bo, true, "ok");
    server.faults.drop = (call) => call.startsWith("GET /changes");
    await anna.round();
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    server.faults.drop = (call) => call === "GET /hello";
    anna.engine.sync.state.lastHello = anna.clock.now;
    await anna.engine.round("poke");
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(
      anna.memory
        .replica(SHARED)
        .get(VISIT)
        ?.team?.map((h) => h[1]),
    ).toEqual(["L1"]);
  });

  it("that its author has replaced meanwhile drops nothing and adds nothing", async () => {
    await heldTeam();
    await anna.write(SHARED, VISIT, "team", "L2");
    await settle(anna, bo);
    await decide(bo, true, "too late");
    await settle(bo, anna);
    expect(server.stream(SHARED).log.at(-1)?.r).toMatch(/"dead":\["/);
    expect([anna.values(SHARED, VISIT, "team"), bo.values(SHARED, VISIT, "team")]).toEqual([["L2"], ["L2"]]);
    expectSame(anna, bo);
  });

  it("and then replaced by somebody else leaves its author's screen too", async () => {
    await heldTeam();
    await decide(bo, true, "ok");
    await bo.round();
    await bo.write(SHARED, VISIT, "team", "L9");
    await settle(bo, anna);
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L9"]);
  });

  it("is known as admitted after a snapshot took the entry's place", async () => {
    await heldTeam();
    await decide(bo, true, "ok");
    const row = await anna.tablet.db.get("replicas", SHARED);
    if (row) await anna.tablet.db.put("replicas", { ...row, reset: true });
    await anna.memory.load(anna.tablet.db);
    await settle(anna);
    await bo.round();
    await bo.write(SHARED, VISIT, "team", "L9");
    await settle(bo, anna);
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L9"]);
  });
});

describe("a held change that is denied", () => {
  it("leaves the screen of its author, who learns why", async () => {
    await heldTeam();
    await decide(bo, false, "not ours");
    await settle(anna, bo);
    expect(anna.values(SHARED, VISIT, "team")).toEqual([]);
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(stateOfCell(anna, SHARED, VISIT, "team")).toBe("rejected");
    expect(await decisions(anna)).toMatchObject([{ verdict: "denied", reason: "not ours", e: VISIT, f: "team" }]);
  });

  it("may be admitted later", async () => {
    await heldTeam();
    const [item] = await heldFor(bo);
    await decide(bo, false, "no");
    await settle(anna, bo);
    const v = { commit: item?.commit ?? "", admit: true, reason: "yes after all" };
    await bo.write(SHARED, `admission_${item?.change.id}`, "verdict", v);
    await settle(bo, anna);
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(await decisions(anna)).toMatchObject([{ verdict: "admitted", reason: "yes after all" }]);
    expectSame(anna, bo);
  });
});

describe("an author without membership", () => {
  beforeEach(async () => {
    await settle(anna, bo);
    server.members.set("anna", { ref: "reader", [SHARED]: "writer" });
    await anna.write(POL, "note_1", "text", "from outside");
    await settle(anna);
  });

  it("learns what was decided all the same, and reads nothing of the stream", async () => {
    await decide(bo, true, "good that you said so");
    await settle(anna);
    expect(await decisions(anna)).toMatchObject([{ verdict: "admitted", e: "note_1", f: "text" }]);
    expect(anna.memory.view(POL, "note_1")).toBeUndefined();
    expect(await anna.tablet.db.count("pieces", IDBKeyRange.bound([POL], [POL, []]))).toBe(0);
  });

  it("lets go of the bytes when a backup has them, and still learns what is decided later", async () => {
    const bytes = async () => (await anna.tablet.db.getAll("commits")).map((row) => row.b).join("");
    await settle(anna);
    expect(await bytes()).toContain("from outside");
    server.makeStable();
    await settle(anna);
    expect(await bytes()).toBe("");
    await decide(bo, true, "ok");
    await settle(anna);
    expect(await decisions(anna)).toMatchObject([{ verdict: "admitted", e: "note_1", f: "text" }]);
  });

  it("who gets it back sees the change once", async () => {
    await decide(bo, true, "ok");
    await settle(anna);
    server.members.set("anna", { ref: "reader", [SHARED]: "writer", [POL]: "writer" });
    await settle(anna, bo);
    expect(anna.values(POL, "note_1", "text")).toEqual(["from outside"]);
    expect(anna.memory.replica(POL).get("note_1")?.text).toHaveLength(1);
  });
});

describe("a backup", () => {
  it("lets a tablet forget a decided change's bytes, and not what was decided", async () => {
    await heldTeam();
    await decide(bo, false, "no");
    await settle(anna, bo);
    server.makeStable();
    await settle(anna);
    const [row] = await anna.tablet.db.getAll("commits");
    expect(row).toMatchObject({ pruned: true, b: "" });
    expect(await decisions(anna)).toMatchObject([{ verdict: "denied", reason: "no", f: "team" }]);
    expect(anna.values(SHARED, VISIT, "team")).toEqual([]);
  });

  it("does not before the replica holds what was admitted", async () => {
    await heldTeam();
    await decide(bo, true, "ok");
    server.makeStable();
    server.faults.drop = (call) => call.startsWith("GET /changes");
    await anna.round();
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect((await anna.tablet.db.getAll("commits"))[0]?.pruned).toBeUndefined();
    server.faults.drop = () => false;
    await settle(anna);
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect((await anna.tablet.db.getAll("commits"))[0]?.pruned).toBe(true);
  });
});

describe("a server restored from before a decision", () => {
  it("gets it again from whoever took it; nobody is told what does not stand", async () => {
    await heldTeam();
    const backup = server.backup();
    await decide(bo, false, "no");
    await settle(anna, bo);
    server.restore(backup);
    await anna.round();
    expect(stateOfCell(anna, SHARED, VISIT, "team")).toBe("held");
    expect(anna.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    await settle(bo, anna);
    expect(anna.values(SHARED, VISIT, "team")).toEqual([]);
    expectSame(anna, bo);
  });

  it("admits a commit that comes after its admission", async () => {
    const backup = server.backup();
    await heldTeam();
    await decide(bo, true, "ok");
    await settle(anna, bo);
    server.restore(backup);
    hold("team");
    await settle(bo, anna, bo, anna);
    expect([anna.values(SHARED, VISIT, "team"), bo.values(SHARED, VISIT, "team")]).toEqual([["L1"], ["L1"]]);
    expectSame(anna, bo);
  });
});

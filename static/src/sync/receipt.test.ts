import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import type { PushResult } from "./protocol";
import { expectReplicas, openPair, openTablet, settle, stateOfCell, type TestTablet } from "./testing";
import { OP, POL, SHARED, type TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
let server: TestServer;
let anna: TestTablet;
let bo: TestTablet;

beforeEach(async () => {
  ({ server, anna, bo } = await openPair());
});

const logOf = (stream: string) => server.stream(stream).log.length;
const state = (tablet: TestTablet, field: string) => stateOfCell(tablet, SHARED, VISIT, field);

const expectSame = (...tablets: TestTablet[]) => expectReplicas(server, [SHARED, POL], tablets);

describe("an acknowledgement", () => {
  it("that is lost changes nothing: the commit is repeated and has one effect", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    server.faults.lose = (call) => call === "POST /commits";
    await anna.round();
    expect(logOf(SHARED)).toBe(1);
    expect(state(anna, "status")).toBe("local");
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    await anna.write(SHARED, VISIT, "status", "KLART");
    server.faults.lose = () => false;
    await settle(anna, bo);
    expect(state(anna, "status")).toBe("received");
    expect(logOf(SHARED)).toBe(2);
    expect(bo.values(SHARED, VISIT, "status")).toEqual(["KLART"]);
    expectSame(anna, bo);
  });

  it("without a receipt that verifies does not count", async () => {
    server.faults.forgeReceipt = true;
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.round();
    expect(anna.problem()).toBe("receipt");
    expect(state(anna, "status")).toBe("local");
    server.faults.forgeReceipt = false;
    await settle(anna);
    expect(state(anna, "status")).toBe("received");
    expect(logOf(SHARED)).toBe(1);
  });

  it.each([
    ["another seq", (r: PushResult) => ({ ...r, seq: 77 })],
    ["another time", (r: PushResult) => ({ ...r, received: 1 })],
    ["no fork", (r: PushResult) => ({ ...r, forked: !r.forked })],
    ["another verdict", (r: PushResult) => ({ ...r, changes: {} })],
    ["a verdict too many", (r: PushResult) => ({ ...r, changes: { ...r.changes, x: { verdict: "held" as const } } })],
  ])("that says %s than its receipt does not count", async (_, misreport) => {
    server.faults.judge = ({ f }) => (f === "team" ? { verdict: "held", code: "unknown_field" } : null);
    server.faults.misreport = misreport;
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.write(SHARED, VISIT, "team", "L1");
    await anna.round();
    expect(anna.problem()).toBe("receipt");
    expect([state(anna, "status"), state(anna, "team")]).toEqual(["local", "local"]);
    server.faults.misreport = (result) => result;
    await settle(anna);
    expect([state(anna, "status"), state(anna, "team")]).toEqual(["received", "held"]);
    expect(logOf(SHARED)).toBe(1);
  });

  it("is kept once for all commits of its request, and let go with the last of them", async () => {
    for (const stream of [SHARED, POL]) await anna.write(stream, VISIT, "status", "INNE");
    await settle(anna);
    const receipts = async () => (await anna.tablet.db.getAllKeys("meta")).filter((key) => key.startsWith("receipt:"));
    expect(await receipts()).toHaveLength(1);
    expect(new Set((await anna.tablet.db.getAll("commits")).map((row) => row.receipt)).size).toBe(1);
    server.makeStable();
    await settle(anna);
    expect(await receipts()).toEqual([]);
  });

  it("goes with a commit that is sent again, which keeps the time it was first received", async () => {
    const backup = server.backup();
    server.now = () => 5_000;
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    expect(server.pushes[0]).not.toContain('"r":');
    server.now = () => 9_000;
    server.restore(backup);
    await settle(anna, bo);
    expect(server.pushes.at(-1)).toContain('"r":"');
    expect(
      bo.memory
        .replica(SHARED)
        .get(VISIT)
        ?.status?.map((h) => h[4]),
    ).toEqual([5_000]);
    expect([...server.state.custody.values()].map(({ result }) => result.received)).toEqual([5_000]);
  });

  it("by another server than the one of the first hello does not count", async () => {
    await settle(anna);
    server.changeKey();
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.round();
    expect(state(anna, "status")).toBe("local");
    expect(anna.problem()).toBe("receipt");
  });

  it("survives the app being closed", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    const again = await openTablet(server, "anna", anna.tablet.db.name);
    expect(state(again, "status")).toBe("received");
    expect(again.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    await again.round();
    expect(server.calls.filter((c) => c === "POST /commits")).toHaveLength(1);
  });
});

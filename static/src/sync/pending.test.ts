import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { pendingCounts, pendingHeader, pendingOf } from "./pending";
import { openTablet, settle, type TestTablet } from "./testing";
import { OP, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
let server: TestServer;
let anna: TestTablet;

beforeEach(async () => {
  server = new TestServer();
  server.members.set("anna", { [SHARED]: "writer" });
  anna = await openTablet(server, "anna");
  await settle(anna);
});

const counts = () => pendingCounts(pendingOf(anna.memory));

describe("what a tablet says it still holds", () => {
  it("is what the server has not judged, recorded or sealed, until it has, and again when it has lost it", async () => {
    server.faults.drop = (call) => call === "POST /commits";
    await anna.write(SHARED, VISIT, "status", "INNE");
    expect(counts()).toBe("changes=1;blobs=0");
    await anna.round();
    anna.clock.now += 10_000;
    await anna.write(SHARED, VISIT, "persons", 3);
    expect(counts()).toBe("changes=2;blobs=0");
    const first = Math.min(...[...anna.memory.own.all()].map((o) => o.change.at));
    expect(pendingHeader(pendingOf(anna.memory), first + 60_000, 5)).toBe("changes=2;blobs=0;oldest=60;free=5");
    await anna.memory.load(anna.tablet.db);
    expect(counts()).toBe("changes=2;blobs=0");
    server.faults.drop = () => false;
    await settle(anna);
    expect(counts()).toBe("changes=0;blobs=0");
    expect(pendingHeader(pendingOf(anna.memory), 0, null)).toBe("changes=0;blobs=0");
  });

  it("does not hold what took the place of an earlier tap twice", async () => {
    await anna.write(SHARED, VISIT, "persons", 1);
    await anna.write(SHARED, VISIT, "persons", 2);
    expect(counts()).toBe("changes=1;blobs=0");
  });

  it("is told with every request without a look at all that was ever recorded here", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    const all = vi.spyOn(anna.memory.own, "all");
    await anna.engine.sync.api.hello();
    expect(all).not.toHaveBeenCalled();
  });
});

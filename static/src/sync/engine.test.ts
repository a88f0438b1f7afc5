import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withLock } from "../store/lock";
import { loosely } from "../store/transaction";
import { createEngine } from "./engine";
import { STEAL_AFTER_MS, withSyncLock } from "./lock";
import { openTablet, type TestTablet } from "./testing";
import { OP, POL, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
let server: TestServer;
let anna: TestTablet;

beforeEach(async () => {
  server = new TestServer();
  for (const user of ["anna", "bo"]) server.members.set(user, { [SHARED]: "writer", [POL]: "writer" });
  anna = await openTablet(server, "anna");
});
afterEach(() => {
  anna.engine.stop();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const count = (call: string) => server.calls.filter((c) => c.startsWith(call)).length;
const idle = async () => {
  await vi.waitFor(() => expect(anna.engine.sync.state.syncing).toBe(false));
};

describe("the engine", () => {
  it("sends soon after a save, and taps in a row together", async () => {
    anna.engine.start();
    await vi.waitFor(() => expect(count("GET /hello")).toBe(1));
    await idle();
    for (let i = 0; i < 5; i++) {
      await anna.write(SHARED, VISIT, `f${i}`, i);
      anna.engine.wake("save");
    }
    await vi.waitFor(() => expect(server.stream(SHARED).log).toHaveLength(1));
    expect(count("POST /commits")).toBe(1);
    expect(count("GET /hello")).toBeLessThanOrEqual(2);
  });

  it("pulls when it is poked, and tells whoever else listens", async () => {
    const bo = await openTablet(server, "bo");
    await anna.round();
    await bo.write(SHARED, VISIT, "status", "INNE");
    await bo.round();
    const pokes = [`{"stream":"${SHARED}","head":1}`, '{"stream":"devices","head":0}'];
    const heard: string[] = [];
    const engine = createEngine(anna.tablet, { fetch: withPokes(server, pokes) });
    engine.onPoke(({ stream }) => heard.push(stream));
    engine.sync.state.lastHello = anna.clock.now;
    engine.start();
    await vi.waitFor(() => expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]));
    engine.stop();
    expect(heard).toEqual([SHARED, "devices"]);
  });

  it("tries again after a second, then ever later, and at once when a person asks", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let tries = 0;
    server.faults.drop = (call) => {
      if (call === "POST /actors") tries += 1;
      return true;
    };
    anna.engine.start();
    await vi.waitFor(() => expect(tries).toBe(1));
    for (let i = 0; i < 100; i++) await vi.advanceTimersByTimeAsync(100);
    // After 1, 2 and 4 s less a quarter at most of jitter: three or four more in ten seconds, not a hundred.
    expect(tries).toBeGreaterThanOrEqual(4);
    expect(tries).toBeLessThanOrEqual(6);
    const before = tries;
    await anna.engine.round("person");
    expect(tries).toBe(before + 1);
    expect(anna.problem()).toBeNull();
  });

  it("does what is asked for during a round right after it", async () => {
    const first = anna.engine.round("start");
    await anna.write(SHARED, VISIT, "status", "INNE");
    await Promise.all([first, anna.engine.round("person"), anna.engine.round("person")]);
    expect(server.stream(SHARED).log).toHaveLength(1);
    expect(count("GET /hello")).toBe(2);
  });

  it("without anybody enrolled asks nothing", async () => {
    anna.memory.session = null;
    await anna.round();
    expect(server.calls).toEqual([]);
  });
});

/** The server with these pokes in its events. */
function withPokes(on: TestServer, pokes: readonly string[]): TestServer["fetch"] {
  const events = pokes.map((poke) => `data: ${poke}\n\n`).join("");
  return async (path, init) => (path.endsWith("/events") ? new Response(events) : on.fetch(path, init));
}

describe("the sync lock", () => {
  type Run = (lock: unknown) => Promise<boolean>;

  /** Web Locks where another tab holds the lock. */
  function heldElsewhere() {
    const stolen: string[] = [];
    const request = async (name: string, options: { steal?: boolean }, run: Run) => {
      if (options.steal) stolen.push(name);
      return run(options.steal ? {} : null);
    };
    vi.stubGlobal("navigator", { locks: { request } });
    return stolen;
  }
  const beat = (at: number) => loosely(anna.tablet.db, ["meta"], (tx) => tx.objectStore("meta").put(at, "heartbeat"));

  it("is left to a tab that is awake", async () => {
    const stolen = heldElsewhere();
    await beat(anna.clock.now - 1_000);
    expect(await withSyncLock(anna.tablet, () => Promise.reject(new Error("not ours")))).toBe(false);
    expect(stolen).toEqual([]);
  });

  it("is taken from a tab that has frozen", async () => {
    const stolen = heldElsewhere();
    await beat(anna.clock.now - STEAL_AFTER_MS - 1);
    let worked = false;
    const work = async () => {
      worked = true;
    };
    expect(await withSyncLock(anna.tablet, work)).toBe(true);
    expect([worked, stolen]).toEqual([true, [`${anna.tablet.db.name}-sync`]]);
  });

  it("for short work is not waited for when a frozen tab keeps it", async () => {
    const request = (_: string, { signal }: { signal: AbortSignal }) =>
      new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(signal.reason)));
    vi.stubGlobal("navigator", { locks: { request } });
    expect(await withLock("seal", async () => 7, 10)).toBe(7);
  });

  it("that was taken away ends the round quietly", async () => {
    const request = () => Promise.reject(new DOMException("stolen", "AbortError"));
    vi.stubGlobal("navigator", { locks: { request } });
    await beat(anna.clock.now);
    expect(await withSyncLock(anna.tablet, async () => undefined)).toBe(false);
  });
});

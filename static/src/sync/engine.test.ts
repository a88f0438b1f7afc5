import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { withLock } from "../store/lock";
import { loosely } from "../store/transaction";
import { createEngine } from "./engine";
import { STEAL_AFTER_MS, withSyncLock } from "./lock";
import type { Poke } from "./protocol";
import { openTablet, overtakenClone, settle, type TestTablet } from "./testing";
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

  it("looks again once it listens: what moved between its hello and that nobody tells it", async () => {
    const bo = await openTablet(server, "bo");
    await bo.write(SHARED, VISIT, "status", "INNE");
    const line = new EventLine();
    const engine = createEngine(anna.tablet, { fetch: line.over(server) });
    engine.start();
    await vi.waitFor(() => expect(count("GET /hello")).toBe(1));
    await vi.waitFor(() => expect(engine.sync.state.syncing).toBe(false));
    await bo.round();
    line.open();
    await vi.waitFor(() => expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]));
    engine.stop();
  });

  it("looks again when it listened while its hello was under way", async () => {
    const bo = await openTablet(server, "bo");
    await anna.round();
    await bo.write(SHARED, VISIT, "status", "INNE");
    const line = new EventLine();
    const fetch: TestServer["fetch"] = async (path, init) => {
      const answer = await line.over(server)(path, init);
      if (path.endsWith("/hello") && !line.isOpen) {
        await bo.round();
        line.open();
        await vi.waitFor(() => expect(engine.sync.state.lastContact).toBe(anna.clock.now));
      }
      return answer;
    };
    const engine = createEngine(anna.tablet, { fetch });
    anna.clock.now += 1;
    engine.start();
    await vi.waitFor(() => expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]));
    engine.stop();
  });

  it("sends again, once it listens, what no number tells of: a fork that was held whole", async () => {
    const clone = await overtakenClone(server, anna, VISIT);
    server.faults.judge = (change) => (change.f === "persons" ? { verdict: "held", code: "no_authority" } : null);
    const before = server.backup();
    await clone.write(SHARED, VISIT, "persons", 7);
    await settle(clone);
    // The key that took the fork's place is known here: nothing else shows that the server went back.
    server.state = { ...before, actors: server.state.actors };
    await settle(clone);
    const isKept = () => [...server.state.custody.values()].some(({ line }) => line.b.includes("persons"));
    expect(isKept()).toBe(false);
    const line = new EventLine();
    line.open();
    const engine = createEngine(clone.tablet, { fetch: line.over(server) });
    engine.start();
    await vi.waitFor(() => expect(isKept()).toBe(true));
    engine.stop();
  });

  it("misses nothing that came while a snapshot replaced what a restored server has lost", async () => {
    const bo = await openTablet(server, "bo");
    await bo.write(SHARED, VISIT, "status", "INNE");
    await bo.round();
    const backup = server.backup();
    server.members.set("cia", { [SHARED]: "writer" });
    const cia = await openTablet(server, "cia"); // never heard of again
    for (let i = 1; i <= 4; i++) {
      await cia.write(SHARED, VISIT, "persons", i);
      await cia.round();
    }
    await anna.round();
    server.calls.length = 0;
    const line = new EventLine();
    let snapshots = 0;
    const fetch: TestServer["fetch"] = async (path, init) => {
      const answer = await line.over(server)(path, init);
      if (path.includes("/streams/") && path.includes("shared") && ++snapshots === 1) {
        // Its poke names a head below the cursor of the replica that is being replaced.
        await bo.round();
        line.poke({ stream: SHARED, head: server.stream(SHARED).head });
      }
      return answer;
    };
    const engine = createEngine(anna.tablet, { fetch });
    line.open();
    engine.start();
    await vi.waitFor(() => expect(count("GET /hello")).toBe(1));
    await vi.waitFor(() => expect(engine.sync.state.syncing).toBe(false));
    server.restore(backup);
    await bo.write(SHARED, VISIT, "notice", true);
    await engine.round("timer");
    await vi.waitFor(() => expect(anna.values(SHARED, VISIT, "notice")).toEqual([true]));
    engine.stop();
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

  it("tries every 15 s at the latest while something waits and somebody looks, else every minute", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    await anna.round();
    const tried: number[] = [];
    let time = 0;
    server.faults.drop = (call) => {
      if (call === "GET /hello") tried.push(time);
      return true;
    };
    const gaps = async (): Promise<number> => {
      anna.engine.start();
      for (let i = 0; i < 300; i++) {
        time += 1;
        await vi.advanceTimersByTimeAsync(1_000);
        // A round takes no time by this clock, however long it takes by the other.
        while (anna.engine.sync.state.syncing) await new Promise((resolve) => setImmediate(resolve));
      }
      anna.engine.stop();
      return Math.max(...tried.slice(1).map((t, i) => t - (tried[i] ?? 0)));
    };
    expect(await gaps()).toBeGreaterThan(40);
    await anna.write(SHARED, VISIT, "status", "INNE");
    tried.length = 0;
    expect(await gaps()).toBeLessThanOrEqual(16);
    expect(tried.length).toBeLessThan(32);
    vi.stubGlobal("document", { visibilityState: "hidden" });
    tried.length = 0;
    expect(await gaps()).toBeGreaterThan(40);
  }, 20_000);

  it("tries at once when the line is back, and not before the server has asked to be left alone", async () => {
    await anna.round();
    anna.engine.start();
    await idle();
    const before = count("GET /hello");
    anna.engine.wake("online");
    await vi.waitFor(() => expect(count("GET /hello")).toBeGreaterThan(before));
    await idle();
    anna.engine.stop();
    let asked = 0;
    const headers = { "Content-Type": "application/problem+json", "Retry-After": "30" };
    const refusal = () => new Response('{"type":"urn:insats:unavailable"}', { status: 503, headers });
    const fetch: TestServer["fetch"] = async (path) =>
      path.endsWith("/hello") && ++asked ? refusal() : new Promise(() => {});
    const engine = createEngine(anna.tablet, { fetch });
    engine.start();
    await vi.waitFor(() => expect(asked).toBe(1));
    for (let i = 0; i < 5; i++) engine.wake("online");
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(asked).toBe(1);
    await engine.round("person");
    expect(asked).toBe(2);
    engine.stop();
  });

  it("needs three round trips to be level again: hello, commits, changes", async () => {
    const bo = await openTablet(server, "bo");
    await anna.round();
    server.faults.down = true;
    for (let i = 0; i < 60; i++) {
      await anna.write(i % 2 ? SHARED : POL, VISIT, `f${i}`, i);
      anna.clock.now += 3_000;
      if (i % 10 === 0) await anna.round();
    }
    server.faults.down = false;
    await bo.write(SHARED, VISIT, "status", "INNE");
    await bo.round();
    server.faults.down = true;
    await anna.round();
    server.faults.down = false;
    server.pageEntries = 100;
    server.calls.length = 0;
    await anna.engine.round("online");
    expect(server.calls.map((call) => call.replace(/\?.*/, ""))).toEqual([
      "GET /hello",
      "POST /commits",
      "GET /changes",
    ]);
    expect(server.pending.at(-1)).toBe("changes=0;blobs=0");
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(anna.values(POL, VISIT, "f58")).toEqual([58]);
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

/** An event stream that opens, and tells, when a test says so; it stays open. */
class EventLine {
  readonly #pokes = new TransformStream<Uint8Array>();
  readonly #writer = this.#pokes.writable.getWriter();
  #opened: () => void = () => undefined;
  readonly #isOpened = new Promise<void>((resolve) => {
    this.#opened = resolve;
  });
  isOpen = false;

  over(on: TestServer): TestServer["fetch"] {
    return async (path, init) => {
      if (!path.endsWith("/events")) return on.fetch(path, init);
      await this.#isOpened;
      return new Response(this.#pokes.readable);
    };
  }

  open(): void {
    this.isOpen = true;
    this.#opened();
    void this.#writer.write(new TextEncoder().encode(": hello\n\n"));
  }

  poke(poke: Poke): void {
    void this.#writer.write(new TextEncoder().encode(`data: ${JSON.stringify(poke)}\n\n`));
  }
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

  it("that was taken while this tab was frozen lets it end what it was in, and begin nothing beside it", async () => {
    let steal: (error: unknown) => void = () => undefined;
    const request = (_: string, __: unknown, run: (lock: unknown) => Promise<boolean>) => {
      const robbed = new Promise<never>((_resolve, reject) => {
        steal = reject;
      });
      return Promise.race([run({}), robbed]);
    };
    vi.stubGlobal("navigator", { locks: { request } });
    let finish: () => void = () => undefined;
    const thawing = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let isOver = false;
    const round = withSyncLock(anna.tablet, () => thawing).then((held) => {
      isOver = true;
      return held;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    steal(new DOMException("stolen", "AbortError"));
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(isOver).toBe(false);
    finish();
    expect(await round).toBe(false);
  });

  it("that was taken away ends the round quietly", async () => {
    const request = () => Promise.reject(new DOMException("stolen", "AbortError"));
    vi.stubGlobal("navigator", { locks: { request } });
    await beat(anna.clock.now);
    expect(await withSyncLock(anna.tablet, async () => undefined)).toBe(false);
  });
});

import "fake-indexeddb/auto";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { Disk, type Reader } from "../../simulation/storage";
import { purgeStreams } from "../store/purge";
import { openTablet, settle, type TestTablet } from "./testing";
import { ALK, OP, POL, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
const MEMBER = { ref: "reader", [SHARED]: "writer", [POL]: "writer" };
let names = 0;

afterEach(() => vi.unstubAllGlobals());

/** A server with something in every stream; `anna`, whose disk is never in trouble, writes there. */
async function evening() {
  const server = new TestServer();
  const known = remember(server);
  for (const user of ["anna", "bo"]) server.members.set(user, { ...MEMBER, [ALK]: "writer" });
  const anna = await openTablet(server, "anna");
  for (const stream of [SHARED, POL, ALK]) await entries(anna, stream, 3);
  server.members.set("bo", MEMBER);
  return { server, anna, known };
}

type Evening = Awaited<ReturnType<typeof evening>>;
let written = 0;

async function entries(anna: TestTablet, stream: string, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    await anna.write(stream, VISIT, `f${i % 4}`, written++);
    await anna.write(stream, `note_${i}`, "text", written++);
    await anna.round();
  }
}

/** The page of a tablet that can be killed between any two of its transactions. */
class Page implements Reader {
  isDead = false;
  tablet: TestTablet | null = null;
  constructor(
    readonly disk: Disk,
    readonly server: TestServer,
    readonly name: string,
  ) {}

  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.disk.close(this);
  }

  async open(): Promise<TestTablet> {
    vi.stubGlobal("indexedDB", this.disk.indexedDB(this));
    const fetch: TestServer["fetch"] = async (path, init) => {
      if (this.isDead) throw new TypeError("the page has gone");
      return this.server.fetch(path, init);
    };
    this.tablet = await openTablet({ fetch }, "bo", this.name);
    return this.tablet;
  }
}

/** What happens to a tablet's replicas: they begin, go on, are taken away and given again, left behind, doubted. */
const STEPS: readonly ((evening: Evening, bo: TestTablet) => Promise<void>)[] = [
  (_, bo) => bo.round(),
  async ({ anna }, bo) => {
    await entries(anna, SHARED, 3);
    await bo.write(POL, "note_bo", "text", "planted");
    await bo.round();
  },
  async ({ server }, bo) => {
    server.members.set("bo", { ref: "reader", [SHARED]: "writer" });
    await bo.round();
    server.members.set("bo", { ...MEMBER, [ALK]: "writer" });
    await bo.round();
  },
  async ({ server, anna }, bo) => {
    await entries(anna, SHARED, 4);
    server.lag = 2;
    await bo.round();
    server.lag = 1_000;
  },
  async ({ server, anna }, bo) => {
    const backup = server.backup();
    await entries(anna, POL, 2);
    await bo.round();
    server.restore(backup);
    await anna.round();
    await bo.round();
  },
];

/** Plays until it is over or the page is dead; false where it was killed. */
async function play(night: Evening, page: Page): Promise<boolean> {
  const bo = await page.open().catch(() => null);
  for (const step of bo ? STEPS : []) if (!page.isDead && bo) await step(night, bo).catch(() => undefined);
  return !page.isDead;
}

/** What the server had at each place of a stream, by the chain there: an old place of a restored server included. */
function remember(server: TestServer): ReadonlyMap<string, string> {
  const known = new Map<string, string>();
  const { fetch } = server;
  const noting: TestServer["fetch"] = async (path, init) => {
    const answer = await fetch(path, init);
    for (const [name, { chain, world }] of server.state.streams)
      known.set(`${name} ${chain}`, JSON.stringify(sorted(world)));
    return answer;
  };
  Object.assign(server, { fetch: noting });
  return known;
}

function sorted(world: Readonly<Record<string, unknown>>): unknown {
  return Object.entries(world).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Every replica is what the server had at the place where it says it stands, also before anything is asked of the server. */
function expectTrue({ memory }: TestTablet, known: ReadonlyMap<string, string>): void {
  for (const { stream, cursor, chain } of memory.streams.values()) {
    const here = JSON.stringify(sorted(Object.fromEntries(memory.replica(stream))));
    if (cursor === 0) expect(memory.replica(stream).size).toBe(0);
    else expect([stream, cursor, here]).toEqual([stream, cursor, known.get(`${stream} ${chain}`)]);
  }
}

async function killedAfter(transactions: number, powerCut: number | null): Promise<boolean> {
  vi.stubGlobal("indexedDB", new Disk().factory);
  const night = await evening();
  const { known } = night;
  const [disk, name] = [new Disk(), `killed-${++names}`];
  disk.killAfter = transactions;
  const page = new Page(disk, night.server, name);
  const isOver = await play(night, page);
  const shown = page.tablet?.memory;
  page.kill();
  disk.killAfter = Number.POSITIVE_INFINITY;
  if (powerCut !== null) disk.powerCut(powerCut);

  const again = new Page(disk, night.server, name);
  const bo = await again.open();
  expectTrue(bo, known);
  // What was on the screen is there again; only a power cut may take what the server has.
  if (powerCut === null && shown)
    for (const [stream, { cursor }] of shown.streams)
      if (cursor > 0 && bo.memory.streams.has(stream))
        expect(bo.memory.streams.get(stream)?.cursor).toBeGreaterThanOrEqual(cursor);
  night.server.lag = 1_000;
  night.server.members.set("bo", { ...MEMBER, [ALK]: "writer" });
  await settle(night.anna, bo, night.anna, bo);
  expect(bo.problem()).toBeNull();
  for (const stream of [SHARED, POL, ALK])
    expect(Object.fromEntries(bo.memory.replica(stream))).toEqual(night.server.stream(stream).world);
  again.kill();
  return isOver;
}

describe("a tablet that is killed while it takes its replicas", () => {
  // What a dead page was waiting for fails, and nobody is left there to hear of it.
  const heard = process.listeners("unhandledRejection");
  const unheard: NodeJS.UnhandledRejectionListener = (error, promise) => {
    const isOfDead = error instanceof DOMException && ["AbortError", "InvalidStateError"].includes(error.name);
    if (!isOfDead) for (const listener of heard) listener(error, promise);
  };
  beforeAll(() => {
    process.removeAllListeners("unhandledRejection").on("unhandledRejection", unheard);
  });
  afterAll(async () => {
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.removeAllListeners("unhandledRejection");
    for (const listener of heard) process.on("unhandledRejection", listener);
  });

  it.each([
    ["and started again", null, 1],
    ["by a power cut that takes what was not synced", 1, 3],
    ["by a power cut that takes half of it", 0.5, 5],
  ])(
    "%s shows what it says it has, and goes on, wherever that was",
    async (_, powerCut, stride) => {
      let transactions = 0;
      while (!(await killedAfter(transactions, powerCut))) transactions += stride;
      expect(transactions).toBeGreaterThan(60);
    },
    240_000,
  );
});

describe("a replica that is removed while the server's greeting is under way", () => {
  it("is taken anew: a person who enrols then does not begin with a stream that is known and empty", async () => {
    const { server, anna } = await evening();
    const bo = await openTablet(server, "bo");
    await settle(anna, bo);
    const real = server.fetch;
    let purging: Promise<void> | undefined;
    const slow = async (path: string, init: RequestInit) => {
      const answer = await real(path, init);
      if (path.endsWith("/hello")) purging = purgeStreams(again.tablet, [...again.memory.streams.keys()]);
      return answer;
    };
    const name = bo.tablet.db.name;
    bo.tablet.db.close();
    const again = await openTablet({ fetch: slow }, "bo", name);
    await again.round();
    await purging;
    again.tablet.db.close();
    const later = await openTablet(server, "bo", name);
    await settle(later);
    for (const stream of [SHARED, POL])
      expect(Object.fromEntries(later.memory.replica(stream))).toEqual(server.stream(stream).world);
  });
});

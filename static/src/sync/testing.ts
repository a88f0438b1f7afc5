/** Tablets for tests, to sync with a server in memory. */
import { expect } from "vitest";
import { Memory } from "../store/memory";
import { openStore } from "../store/open";
import { stateOf } from "../store/own";
import { createSave, type Save, type Write } from "../store/save";
import type { Tablet } from "../store/tablet";
import { strictly } from "../store/transaction";
import { createActor } from "./actor";
import type { Timeouts } from "./api";
import { createEngine, type Engine } from "./engine";
import { POL, SHARED, TestServer } from "./testServer";

export interface TestTablet {
  readonly tablet: Tablet;
  readonly memory: Memory;
  readonly engine: Engine;
  readonly save: Save;
  /** Records one value on what is shown now. */
  write(stream: string, e: string, f: string, v: Write["v"]): Promise<void>;
  values(stream: string, e: string, f: string): unknown[];
  round(): Promise<void>;
  problem(): string | null;
  clock: { now: number };
}

let names = 0;

/** A tablet enrolled for a user; with `name`, the one of that name as it was left. */
export async function openTablet(
  server: Pick<TestServer, "fetch">,
  user: string,
  name = `tablet-${++names}`,
  timeouts?: Timeouts,
): Promise<TestTablet> {
  const db = await openStore(name);
  const memory = new Memory();
  const clock = { now: Date.now() };
  const lost = () => undefined;
  const tablet: Tablet = { db, memory, now: () => clock.now, announce: () => undefined, lost };
  await memory.load(db);
  const session = {
    user: { id: user, name: user, authority: "POL", role: "INSP" },
    device: { id: name, label: name },
    token: user,
  };
  await strictly(db, ["meta"], (tx) => tx.objectStore("meta").put(session, "session"));
  await memory.loadOwn(db);
  if (![...memory.actors.values()].some((a) => a.user === user && !a.retired)) await createActor(tablet, user);
  const engine = createEngine(tablet, { fetch: server.fetch, ...(timeouts && { timeouts }) });
  const save = createSave(tablet);
  return {
    tablet,
    memory,
    engine,
    save,
    clock,
    write: (stream, e, f, v) =>
      save(() => ({ writes: [{ stream, e, f, v, seen: [...(memory.view(stream, e)?.cells[f] ?? [])] }] })),
    values: (stream, e, f) => (memory.view(stream, e)?.cells[f] ?? []).map((h) => h[1]),
    round: () => engine.round("person"),
    problem: () => engine.sync.state.problem,
  };
}

/** A server and the tablets of two who write in the shared and in the same own stream. */
export async function openPair(): Promise<{ server: TestServer; anna: TestTablet; bo: TestTablet }> {
  const server = new TestServer();
  for (const user of ["anna", "bo"]) server.members.set(user, { ref: "reader", [SHARED]: "writer", [POL]: "writer" });
  return { server, anna: await openTablet(server, "anna"), bo: await openTablet(server, "bo") };
}

/** Everybody has read all of these streams, and sees what the server has. */
export function expectReplicas(server: TestServer, streams: readonly string[], tablets: readonly TestTablet[]): void {
  for (const { memory } of tablets)
    for (const stream of streams) {
      expect(Object.fromEntries(memory.replica(stream))).toEqual(server.stream(stream).world);
      const { head: cursor, chain } = server.stream(stream);
      expect(memory.streams.get(stream)).toMatchObject({ cursor, chain });
    }
}

/** A tablet whose storage was copied, as a restored device backup does. */
export async function cloneOf(server: TestServer, from: TestTablet, user: string): Promise<TestTablet> {
  const name = `${from.tablet.db.name}-clone-${++names}`;
  const target = await openStore(name);
  for (const store of target.objectStoreNames) {
    const keys = await from.tablet.db.getAllKeys(store);
    const values = await from.tablet.db.getAll(store);
    const isInline = target.transaction(store).store.keyPath !== null;
    for (const [i, value] of values.entries()) await target.put(store, value, isInline ? undefined : keys[i]);
  }
  target.close();
  return openTablet(server, user, name);
}

/** A copy of anna's tablet; she has gone on since and been heard, so that whatever the copy seals next is a fork. */
export async function overtakenClone(server: TestServer, anna: TestTablet, visit: string): Promise<TestTablet> {
  await anna.write(SHARED, visit, "status", "INNE");
  await settle(anna);
  const clone = await cloneOf(server, anna, "anna");
  await anna.write(SHARED, visit, "team", "L1");
  await settle(anna);
  return clone;
}

/** How far the newest own change of a cell has come. */
export function stateOfCell({ memory }: TestTablet, stream: string, e: string, f: string): string | undefined {
  const own = memory.own.latest(stream, e, f);
  return own && stateOf(own, (row) => memory.isBackedUp(row));
}

/** Until nothing moves any more. */
export async function settle(...tablets: readonly TestTablet[]): Promise<void> {
  for (let i = 0; i < 3; i++) for (const tablet of tablets) await tablet.round();
}

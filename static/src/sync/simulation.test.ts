import "fake-indexeddb/auto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readBody } from "../domain/commit";
import type { Cells } from "../domain/merge";
import { cloneOf, openTablet, settle, type TestTablet } from "./testing";
import { OP, POL, SHARED, TestServer } from "./testServer";

/** What may happen in an evening, in any order. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ do: fc.constant("write" as const), who: fc.nat(2), cell: fc.nat(3), v: fc.nat(4) }),
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("round" as const), who: fc.nat(2) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant("fault" as const),
      kind: fc.constantFrom("drop", "lose", "twice", "none", "slow-pull"),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("reopen" as const), who: fc.nat(2) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("hold" as const), cell: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("decide" as const), who: fc.nat(2), admit: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clone" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("backup" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface World {
  readonly server: TestServer;
  readonly tablets: TestTablet[];
  readonly ids: Set<string>;
  backup: ReturnType<TestServer["backup"]> | null;
  requests: number;
  /** The field that the server holds at the moment, if any. */
  held: string;
}

async function begin(): Promise<World> {
  const server = new TestServer();
  for (const user of ["anna", "bo", "carl"]) server.members.set(user, { [SHARED]: "writer", [POL]: "writer" });
  const tablets = [await openTablet(server, "anna"), await openTablet(server, "bo"), await openTablet(server, "carl")];
  return { server, tablets, ids: new Set(), backup: null, requests: 0, held: "" };
}

function setFault(world: World, kind: string): void {
  const { faults } = world.server;
  const every = (n: number) => () => world.requests++ % n === 0;
  faults.drop =
    kind === "drop" ? every(2) : kind === "slow-pull" ? (call) => call.startsWith("GET /changes") : () => false;
  faults.lose = kind === "lose" ? every(2) : () => false;
  faults.twice = kind === "twice";
}

/** Another field of this kind is unknown to the server now; the same one again: it knows all. */
function setHeld(world: World, field: string): void {
  world.held = world.held === field ? "" : field;
  world.server.faults.judge = ({ f }) => (f === world.held ? { verdict: "held", code: "unknown_field" } : null);
}

async function decide({ engine, write }: TestTablet, admit: boolean): Promise<void> {
  const answer = await engine.sync.api.held().catch(() => null);
  for (const { stream, commit, change } of answer?.held ?? [])
    await write(stream, `admission_${change.id}`, "verdict", { commit, admit, reason: "" });
}

async function play(world: World, s: Step): Promise<void> {
  const { server, tablets } = world;
  const tablet = tablets["who" in s ? s.who % tablets.length : 0] as TestTablet;
  if (s.do === "write") await tablet.write(s.cell % 2 ? SHARED : POL, `visit_${OP}`, `f${s.cell}`, s.v);
  else if (s.do === "round") await tablet.round();
  else if (s.do === "fault") setFault(world, s.kind);
  else if (s.do === "hold") setHeld(world, `f${s.cell}`);
  else if (s.do === "decide") await decide(tablet, s.admit);
  else if (s.do === "backup") {
    world.backup = server.backup();
    for (const [key, chain] of server.state.chains) chain.stable = world.backup.chains.get(key)?.n ?? 0;
    for (const chain of world.backup.chains.values()) chain.stable = chain.n;
  } else if (s.do === "restore") world.backup && server.restore(world.backup);
  else if (s.do === "clone" && tablets.length < 5) tablets.push(await cloneOf(server, tablet, "anna"));
  else if (s.do === "reopen")
    tablets[s.who % tablets.length] = await openTablet(
      server,
      tablet.memory.session?.user.id ?? "",
      tablet.tablet.db.name,
    );
}

/** Every change that a tablet has ever sealed (before that, quick ones become one): forgetting one on the way is losing it. */
function note({ tablets, ids }: World): void {
  for (const { memory } of tablets) for (const { change, commit } of memory.own.all()) if (commit) ids.add(change.id);
}

/** What every author knows of own held changes is what the server has decided. */
async function expectDecided({ server, tablets }: World): Promise<void> {
  for (const { tablet } of tablets)
    for (const row of (await tablet.db.getAll("commits")).filter((c) => c.result))
      for (const [change, verdict] of Object.entries(row.result?.changes ?? {})) {
        const decided = server.state.held.get(`${row.hash} ${change}`)?.decided ?? undefined;
        if (verdict.verdict === "held") expect(row.decided?.[change]?.verdict).toBe(decided);
      }
}

/** A held change that nobody has decided stands on its author's screen alone, over what it replaces: leave its cell out. */
function settled({ server }: World, own: Cells, cells: Cells): Cells {
  const open = new Set([...server.state.held.values()].flatMap((h) => (h.decided ? [] : [h.change.id])));
  const isOpen = (f: string) => own[f]?.some((h) => open.has(h[0]));
  return Object.fromEntries(Object.entries(cells).filter(([f]) => !isOpen(f)));
}

it("however an evening goes: nothing is lost, nothing counts twice, all see the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = await begin();
      for (const s of steps) {
        await play(world, s);
        note(world);
      }
      setFault(world, "none");
      await settle(...world.tablets, ...world.tablets);
      note(world);
      const custody = [...world.server.state.custody.values()].flatMap(({ line }) => readBody(line.b));
      const arrived = new Set(custody.map(({ change }) => change.id));
      expect([...world.ids].filter((id) => !arrived.has(id))).toEqual([]);
      await expectDecided(world);
      for (const { memory, problem, engine } of world.tablets) {
        expect(problem()).toBeNull();
        for (const stream of [SHARED, POL]) {
          expect(memory.streams.get(stream)?.cursor ?? 0).toBe(world.server.stream(stream).head);
          expect(Object.fromEntries(memory.replica(stream))).toEqual(world.server.stream(stream).world);
          const view = memory.view(stream, `visit_${OP}`)?.cells ?? {};
          const row = memory.replica(stream).get(`visit_${OP}`) ?? {};
          expect(settled(world, view, view)).toEqual(settled(world, view, row));
        }
        expect([...memory.own.all()].filter((o) => !o.commit?.result)).toEqual([]);
        engine.stop();
      }
      for (const { tablet } of world.tablets) tablet.db.close();
    }),
    { numRuns: 60 },
  );
}, 120_000);

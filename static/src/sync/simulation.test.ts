import "fake-indexeddb/auto";
import fc from "fast-check";
import { expect, it } from "vitest";
import { readBody } from "../domain/commit";
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
  { weight: 1, arbitrary: fc.record({ do: fc.constant("clone" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("backup" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("restore" as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

interface World {
  readonly server: TestServer;
  readonly tablets: TestTablet[];
  backup: ReturnType<TestServer["backup"]> | null;
  requests: number;
}

async function begin(): Promise<World> {
  const server = new TestServer();
  for (const user of ["anna", "bo", "carl"]) server.members.set(user, { [SHARED]: "writer", [POL]: "writer" });
  const tablets = [await openTablet(server, "anna"), await openTablet(server, "bo"), await openTablet(server, "carl")];
  return { server, tablets, backup: null, requests: 0 };
}

function setFault(world: World, kind: string): void {
  const { faults } = world.server;
  const every = (n: number) => () => world.requests++ % n === 0;
  faults.drop =
    kind === "drop" ? every(2) : kind === "slow-pull" ? (call) => call.startsWith("GET /changes") : () => false;
  faults.lose = kind === "lose" ? every(2) : () => false;
  faults.twice = kind === "twice";
}

async function play(world: World, s: Step): Promise<void> {
  const { server, tablets } = world;
  const tablet = tablets["who" in s ? s.who % tablets.length : 0] as TestTablet;
  if (s.do === "write") await tablet.write(s.cell % 2 ? SHARED : POL, `visit_${OP}`, `f${s.cell}`, s.v);
  else if (s.do === "round") await tablet.round();
  else if (s.do === "fault") setFault(world, s.kind);
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

/** Every change that any tablet has on disk or that was ever sealed, by id. */
async function recorded({ tablets }: World): Promise<Set<string>> {
  const ids = new Set<string>();
  for (const { tablet } of tablets) {
    for (const row of await tablet.db.getAll("unsealed")) ids.add(row.change.id);
    for (const row of await tablet.db.getAll("commits")) for (const { change } of readBody(row.b)) ids.add(change.id);
  }
  return ids;
}

it("however an evening goes: nothing is lost, nothing counts twice, all see the same", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
      const world = await begin();
      for (const s of steps) await play(world, s);
      const ids = await recorded(world);
      setFault(world, "none");
      await settle(...world.tablets, ...world.tablets);
      const log = [SHARED, POL].flatMap((s) => world.server.stream(s).log.flatMap((entry) => readBody(entry.b)));
      const arrived = new Set(log.map(({ change }) => change.id));
      expect([...ids].filter((id) => !arrived.has(id))).toEqual([]);
      for (const { memory, problem, engine } of world.tablets) {
        expect(problem()).toBeNull();
        for (const stream of [SHARED, POL]) {
          expect(memory.streams.get(stream)?.cursor ?? 0).toBe(world.server.stream(stream).head);
          expect(Object.fromEntries(memory.replica(stream))).toEqual(world.server.stream(stream).world);
          const view = memory.view(stream, `visit_${OP}`)?.cells ?? {};
          expect(view).toEqual(memory.replica(stream).get(`visit_${OP}`) ?? {});
        }
        expect([...memory.own.all()].filter((o) => !o.commit?.result)).toEqual([]);
        engine.stop();
      }
      for (const { tablet } of world.tablets) tablet.db.close();
    }),
    { numRuns: 60 },
  );
}, 120_000);

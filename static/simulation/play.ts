/** A seed from its first to its last event: trouble first, then healing, then everything must hold. */

import { FIRST_CHAIN } from "../src/domain/commit";
import type { Device } from "./device";
import { CREW_MS, START, Violation } from "./evening";
import { enrolAgain, happen } from "./happenings";
import { act } from "./people";
import { ACTS, type Act, type Cut, FAULTS, HAPPENINGS, type Happening, planOf, type Step, without } from "./plan";
import { SCENARIOS } from "./scenarios";
import type { Look, Server } from "./server";
import { Stage } from "./stage";
import { type Disk, GONE } from "./storage";
import { unlearnt } from "./watch";
import { World } from "./world";

export interface Outcome {
  readonly seed: number;
  /** What was violated; null if all held. */
  readonly violation: string | null;
  readonly digest: string;
  readonly lines: readonly string[];
  readonly events: number;
}

/** Rounds after healing within which everything must have come to rest. */
const ROUNDS = 8;
/** `insats check` reads all of it again, which takes a while. */
const WHOLE_EVERY = 8;
const TAIL_MS = 5_000;
/** A window that has lost its database twice waits so long before it tries a second reload (src/state/tablet.ts). */
const RELOAD_EVERY_MS = 30_000;
/** So long after a round others have heard of what it brought (ms). */
const POKES_MS = 1_000;
const EMPTY = { head: 0, chain: FIRST_CHAIN };
const PEOPLE = new Set<string>(ACTS.map(([kind]) => kind));

const stray: unknown[] = [];

/** A rejection that nobody waits for is a failure of which the app tells nobody. */
export function watchStray(): void {
  process.on("unhandledRejection", (error) => {
    if (!told(error).includes(GONE)) stray.push(error);
  });
}

/** A directed scenario, from a crew at rest to everybody at rest. */
export async function playScenario(name: string, server: Server, isVerbose = false): Promise<Outcome> {
  const scenario = SCENARIOS[name];
  if (!scenario) throw new Error(`no scenario ${name}`);
  const crew = await crewOf(scenario.users, server);
  const plan = { seed: 0, users: scenario.users, workers: 1, steps: [], rates: {}, length: 0, isFresh: false };
  const world = new World(plan, server, new Map(), crew.name);
  world.isVerbose = isVerbose;
  return conclude(world, async () => {
    await arrive(world, crew);
    await world.run(world.agenda.now + TAIL_MS);
    await scenario.play(new Stage(world));
  });
}

export async function play(
  seed: number,
  server: Server,
  coverage: Map<string, number>,
  cut: Cut = {},
  isVerbose = false,
): Promise<Outcome> {
  const plan = without(planOf(seed), cut);
  const crew = plan.isFresh ? null : await crewOf(plan.users, server);
  const world = new World(plan, server, coverage, crew?.name ?? null);
  world.isVerbose = isVerbose;
  return conclude(world, async () => {
    await arrive(world, crew);
    await evening(world);
  });
}

async function conclude(world: World, trouble: () => Promise<void>): Promise<Outcome> {
  const { seed } = world.plan;
  let violation: string | null = null;
  stray.length = 0;
  try {
    await trouble();
    await heal(world);
    world.books.close(world.audit(seed % WHOLE_EVERY === 0));
    if (stray.length > 0) throw new Violation(`stray: ${told(stray[0])}`);
  } catch (error) {
    violation = error instanceof Violation ? error.message : `broken: ${told(error)}`;
  } finally {
    for (const device of world.devices) device.killAll();
  }
  return { seed, violation, digest: world.digest(), lines: world.lines, events: world.agenda.count };
}

function told(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Tablets that are enrolled and at rest: most evenings begin with a copy of them, to save the time. */
interface Crew {
  readonly name: string;
  readonly disks: readonly Disk[];
}

const crews = new Map<string, Crew>();

async function crewOf(users: readonly string[], server: Server): Promise<Crew> {
  const name = users.join("-");
  const known = crews.get(name);
  if (known) return known;
  const plan = { seed: 0, users, workers: 1, steps: [], rates: {}, length: 0, isFresh: true };
  const world = new World(plan, server, new Map());
  await arrive(world, null);
  for (const device of world.devices) await world.until(byHand(world, device));
  await world.run(START + CREW_MS - 1);
  for (const device of world.devices) device.killAll();
  server.do("keep", world.agenda.now, { crew: name });
  const crew = { name, disks: world.devices.map((device) => device.disk) };
  crews.set(name, crew);
  return crew;
}

async function arrive(world: World, crew: Crew | null): Promise<void> {
  for (const [i, user] of world.plan.users.entries()) {
    if (!crew) await world.addDevice(user);
    else {
      const device = world.newDevice(user);
      device.disk.copyFrom(crew.disks[i] as Disk);
      await world.until(device.open());
    }
  }
}

async function evening(world: World): Promise<void> {
  const { plan } = world;
  world.network.rates = plan.rates;
  let last = 0;
  for (const step of plan.steps) {
    await world.run(world.agenda.now + step.at - last);
    last = step.at;
    take(world, step);
    await world.run(world.agenda.now);
  }
  await world.run(world.agenda.now + TAIL_MS);
}

function take(world: World, { kind, who, index }: Step): void {
  const device = world.devices[who];
  if (!device) return;
  const random = world.random.fork(`step ${index}`);
  if (PEOPLE.has(kind)) act(world, device, kind as Act, random);
  else happen(world, device, kind as Happening, random);
}

/** Faults end, windows are open; then everybody syncs until nothing moves, by themselves or, where that is not enough, by hand. */
async function heal(world: World): Promise<void> {
  world.trace("faults heal");
  world.network.heal();
  for (const device of world.devices) {
    device.isOnline = true;
    device.makeRoom();
    device.disk.killAfter = Number.POSITIVE_INFINITY;
    for (const page of device.pages) page.thaw();
    await world.until(device.openIfClosed());
  }
  await world.run(world.agenda.now + TAIL_MS);
  if (world.devices.some(({ page }) => page?.api.memory.isLost)) await world.run(world.agenda.now + RELOAD_EVERY_MS);
  for (const { pages } of world.devices) for (const other of pages.slice(1)) other.kill();
  for (let round = 0; round < ROUNDS; round++) {
    const look = world.look();
    const restless = world.devices.filter((device) => !isAtRest(world, device, look));
    if (restless.length === 0) break;
    for (const device of restless) await world.until(Promise.race([byHand(world, device), device.page?.gone]));
    await world.run(world.agenda.now + POKES_MS);
  }
}

/** What a tablet says that may not read any more. */
const SIGNED_OUT: readonly string[] = ["unauthenticated", "lapsed", "ended"];

/** What somebody does whose tablet is behind: a new code where it may not read any more, then a round. */
async function byHand(world: World, device: Device): Promise<void> {
  const { page } = device;
  if (!page) return;
  const { engine } = page.api.running();
  const isOut = SIGNED_OUT.includes(engine.sync.state.problem ?? "");
  if (isOut || !page.api.memory.session) await enrolAgain(world, device);
  await engine.round("person");
  const { problem } = engine.sync.state;
  if (problem) world.trace(`${device.name} has a problem: ${problem}`);
}

/** It has been greeted since the last of the faults, has all that the server has for it, and nothing to send. */
function isAtRest(world: World, device: Device, { streams, held }: Look): boolean {
  const { page } = device;
  if (!page || !world.network.greeted.has(device)) return false;
  const { memory } = page.api;
  const { problem, syncing } = page.api.running().engine.sync.state;
  const parts = [...(world.members.get(device.user)?.keys() ?? [])];
  const isPulled = parts.every((name) => {
    const [here, there] = [memory.streams.get(name), streams[name] ?? EMPTY];
    return here !== undefined && !here.reset && here.cursor === there.head && here.chain === there.chain;
  });
  const isSent = [...memory.own.all()].every(({ commit }) => commit?.result || commit?.refused);
  const isSettled = problem === null && !syncing && memory.session !== null && memory.streams.size === parts.length;
  const arePhotosSent = [...memory.photos.values()].every((photo) => photo.state !== "local" || photo.dropped);
  return isSettled && isPulled && isSent && arePhotosSent && unlearnt(page, held).length === 0;
}

/** Every kind of step and of fault of the way, as the coverage table names them. */
export const KINDS: readonly string[] = [
  ...ACTS.map(([kind]) => `act: ${kind}`),
  ...HAPPENINGS.map(([kind]) => `happening: ${kind}`),
  ...FAULTS.map((kind) => `fault: ${kind}`),
];

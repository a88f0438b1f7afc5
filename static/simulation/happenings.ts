/** What happens to tablets, to the server and to people's parts, beside what they do themselves. */
import type { Device } from "./device";
import { ALK, POL, SHARED } from "./evening";
import type { Happening } from "./plan";
import type { Random } from "./random";
import type { World } from "./world";

const DAY = 86_400_000;

type Happens = (world: World, device: Device, random: Random) => void;

export function happen(world: World, device: Device, kind: Happening, random: Random): void {
  world.trace(`${device.name} ${kind}`);
  world.hit(`happening: ${kind}`);
  HAPPENS[kind](world, device, random);
}

const HAPPENS: Record<Happening, Happens> = {
  kill: (world, device, random) => {
    device.killAll();
    reopen(world, device, random);
  },
  "kill-between": (world, device, random) => {
    device.disk.killAfter = random.int(0, 30);
    world.later(random.int(2_000, 60_000), () => device.openIfClosed());
  },
  "power-cut": (world, device, random) => {
    device.powerCut(random.pick([0.3, 1, 1]));
    reopen(world, device, random);
  },
  evict: (world, device, random) => {
    device.killAll();
    world.books.destroyed(device);
    device.disk.evict();
    world.later(random.int(1_000, 20_000), async () => {
      await device.openIfClosed();
      await enrolAgain(world, device);
    });
  },
  clone: (world, device) => {
    if (world.devices.length >= 7) return;
    world.books.isCountLost = true;
    world.later(0, () => cloneOf(world, device));
  },
  "second-window": (world, device) => {
    if (device.pages.length === 1) world.later(0, () => device.open());
  },
  freeze: (world, device, random) => {
    const page = device.pages[0];
    if (!page) return;
    page.isFrozen = true;
    world.later(random.int(5_000, 90_000), () => page.thaw());
  },
  clock: (_, device, random) => {
    device.setClock(random.pick(["wrong", "wrong", "frozen", "right"]), random.int(-10 * DAY, 10 * DAY));
  },
  offline: (world, device, random) => {
    device.isOnline = false;
    world.later(random.int(3_000, 60_000), () => {
      device.isOnline = true;
      if (random.chance(0.7)) for (const page of device.pages) page.tell("online");
    });
  },
  reload: (world, device, random) => {
    device.page?.kill();
    reopen(world, device, random);
  },
  wake: (_, device, random) => {
    for (const page of device.pages) page.tell(random.pick(["online", "visible"]));
  },
  "tablet-full": (world, device, random) => {
    device.disk.isFull = true;
    world.later(random.int(2_000, 30_000), () => device.makeRoom());
  },
  revoke: (world, device, random) => {
    const streams = [...(world.members.get(device.user)?.keys() ?? [])].filter((s) => s !== "ref");
    if (streams.length > 0) world.setMember(device.user, random.pick(streams), null);
  },
  grant: (world, device, random) => {
    const own = device.user === "cia" || device.user === "dag" ? ALK : POL;
    const parts = world.members.get(device.user);
    const missing = [SHARED, own].filter((stream) => !parts?.has(stream));
    if (missing.length > 0) world.setMember(device.user, random.pick(missing), "writer");
  },
  "revoke-actor": (world, device) => {
    const actor = [...(device.page?.api.memory.actors.values() ?? [])].find((a) => a.registered && !a.retired);
    if (actor) world.server.do("actor", world.agenda.now, { actor: actor.id, status: "revoked" });
  },
  "sign-out": (world, device, random) => {
    world.server.do("sign_out", world.agenda.now, { user: device.user });
    const theirs = world.devices.filter(({ user }) => user === device.user);
    for (const each of theirs) world.later(random.int(500, 5_000), () => enrolAgain(world, each));
  },
  backup,
  copy,
  rollback: (world, _, random) => {
    if (world.copies.length > 0) rollback(world, random);
    else {
      copy(world);
      world.later(random.int(300, 8_000), () => rollback(world, random));
    }
  },
  restore: (world, _, random) => {
    if (world.lastBackup) restore(world);
    else {
      backup(world);
      world.later(random.int(300, 8_000), () => restore(world));
    }
  },
  broken: (_, device) => {
    const page = device.pages[0];
    if (page) device.disk.break(page);
  },
  "server-restart": (world) => {
    world.server.do("restart", world.agenda.now);
    world.network.hangUp();
  },
  "server-power-cut": (world) => {
    world.server.do("restart", world.agenda.now, { power: true });
    world.network.hangUp();
  },
  weeks: (world, _, random) => {
    // Nobody acts and nothing is in contact; whoever is back meets tokens that are over.
    world.leap(70 * DAY);
    for (const device of world.devices) world.later(random.int(500, 5_000), () => enrolAgain(world, device));
  },
  hostile: (world, _, random) => {
    for (let i = 0; i < 3; i++) world.hostile.act(random);
  },
};

function reopen(world: World, device: Device, random: Random): void {
  world.later(random.int(100, 20_000), () => device.openIfClosed());
}

function backup(world: World): void {
  const name = `copy${++world.copyCount}`;
  const { error } = world.server.do<{ error?: string }>("backup", world.agenda.now, { name });
  if (error) world.books.fail(error);
  // What tablets may rely on now is in this copy and in later ones only.
  world.copies = [name];
  world.lastBackup = name;
  world.copyMembers(name);
}

function copy(world: World): void {
  const name = `copy${++world.copyCount}`;
  world.server.do("copy", world.agenda.now, { name });
  world.copies.push(name);
  world.copyMembers(name);
}

function rollback(world: World, random: Random): void {
  if (world.copies.length === 0) return;
  const name = random.pick(world.copies);
  world.copies = world.copies.slice(0, world.copies.indexOf(name) + 1);
  world.server.do("rollback", world.agenda.now, { name, photos: random.chance(0.5) });
  world.setBack(name);
  world.isRolledBack = true;
  world.hit("path: silent rollback");
}

/** As an operator does it after a fire: the last backup, on another machine. */
function restore(world: World): void {
  const { lastBackup } = world;
  if (!lastBackup) return;
  const { faults } = world.server.do<{ faults: string[] }>("restore", world.agenda.now);
  for (const fault of faults) world.trace(`restore: ${fault}`);
  world.copies = [];
  world.setBack(lastBackup);
  world.hit("path: lawful restore");
}

/** A person gives a tablet that has lost its account or its token a new one. */
export async function enrolAgain(world: World, device: Device): Promise<void> {
  const page = device.page;
  if (!page || page.isDead) return;
  const { code } = world.server.do<{ code: string }>("code", world.agenda.now, { user: device.user });
  await page.api.enrol(code, device.name).catch(() => undefined);
}

/** A tablet whose storage was copied, as a restored device backup does; both live on. */
export async function cloneOf(world: World, from: Device): Promise<void> {
  if (!from.page?.api.memory.session) return;
  const device = world.newDevice(from.user);
  device.disk.copyFrom(from.disk);
  world.books.copied(from, device);
  await device.open();
}

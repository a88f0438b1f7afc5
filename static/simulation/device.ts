/** A tablet: a disk, a clock, locks and the windows that are open on it. It outlives its pages. */
import { Page } from "./browser";
import { Locks } from "./locks";
import type { Network } from "./network";
import type { Random } from "./random";
import { Disk, makeRoom } from "./storage";
import type { World } from "./world";

export type ClockKind = "right" | "wrong" | "frozen";

export class Device {
  readonly world: World;
  readonly name: string;
  user: string;
  readonly random: Random;
  readonly disk = new Disk();
  readonly locks = new Locks();
  readonly session = new Map<string, string>();
  readonly network: Network;
  pages: Page[] = [];
  isOnline = true;
  clock: { kind: ClockKind; by: number } = { kind: "right", by: 0 };
  #loads = 0;

  constructor(world: World, name: string, user: string) {
    this.world = world;
    this.name = name;
    this.user = user;
    this.random = world.random.fork(name);
    this.network = world.network;
  }

  now(): number {
    const { kind, by } = this.clock;
    const now = this.world.agenda.now;
    return Math.floor(kind === "right" ? now : kind === "wrong" ? now + by : by);
  }

  setClock(kind: ClockKind, by = 0): void {
    this.clock = { kind, by: kind === "frozen" ? this.now() : by };
  }

  /** Opens the app in a window. What is on the disk is on the screen when the promise resolves, so it counts as saved. */
  async open(): Promise<Page> {
    const page = new Page(this, this.random.fork(`page ${++this.#loads}`));
    this.pages.push(page);
    await page.load();
    if (!page.isDead) this.world.books.shown(page);
    return page;
  }

  /** The first window that lives. */
  get page(): Page | undefined {
    return this.pages.find((page) => !page.isFrozen) ?? this.pages[0];
  }

  forget(page: Page): void {
    this.pages = this.pages.filter((other) => other !== page);
    this.disk.close(page);
    this.locks.release(page);
    this.network.drop(page);
    if (this.pages.length === 0) this.session.clear();
    this.world.trace(`${this.name} page gone`);
  }

  killAll(): void {
    for (const page of [...this.pages]) page.kill();
  }

  /** The battery is empty: what was not synced may be lost. */
  powerCut(share: number): void {
    this.killAll();
    const lost = this.disk.powerCut(share);
    this.world.trace(`${this.name} power cut: ${lost} transactions lost`);
  }

  reload(page: Page): void {
    this.world.hit("path: reload");
    page.kill();
    this.world.later(this.random.int(10, 500), () => this.openIfClosed());
  }

  openIfClosed(): Promise<unknown> {
    return this.pages.length === 0 ? this.open() : Promise.resolve();
  }

  makeRoom(): void {
    makeRoom(this.disk);
  }

  broadcast(from: Page, data: unknown): void {
    for (const page of this.pages)
      if (page !== from)
        for (const channel of page.channels)
          this.world.agenda.after(this.random.int(0, 20), () => page.run(() => channel.listener?.({ data })));
  }
}

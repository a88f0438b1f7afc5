/** What directed scenarios are told with: a crew at rest, and one thing after the other. In the end everything must hold. */
import type { Json } from "../src/domain/json";
import type { Page } from "./browser";
import { SimBlob } from "./bytes";
import type { Device } from "./device";
import { mark, OP, ownStream, SHARED, VISITS, Violation } from "./evening";
import type { Middlebox } from "./middlebox";
import type { Random } from "./random";
import type { ServerFault } from "./server";
import type { World } from "./world";

export const VISIT = VISITS[0] as string;

export interface Scenario {
  readonly users: readonly string[];
  readonly play: (stage: Stage) => Promise<void>;
}

export function scene(users: readonly string[], play: Scenario["play"]): Scenario {
  return { users, play };
}

export class Stage {
  readonly world: World;
  readonly random: Random;

  constructor(world: World) {
    this.world = world;
    this.random = world.random.fork("stage");
  }

  device(who: number): Device {
    const device = this.world.devices[who];
    if (!device) throw new Violation(`there is no tablet ${who}`);
    return device;
  }

  page(who: number): Page {
    const { page } = this.device(who);
    if (!page) throw new Violation(`tablet ${who} has no window`);
    return page;
  }

  /** Records on what is on the screen now. Resolves when the app says that it is saved. */
  async write(who: number, f: string, v: Json, e = VISIT, stream = SHARED): Promise<void> {
    const page = this.page(who);
    const view = page.api.entity(stream, e);
    const seen = page.api.heads(view, f);
    this.world.books.rendered(page, stream, e, f, seen);
    await this.world.until(page.api.record(stream, [{ e, f, v, seen }]));
    this.world.books.shown(page);
  }

  /** Something of one's own authority. */
  writeOwn(who: number, text: string): Promise<void> {
    const stream = ownStream(this.device(who).user);
    return this.write(who, "ALK01:note", `${mark(stream)} ${text}`, `checklist_${VISIT.slice(6)}.ALK@1`, stream);
  }

  async tap(who: number, delta: number): Promise<void> {
    const page = this.page(who);
    await this.world.until(page.api.tap(OP, VISIT, "seizure", "ECIG", "ST", delta));
    this.world.books.shown(page);
  }

  /** What all tablets' counts come to on one of them. */
  total(who: number): number {
    const tallies = this.page(who).api.entitiesOf(SHARED, "tally");
    const heads = tallies.flatMap((e) => this.page(who).api.heads(e, "entry"));
    return heads.reduce((sum, head) => sum + ((head[1] as { qty?: number } | null)?.qty ?? 0), 0);
  }

  values(who: number, f: string, e = VISIT, stream = SHARED): Json[] {
    const { api } = this.page(who);
    return api.heads(api.entity(stream, e), f).map((head) => head[1]);
  }

  /** A photo as the camera gives it, with the mark of the first tablet's authority in it. */
  picture(size = 300): Blob {
    const bytes = new Uint8Array(size);
    this.random.fill(bytes.subarray(0, 300));
    bytes.set(Buffer.from(`\xff\xd8\xff\xe0${mark(ownStream(this.device(0).user))}`, "latin1"));
    return new SimBlob([bytes], { type: "image/jpeg" }) as unknown as Blob;
  }

  /** One round of each of these tablets, all of them without an argument. */
  async sync(...who: number[]): Promise<void> {
    const chosen = who.length > 0 ? who : this.world.devices.map((_, i) => i);
    for (const i of chosen) await this.world.until(this.page(i).api.running().engine.round("person"));
  }

  /** The next request of this kind meets this fault at the server. */
  meet(fault: ServerFault | "drop-answer", target: string): void {
    this.world.network.ambush = { fault, target };
  }

  /** These answer, or change, what the server says next: each once, one after the other. */
  between(...middleboxes: Middlebox[]): void {
    this.world.network.middleboxes = middleboxes;
  }

  pass(ms: number): Promise<void> {
    return this.world.run(this.world.agenda.now + ms);
  }

  backup(): void {
    const name = `copy${++this.world.copyCount}`;
    const { error } = this.world.server.do<{ error?: string }>("backup", this.world.agenda.now, { name });
    if (error) throw new Violation(error);
    this.world.copies = [name];
    this.world.lastBackup = name;
    this.world.copyMembers(name);
  }

  copy(): string {
    const name = `copy${++this.world.copyCount}`;
    this.world.server.do("copy", this.world.agenda.now, { name });
    this.world.copyMembers(name);
    return name;
  }

  rollback(name: string): void {
    this.world.server.do("rollback", this.world.agenda.now, { name, photos: true });
    this.world.isRolledBack = true;
    this.world.setBack(name);
  }

  restore(): void {
    this.world.server.do("restore", this.world.agenda.now);
    this.world.setBack(this.world.lastBackup as string);
  }

  async reopen(who: number): Promise<void> {
    this.device(who).killAll();
    await this.world.until(this.device(who).openIfClosed());
  }

  /** At this moment: what a tablet calls received, or has let go of, is in the server's store (I12). */
  checkReceived(who: number): void {
    const told = [...this.page(who).api.memory.commits.values()].filter((row) => row.result || row.pruned);
    const kept = new Set(this.world.audit().commits.map((c) => c.hash));
    for (const { stream, n } of told.filter((row) => !kept.has(row.hash)))
      throw new Violation(
        `I12 ${this.device(who).name} calls ${n} of ${stream} received, and the server does not have it`,
      );
  }

  expect(what: string, is: unknown, should: unknown): void {
    const [a, b] = [JSON.stringify(is), JSON.stringify(should)];
    if (a !== b) throw new Violation(`${what}: ${a} should be ${b}`);
  }
}

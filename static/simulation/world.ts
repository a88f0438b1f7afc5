/** One evening under simulation: the server, the tablets, the way between them, and the books that are kept on them. */
import { createHash, type Hash } from "node:crypto";
import { Books } from "./books";
import { Device } from "./device";
import { CREW_MS, PEOPLE, START, Violation } from "./evening";
import { Hostile } from "./hostile";
import { Network } from "./network";
import type { Plan } from "./plan";
import { Random } from "./random";
import type { Audit, Look, Server } from "./server";
import { Agenda, settle } from "./time";
import { Watch } from "./watch";

const KEPT_LINES = 60;
const MOST_EVENTS = 20_000;

export class World {
  readonly plan: Plan;
  readonly random: Random;
  readonly agenda = new Agenda(START);
  readonly server: Server;
  readonly network: Network;
  readonly books: Books;
  readonly watch: Watch;
  /** An older store was put back: what was said about a later one need not hold of this one. */
  isPastLost = false;
  /** And without a word, so that the server cannot know. */
  isRolledBack = false;
  readonly devices: Device[] = [];
  readonly hostile: Hostile;
  /** Who may read what, as the administrator has it. */
  readonly members: Map<string, Map<string, string>>;
  readonly #memberCopies = new Map<string, Map<string, Map<string, string>>>();
  readonly coverage: Map<string, number>;
  readonly lines: string[] = [];
  readonly #digest: Hash = createHash("sha256");
  isVerbose = false;
  /** Copies of the store that no tablet was told to rely beyond. */
  copies: string[] = [];
  copyCount = 0;
  /** The copy that was made when the last backup was. */
  lastBackup: string | null = null;

  constructor(plan: Plan, server: Server, coverage: Map<string, number>, crew: string | null = null) {
    this.plan = plan;
    this.server = server;
    this.coverage = coverage;
    this.random = new Random(`world ${plan.seed} ${crew ?? "fresh"}`);
    this.network = new Network(this);
    this.books = new Books(this);
    this.watch = new Watch(this);
    this.members = new Map(Object.entries(PEOPLE).map(([user, parts]) => [user, new Map(Object.entries(parts))]));
    this.hostile = new Hostile(this);
    if (crew) this.agenda.now += CREW_MS;
    server.do("begin", this.agenda.now, { seed: plan.seed, crew, workers: plan.workers });
  }

  hit(what: string): void {
    this.coverage.set(what, (this.coverage.get(what) ?? 0) + 1);
  }

  trace(line: string): void {
    const full = `${Math.floor(this.agenda.now - START)} ${line}`;
    this.#digest.update(full).update("\n");
    if (this.isVerbose) this.lines.push(full);
    else if (this.lines.push(full) > KEPT_LINES) this.lines.shift();
  }

  /** With the bytes that travelled, but for signatures. */
  traced(line: string, ...bodies: (Uint8Array | undefined)[]): void {
    const told = bodies.map((body) => (body ? shortHash(body) : "-")).join(" ");
    this.trace(`${line} ${told}`);
  }

  digest(): string {
    return this.#digest.copy().digest("hex");
  }

  /** Something asynchronous that happens in a while, on its own. */
  later(ms: number, work: () => Promise<unknown> | unknown): void {
    this.agenda.after(ms, () => void Promise.resolve(work()).catch((error: unknown) => this.books.unexpected(error)));
  }

  /** `isWhole`: with what `insats check` says. */
  audit(isWhole = false): Audit {
    const audit = this.server.do<Audit>("audit", this.agenda.now, { whole: isWhole });
    // Of an approval that never arrived before a silent rollback nothing tells that its place is one of a lost log.
    const isOfLostLog = (fault: string) => this.isRolledBack && fault.includes("approval_");
    return { ...audit, faults: audit.faults.filter((fault) => !isOfLostLog(fault)) };
  }

  look(): Look {
    return this.server.do<Look>("look", this.agenda.now);
  }

  /** Runs events until the promise is settled, and says how it ended. */
  async until<T>(work: Promise<T>, limit = 600_000): Promise<T> {
    let isDone = false;
    const done = work.finally(() => {
      isDone = true;
    });
    done.catch(() => undefined);
    const end = this.agenda.now + limit;
    await settle();
    while (!isDone) {
      if (this.agenda.next() > end) throw new Violation("I11 something waits for ever");
      await this.#step();
    }
    return done;
  }

  async #step(): Promise<void> {
    this.agenda.step();
    await settle();
    this.watch.look();
    this.books.raise();
    if (this.agenda.count > MOST_EVENTS) throw new Violation("I11 a storm: it never comes to rest");
  }

  /** Everything that is due until then, and first what was begun by hand: nothing may wait for somebody else's event. */
  async run(until: number): Promise<void> {
    await settle();
    while (this.agenda.next() <= until) await this.#step();
    this.agenda.now = Math.max(this.agenda.now, until);
  }

  newDevice(user: string): Device {
    const device = new Device(this, `t${this.devices.length}`, user);
    this.devices.push(device);
    return device;
  }

  async addDevice(user: string): Promise<Device> {
    const device = this.newDevice(user);
    await this.until(device.open());
    await this.enrol(device);
    return device;
  }

  async enrol(device: Device): Promise<void> {
    const page = device.page;
    if (!page) throw new Error("no window is open");
    const { code } = this.server.do<{ code: string }>("code", this.agenda.now, { user: device.user });
    await this.until(page.api.enrol(code, device.name));
  }

  /** Everything sleeps for so long, and wakes at once. */
  leap(ms: number): void {
    this.agenda.now += ms;
  }

  copyMembers(name: string): void {
    this.#memberCopies.set(name, new Map([...this.members].map(([user, parts]) => [user, new Map(parts)])));
  }

  /** The store is as it was at a copy: it knows the parts that people had then, and nobody is connected to it. */
  setBack(name: string): void {
    for (const [user, parts] of this.#memberCopies.get(name) ?? []) this.members.set(user, new Map(parts));
    this.isPastLost = true;
    this.network.hangUp();
    this.network.greeted.clear();
    this.books.restored();
  }

  setMember(user: string, stream: string, role: string | null): void {
    const parts = this.members.get(user) as Map<string, string>;
    if (role) parts.set(stream, role);
    else parts.delete(stream);
    this.trace(`administrator: ${user} ${role ?? "out of"} ${stream}`);
    this.server.do("member", this.agenda.now, { user, stream, role });
  }
}

const SIGNATURE = /"s":"[\w-]*"|"receipt":"[\w.-]*"|"token":"[\w-]*"/g;

function shortHash(body: Uint8Array): string {
  if (body[0] === 0x1f && body[1] === 0x8b) return "gzip";
  const text = Buffer.from(body).toString("latin1").replaceAll(SIGNATURE, "");
  return createHash("sha256").update(text).digest("hex").slice(0, 12);
}

/** The books: what every person was shown as saved and had seen, what the server has said, and whether all of that holds. */
import { FIRST_CHAIN } from "../src/domain/commit";
import { canonical, type Json } from "../src/domain/json";
import { type Cells, digest, type Head } from "../src/domain/merge";
import { COALESCE_MS } from "../src/store/save";
import type { Page } from "./browser";
import type { Device } from "./device";
import { ALK, mark, PLAN, POL, SHARED, STEADY, VISITS, Violation } from "./evening";
import type { Answer, Audit, StoredCommit } from "./server";
import { GONE } from "./storage";
import type { World } from "./world";

interface Line {
  readonly id: string;
  readonly stream: string;
  readonly e: string;
  readonly f: string;
  readonly content: string;
  readonly at: number;
  readonly device: Device;
  readonly user: string;
  /** The only copy was destroyed, or may have been. */
  isExcused: boolean;
  /** Nothing but the server has it any more. */
  isOnlyThere: boolean;
}

interface Result {
  readonly actor: string;
  readonly stream: string;
  readonly n: number;
  readonly hash: string;
  readonly seq: number | null;
  readonly received: number;
  readonly forked: boolean;
  readonly changes: Record<string, { verdict: string; code?: string }>;
}

export class Books {
  readonly #world: World;
  /** Every change that somebody was shown as saved, by id. */
  readonly lines = new Map<string, Line>();
  readonly #seen = new Map<string, Set<string>>();
  readonly #results = new Map<string, string>();
  readonly #recounts: { readonly ids: string[] }[] = [];
  readonly #taps = new Map<string, { begun: number; saved: number }>();
  #failure: Violation | null = null;
  /** The books cannot say what counts must come to any more: a tablet was copied or destroyed. */
  isCountLost = false;

  constructor(world: World) {
    this.#world = world;
  }

  fail(message: string): void {
    this.#failure ??= new Violation(message);
    this.#world.trace(`VIOLATION ${message}`);
  }

  /** A failure that nobody planned: the app must tell people with a problem of its own. */
  unexpected(error: unknown): void {
    if (error instanceof Violation) this.#failure ??= error;
    // A window that is killed tells nobody anything.
    else if (!String(error).includes(GONE))
      this.fail(`unexpected: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  }

  raise(): void {
    if (this.#failure) throw this.#failure;
  }

  // What people see and record -----------------------------------------------------------------------------------

  rendered(page: Page, stream: string, e: string, f: string, heads: readonly Head[]): void {
    const key = cellKey(page, stream, e, f);
    const seen = this.#seen.get(key) ?? new Set<string>();
    for (const [id] of heads) seen.add(id);
    this.#seen.set(key, seen);
  }

  /** A copied tablet may hold what was recorded on what its people had seen on the other one. */
  copied(from: Device, to: Device): void {
    for (const [key, ids] of [...this.#seen])
      if (key.startsWith(`${from.name} `)) this.#seen.set(to.name + key.slice(from.name.length), new Set(ids));
  }

  /** Everything of one's own that this window shows now is shown as saved. */
  shown(page: Page): void {
    const { own } = page.api.memory;
    const { device } = page;
    for (const { change, stream, unsealed } of own.all()) {
      if (this.lines.has(change.id)) continue;
      if (unsealed) this.#checkSeen(page, stream, change);
      const { id, e, f } = change;
      const facts = {
        id,
        stream,
        e,
        f,
        content: canonical([change.v, change.at]),
        at: change.at,
        device,
        user: device.user,
      };
      this.lines.set(id, { ...facts, isExcused: false, isOnlyThere: false });
      this.rendered(page, stream, e, f, [[id, null, "", 0, 0, null]]);
    }
    for (const line of this.lines.values())
      if (line.device === device && !line.isExcused && own.hasVanished(line.id)) line.isExcused = true;
  }

  #checkSeen(page: Page, stream: string, change: { id: string; e: string; f: string; replaces?: readonly string[] }) {
    const seen = this.#seen.get(cellKey(page, stream, change.e, change.f));
    for (const id of change.replaces ?? []) {
      const own = this.lines.get(id);
      const isOwnCount = change.f === "entry" && (own ? own.user === page.device.user : false);
      if (!seen?.has(id) && !isOwnCount && own?.device !== page.device)
        this.fail(`I5 ${page.device.name} replaces ${id} in ${change.e} ${change.f}, which nobody there had seen`);
    }
  }

  recounted(page: Page, qty: number, voided: readonly string[]): void {
    const own = [...page.api.memory.own.all()];
    const entry = own.find(({ change }) => (change.v as { qty?: number } | null)?.qty === qty);
    if (!entry) return;
    const voids = voided.flatMap((e) => own.filter(({ change }) => change.e === e && change.f === "@").at(-1) ?? []);
    this.#recounts.push({ ids: [entry, ...voids].map(({ change }) => change.id) });
  }

  tapped(visit: string, delta: number, how: "begun" | "saved"): void {
    const sum = this.#taps.get(visit) ?? { begun: 0, saved: 0 };
    sum[how] += delta;
    this.#taps.set(visit, sum);
  }

  // What the server says -----------------------------------------------------------------------------------------

  answered(page: Page, method: string, target: string, answer: Answer): void {
    const { user } = page.device;
    const code = answer.status < 400 ? null : problemOf(answer.body);
    if (code) this.#world.hit(`problem: ${code}`);
    if (answer.status >= 500 && answer.status !== 503 && !answer.fired) this.fail(`the server failed: ${answer.body}`);
    if (target.endsWith("/held")) this.#checkHeld(user, answer);
    else this.checkCompartment(user, target, answer.body);
    if (method === "POST" && target === "/api/v1/commits" && answer.status === 200) this.judged(answer.body);
  }

  /** I9: nothing of an authority's own stream reaches anybody else. */
  checkCompartment(user: string, target: string, body: Buffer): void {
    const parts = this.#world.members.get(user);
    const isPage = target.startsWith("/api/v1/changes");
    const greeted = target.startsWith("/api/v1/hello") ? streamsIn(body) : [];
    for (const stream of [POL, ALK, PLAN])
      if (!parts?.has(stream) && (body.includes(mark(stream)) || isNamed(stream, isPage, greeted, body)))
        this.fail(`I9 ${user} was answered something of ${stream} by ${target}`);
  }

  /** What is held may bear the mark of any authority: a stranger's work, for a writer of the stream to judge. */
  #checkHeld(user: string, { status, body }: Answer): void {
    if (status !== 200) return;
    const { held } = JSON.parse(body.toString()) as { held: { stream: string }[] };
    for (const { stream } of held)
      if (this.#world.members.get(user)?.get(stream) !== "writer") this.fail(`I9 ${user} may judge in ${stream}`);
  }

  poked(user: string, text: string): void {
    for (const [, stream] of text.matchAll(/"stream":"([^"]+)"/g))
      if (stream !== "devices" && !this.#world.members.get(user)?.has(stream as string))
        this.fail(`I9 ${user} was poked about ${stream}`);
    this.#world.hit("path: poke");
  }

  /** I8: a commit has one result for ever. */
  judged(body: Buffer): void {
    const answer = JSON.parse(body.toString()) as {
      results: Result[];
      errors: { type: string; actor?: string; stream?: string; expect?: number }[];
    };
    for (const error of answer.errors) {
      const code = error.type.replace("urn:insats:", "");
      this.#world.hit(`problem: ${code}`);
      if (code === "chain-gap") this.#world.watch.gap(error);
    }
    for (const result of answer.results) {
      const { seq, received, forked, changes } = result;
      const told = canonical([seq, received, forked, changes] as unknown as Json);
      const before = this.#results.get(result.hash);
      if (before === undefined) this.#note(result);
      else this.#world.hit("verdict: repeated");
      if (before !== undefined && before !== told) this.fail(`I8 ${result.hash} was ${before} and is now ${told}`);
      this.#results.set(result.hash, told);
    }
  }

  #note({ forked, changes, seq }: Result): void {
    if (forked) this.#world.hit("path: fork");
    if (seq !== null) this.#world.hit("verdict: applied");
    for (const { verdict, code } of Object.values(changes)) this.#world.hit(`verdict: ${verdict} ${code ?? ""}`.trim());
  }

  // What destroys copies -----------------------------------------------------------------------------------------

  /** The tablet's data is gone: what the server does not have may be lost, and what it has, only it has. */
  destroyed(device: Device): void {
    const there = idsOf(this.#world.audit().commits);
    for (const line of this.lines.values()) {
      if (line.device !== device) continue;
      if (there.has(line.id)) line.isOnlyThere = true;
      else line.isExcused = true;
    }
    this.isCountLost = true;
  }

  /** The server is as it was some time ago. */
  restored(): void {
    const { commits } = this.#world.audit();
    const [there, hashes] = [idsOf(commits), new Set(commits.map((c) => c.hash))];
    for (const line of this.lines.values()) if (line.isOnlyThere && !there.has(line.id)) line.isExcused = true;
    for (const hash of [...this.#results.keys()]) if (!hashes.has(hash)) this.#results.delete(hash);
  }

  // What must hold in the end ------------------------------------------------------------------------------------

  /** When faults have healed and nothing moves any more. */
  close(audit: Audit): void {
    for (const fault of audit.faults) this.fail(fault);
    for (const { page } of this.#world.devices) if (page) this.shown(page);
    this.#checkCustody(audit);
    this.#checkFold(audit);
    this.#checkRecounts(audit);
    this.#checkTaps(audit);
    for (const { decided } of audit.held) if (decided) this.#world.hit(`decision: ${decided}`);
    for (const device of this.#world.devices) this.#checkDevice(device, audit);
    this.raise();
  }

  #checkCustody({ commits }: Audit): void {
    const there = new Map<string, Set<string>>();
    for (const commit of commits)
      for (const { id, v, at } of changesOf(commit))
        there.set(id, (there.get(id) ?? new Set()).add(canonical([v as Json, at])));
    for (const line of this.lines.values())
      if (!line.isExcused && !there.get(line.id)?.has(line.content) && !this.#isOvertaken(line))
        this.fail(`I1 ${line.id} (${line.e} ${line.f}) was shown as saved on ${line.device.name} and is nowhere`);
    for (const commit of commits) {
      const told = this.#results.get(commit.hash);
      const { seq, received, forked, changes } = commit;
      const kept = canonical([seq, received, forked, changes] as unknown as Json);
      if (told !== undefined && told !== kept) this.fail(`I8 ${commit.hash} was told ${told} and is kept ${kept}`);
    }
  }

  /**
   * Quick changes of mind become one change (docs/sync.md, section 3). A window that was killed between storing the later one and
   * showing it could not tell us that the earlier one was given up.
   */
  #isOvertaken(line: Line): boolean {
    const isLater = (o: Line) => o.id > line.id && Math.abs(o.at - line.at) < COALESCE_MS;
    const sameCell = (o: Line) => o.stream === line.stream && o.e === line.e && o.f === line.f;
    return [...this.lines.values()].some((o) => o.device === line.device && sameCell(o) && isLater(o));
  }

  /** A second merge, as naive as can be: live is what no larger id of its cell names. */
  #checkFold({ commits, entries, cells }: Audit): void {
    const byHash = new Map(commits.map((commit) => [commit.hash, commit]));
    for (const [stream, entities] of Object.entries(cells)) {
      const applied = new Map<string, Map<string, readonly string[]>>();
      for (const entry of entries.filter((e) => e.stream === stream))
        for (const change of changesOf(byHash.get(entry.commit) as StoredCommit)) {
          const isNamed = (names: readonly string[]) => names.includes(change.id) || names.includes(change.nameless);
          if (entry.only ? !isNamed(entry.only) : isNamed(entry.skip)) continue;
          const key = `${change.e}\t${change.f}`;
          const cell = applied.get(key) ?? new Map<string, readonly string[]>();
          if (cell.has(change.id)) this.fail(`I2 ${change.id} counts twice`);
          applied.set(key, cell.set(change.id, change.replaces ?? []));
        }
      for (const [key, cell] of applied) {
        const named = new Set([...cell].flatMap(([id, replaces]) => replaces.filter((other) => other < id)));
        const live = [...cell.keys()].filter((id) => !named.has(id)).sort();
        const [e, f] = key.split("\t") as [string, string];
        const heads = (entities[e]?.[f] ?? []).map((head) => head[0]);
        if (live.join() !== heads.join()) this.fail(`I4 ${stream} ${key}: ${heads.join()} should be ${live.join()}`);
      }
    }
  }

  #checkRecounts({ commits }: Audit): void {
    for (const { ids } of this.#recounts) {
      const homes = commits.filter((commit) => changesOf(commit).some(({ id }) => ids.includes(id)));
      for (const commit of homes) {
        const held = changesOf(commit).map(({ id }) => id);
        if (!ids.every((id) => held.includes(id))) this.fail(`I7 a recount was torn apart: ${ids.join()}`);
      }
    }
  }

  #checkTaps({ cells }: Audit): void {
    const isHeld = [...this.#results.values()].some((told) => told.includes('"held"') || told.includes('"rejected"'));
    if (this.isCountLost || isHeld) return;
    for (const visit of VISITS) {
      const { begun, saved } = this.#taps.get(visit) ?? { begun: 0, saved: 0 };
      let total = 0;
      for (const entity of Object.values(cells[SHARED] ?? {}))
        for (const [, v] of entity.entry ?? []) {
          const entry = v as { visit?: string; code?: string; qty?: number } | null;
          if (entry?.visit === visit && entry.code === STEADY) total += entry.qty ?? 0;
        }
      if (total < saved || total > begun) this.fail(`I2 ${total} counted, ${saved} to ${begun} tapped in ${visit}`);
    }
  }

  #checkDevice(device: Device, audit: Audit): void {
    const page = device.page;
    const parts = this.#world.members.get(device.user) as Map<string, string>;
    if (!page) {
      this.fail(`${device.name} has no window`);
      return;
    }
    const { memory } = page.api;
    const kept = [...memory.streams.keys()].sort();
    if (kept.join() !== [...parts.keys()].sort().join())
      this.fail(`I9 ${device.name} of ${device.user} keeps ${kept.join()} and may read ${[...parts.keys()].join()}`);
    for (const stream of parts.keys()) {
      const { head, chain } = audit.streams[stream] ?? { head: 0, chain: FIRST_CHAIN };
      const { seq, digest: here } = page.api.replicaDigest(stream);
      if (seq !== head) this.fail(`I11 ${device.name} stands at ${seq} of ${head} in ${stream}`);
      if (memory.streams.get(stream)?.chain !== chain) this.fail(`I3 ${device.name} has another chain of ${stream}`);
      const there = digest(Object.entries(audit.cells[stream] ?? {}) as unknown as [string, Cells][]);
      if (here !== there)
        this.fail(`I4 ${device.name} sees another ${stream} than the server: ${differing(page, stream, audit)}`);
    }
    this.#world.watch.close(device, page, audit);
    for (const { change, commit } of memory.own.all())
      if (!commit?.result && !commit?.refused) this.fail(`I11 ${change.id} never left ${device.name}`);
    for (const photo of memory.photos.values())
      if (photo.state !== "verified") this.fail(`I11 photo ${photo.sha256} is ${photo.state} on ${device.name}`);
  }
}

/** `hello` names the streams of one's own commits in `chains` and `decisions`, whoever may read them now. */
function streamsIn(body: Buffer): string[] {
  try {
    return Object.keys((JSON.parse(body.toString()) as { streams?: object }).streams ?? {});
  } catch {
    return [];
  }
}

function isNamed(stream: string, isPage: boolean, greeted: readonly string[], body: Buffer): boolean {
  return greeted.includes(stream) || (isPage && body.includes(`"${stream}"`));
}

function cellKey(page: Page, stream: string, e: string, f: string): string {
  return `${page.device.name} ${stream} ${e} ${f}`;
}

interface Read {
  readonly id: string;
  /** What the log calls a line whose id is none: `#` and its number. */
  readonly nameless: string;
  readonly e: string;
  readonly f: string;
  readonly v: unknown;
  readonly at: number;
  readonly replaces?: readonly string[];
}

function changesOf({ b }: StoredCommit): Read[] {
  return b.split("\n").flatMap((line, i) => {
    try {
      const value = line ? (JSON.parse(line) as Omit<Read, "nameless"> | null) : null;
      return typeof value?.id === "string" ? [{ ...value, nameless: `#${i + 1}` }] : [];
    } catch {
      return [];
    }
  });
}

function idsOf(commits: readonly StoredCommit[]): Set<string> {
  return new Set(commits.flatMap((commit) => changesOf(commit).map(({ id }) => id)));
}

function problemOf(body: Buffer): string {
  try {
    const { type } = JSON.parse(body.toString()) as { type?: string };
    return type?.replace("urn:insats:", "") ?? "none";
  } catch {
    return "none";
  }
}

/** The cells of a stream that a tablet has otherwise than the server. */
function differing(page: Page, stream: string, { cells }: Audit): string {
  const [here, there] = [page.api.memory.replica(stream), cells[stream] ?? {}];
  const names = [...new Set([...here.keys(), ...Object.keys(there)])];
  const told = (entity: Cells | undefined) => canonical((entity ?? null) as unknown as Json);
  const other = names.filter((e) => told(here.get(e)) !== told(there[e] as unknown as Cells));
  return other
    .map((e) => `${e}: ${told(here.get(e))} / ${told(there[e] as unknown as Cells)}`)
    .join("\n")
    .slice(0, 2_000);
}

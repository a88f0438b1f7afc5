/** A tablet that keeps to no rule but has a key and a membership: it sends what no app would. */
import { createHash } from "node:crypto";
import { hostileKey } from "./crypto";
import { ALK, mark, OP, POL, SHARED, VISITS } from "./evening";
import type { Random } from "./random";
import type { Answer } from "./server";
import type { World } from "./world";

interface Envelope {
  readonly h: string;
  readonly b: string;
  readonly s: string;
}

const USER = "mallory";

export const TRICKS = [
  "honest",
  "bad-signature",
  "other-body",
  "replay-others",
  "fork",
  "gap",
  "foreign-stream",
  "no-such-stream",
  "cycle",
  "foreign-replaces",
  "steal-id",
  "poison",
  "unknown",
  "empty",
  "unregistered",
  "half-a-line",
  "read-foreign",
] as const;
export type Trick = (typeof TRICKS)[number];

export class Hostile {
  readonly #world: World;
  #key: ReturnType<typeof hostileKey> | null = null;
  #token = "";
  #actor = "";
  readonly #chains = new Map<string, { n: number; head: string; before: string }>();
  #last = 0n;

  constructor(world: World) {
    this.#world = world;
  }

  act(random: Random, trick: Trick = random.pick(TRICKS)): void {
    if (!this.#key) this.#enrol(random);
    this.#world.hit(`hostile: ${trick}`);
    if (trick === "read-foreign") {
      this.#readForeign();
      return;
    }
    const line = this.#make(random, trick);
    const text = typeof line === "string" ? line : `${JSON.stringify(line)}\n`;
    const answer = this.#call("POST", "/api/v1/commits", Buffer.from(text));
    if (answer.status >= 500) this.#world.books.fail(`a hostile push broke the server: ${answer.body}`);
    if (answer.status === 200) this.#world.books.judged(answer.body);
  }

  #enrol(random: Random): void {
    this.#key = hostileKey(random);
    const { code } = this.#world.server.do<{ code: string }>("code", this.#world.agenda.now, { user: USER });
    const device = { id: "d_mallory", label: "m" };
    const enrolled = this.#call("POST", "/api/v1/enrol", Buffer.from(JSON.stringify({ code, device })));
    this.#token = (JSON.parse(enrolled.body.toString()) as { token: string }).token;
    const made = this.#call("POST", "/api/v1/actors", Buffer.from(JSON.stringify({ key: this.#key.point })));
    this.#actor = (JSON.parse(made.body.toString()) as { actor: string }).actor;
  }

  /** A restored server may have forgotten this account's session or key: such a tablet begins anew. */
  #call(method: string, target: string, body?: Uint8Array): Answer {
    const { agenda, server, books } = this.#world;
    const headers = {
      "content-type": "application/json",
      ...(this.#token && { authorization: `Bearer ${this.#token}` }),
      ...(this.#actor && { "insats-actor": this.#actor }),
    };
    const answer = server.do<Answer>("request", agenda.now, { id: 0, worker: 0, method, target, headers }, body);
    books.checkCompartment(USER, target, answer.body);
    this.#world.traced(`mallory ${method} ${target} → ${answer.status}`, body, answer.body);
    if (answer.status === 401 || answer.status === 403) this.#forget();
    return answer;
  }

  #forget(): void {
    this.#key = null;
    this.#token = this.#actor = "";
    this.#chains.clear();
  }

  #readForeign(): void {
    const targets = [
      `/api/v1/changes?after=${encodeURIComponent(`${POL}:0`)}`,
      `/api/v1/changes?after=${encodeURIComponent(`${SHARED}:0,${POL}:0`)}`,
      `/api/v1/streams/${POL}/snapshot`,
      `/api/v1/streams/${POL}/digest`,
      `/api/v1/streams/${POL}/snapshot/1`,
    ];
    for (const target of targets)
      if (this.#key && this.#call("GET", target).status < 400) this.#world.books.fail(`I9 ${USER} may read ${target}`);
  }

  #make(random: Random, trick: Trick): Envelope | string {
    const e = random.pick(VISITS);
    const line = (f: string, v: unknown, more: object = {}) => ({ id: this.#id(), e, f, v, at: this.#at(), ...more });
    const plain = () => [line("team", `mallory ${random.int(0, 9)}`)];
    switch (trick) {
      case "bad-signature": {
        const made = this.#seal(SHARED, plain(), { isKept: false });
        return { ...made, s: made.s.replace(/^./, (c) => (c === "A" ? "B" : "A")) };
      }
      case "other-body":
        return { ...this.#seal(SHARED, plain(), { isKept: false }), b: `${JSON.stringify(plain()[0])}\n` };
      case "replay-others":
        return this.#replayed(random) ?? this.#seal(SHARED, plain());
      case "fork":
        return this.#seal(SHARED, plain(), { isFork: true });
      case "gap":
        return this.#seal(SHARED, plain(), { skip: 3, isKept: false });
      case "foreign-stream":
        return this.#seal(POL, [{ ...line("ALK01:note", mark(ALK)), e: `checklist_${e.slice(6)}.ALK@1` }]);
      case "no-such-stream":
        return this.#seal(`op/${OP.replace("3", "4")}/shared`, plain());
      case "cycle": {
        const [a, b] = [this.#id(), this.#id()];
        return this.#seal(SHARED, [
          { ...line("team", "a"), id: a, replaces: [b] },
          { ...line("team", "b"), id: b, replaces: [a] },
        ]);
      }
      case "foreign-replaces":
        // What it names lives in other cells: it must not be touched.
        return this.#seal(SHARED, [{ ...line("left", 1), replaces: this.#livingIds(random) }]);
      case "steal-id":
        return this.#seal(SHARED, [this.#stolen(random, line("arrived", 2))]);
      case "poison":
        return this.#seal(SHARED, this.#poison(random, line));
      case "unknown":
        return this.#seal(SHARED, [
          line("colour", "red"),
          { ...line("x", 1), e: "unicorn_1" },
          line("status", "FLYING"),
        ]);
      case "empty":
        return this.#seal(SHARED, []);
      case "unregistered":
        return this.#seal(SHARED, plain(), { key: hostileKey(random), isKept: false });
      case "half-a-line":
        return `${JSON.stringify(this.#seal(SHARED, plain(), { isKept: false })).slice(0, random.int(5, 200))}\n`;
      default:
        return this.#seal(SHARED, plain());
    }
  }

  #poison(random: Random, line: (f: string, v: unknown, more?: object) => object): object[] {
    const deep = JSON.parse(`${"[".repeat(40)}1${"]".repeat(40)}`) as unknown;
    const poisons = [
      line("persons", 1.5),
      line("persons", "many"),
      line("team", deep),
      line("team", "x", { id: "no-id" }),
      line("team", "\u0000"),
      line("team", "x", { replaces: "all" }),
      line("persons", 2 ** 60),
      line("team", "x".repeat(70_000)),
      line("blob", 1, { e: "photo_1" }),
    ];
    const chosen = poisons.filter(() => random.chance(0.4));
    return [...chosen, line("team", "and a good one beside them")];
  }

  /** The id of somebody else's change, in another cell or, with another value, in its own. */
  #stolen(random: Random, change: object): object {
    const visits = Object.entries(this.#world.audit().cells[SHARED] ?? {}).filter(([e]) => VISITS.includes(e));
    const living = visits.flatMap(([e, cells]) =>
      Object.entries(cells).map(([f, heads]) => ({ e, f, id: heads[0]?.[0] })),
    );
    const { e, f, id } = random.pick(living);
    return random.chance(0.5) ? { ...change, e, f, id } : { ...change, id };
  }

  #livingIds(random: Random): string[] {
    const cells = this.#world.audit().cells[SHARED] ?? {};
    const ids = Object.values(cells).flatMap((entity) =>
      Object.values(entity).flatMap((heads) => heads.map((h) => h[0])),
    );
    const from = random.int(0, Math.max(0, ids.length - 5));
    return ids.slice(from, from + 5);
  }

  /** To look for it may show that the session is over. */
  #replayed(random: Random): Envelope | null {
    const found = this.#others(random);
    if (!this.#key) this.#enrol(random);
    return found;
  }

  #others(random: Random): Envelope | null {
    const { body } = this.#call("GET", `/api/v1/changes?after=${encodeURIComponent(`${SHARED}:0`)}`);
    const lines = body
      .toString()
      .split("\n")
      .filter((line) => line.includes('"h"'));
    if (lines.length === 0) return null;
    const { h, b, s } = JSON.parse(random.pick(lines)) as Envelope;
    return { h, b, s };
  }

  #seal(
    stream: string,
    changes: readonly object[],
    how: { isKept?: boolean; isFork?: boolean; skip?: number; key?: ReturnType<typeof hostileKey> } = {},
  ): Envelope {
    const key = how.key ?? (this.#key as ReturnType<typeof hostileKey>);
    const chain = this.#chains.get(stream) ?? { n: 0, head: "", before: "" };
    const isFork = how.isFork && chain.n > 0;
    const [n, prev] = isFork ? [chain.n, chain.before] : [chain.n + 1 + (how.skip ?? 0), chain.head];
    const b = changes.map((change) => `${JSON.stringify(change)}\n`).join("");
    const actor = `a_${createHash("sha256").update(Buffer.from(key.point, "base64url")).digest("hex").slice(0, 32)}`;
    const gap = how.skip ? hashOf(`${stream} ${n}`) : prev;
    const header = { v: 1, alg: "ES256", actor, stream, n, prev: gap, app: "m", sent: this.#at(), off: 0 };
    const h = JSON.stringify({
      ...header,
      changes: changes.length,
      body: hashOf(b),
      ...(n === 1 && { key: key.point }),
    });
    if (how.isKept !== false && !isFork) this.#chains.set(stream, { n, head: hashOf(h), before: prev });
    return { h, b, s: key.sign(h) };
  }

  #at(): number {
    return Math.floor(this.#world.agenda.now);
  }

  #id(): string {
    const fresh = BigInt(this.#at()) << 20n;
    this.#last = fresh > this.#last ? fresh : this.#last + 1n;
    const digits = this.#last.toString(16).padStart(17, "0");
    return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-7${digits.slice(12, 15)}-8000-0000000000${digits.slice(15, 17)}`;
  }
}

function hashOf(text: string): string {
  return `sha256:${createHash("sha256").update(text).digest("hex")}`;
}

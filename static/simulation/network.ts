/** What is between the tablets and the server, and all that goes wrong there. */

import { type Page, release } from "./browser";
import { Pokes, SimResponse } from "./bytes";
import type { Device } from "./device";
import type { Middlebox } from "./middlebox";
import type { Answer, ServerFault } from "./server";
import type { World } from "./world";

/** How often each fault of the way comes, per request. */
export interface Rates {
  readonly "drop-request": number;
  readonly "drop-answer": number;
  readonly duplicate: number;
  readonly "cut-request": number;
  readonly "cut-answer": number;
  readonly "cut-line": number;
  readonly "corrupt-request": number;
  readonly "corrupt-answer": number;
  readonly slow: number;
  readonly portal: number;
  readonly "bad-gateway": number;
  readonly "crash-before": number;
  readonly "crash-after": number;
  readonly "disk-full": number;
  readonly "lost-poke": number;
}
export type WayFault = keyof Rates;

interface Call {
  readonly id: number;
  readonly page: Page;
  readonly method: string;
  readonly target: string;
  readonly headers: Record<string, string>;
  readonly body: Uint8Array | undefined;
  readonly resolve: (response: unknown) => void;
  readonly reject: (error: unknown) => void;
  readonly signal: AbortSignal | null;
  isOver: boolean;
}

const PORTAL = Buffer.from("<html><body>Welcome to Free Wi-Fi</body></html>");
const GATEWAY = Buffer.from("<html><body>502 Bad Gateway</body></html>");
/** Pages by the chain, snapshots by their digest, results by the receipt. */
const PROVEN = /^\/api\/v1\/(changes\b|streams\/.*\/snapshot\b|commits$)/;
const HTML = { "content-type": "text/html" };

export class Network {
  readonly #world: World;
  /** The faults that may come; empty once they have healed. */
  rates: Partial<Rates> = {};
  /** The next request to such an address meets this fault. */
  ambush: { readonly fault: ServerFault | "drop-answer"; readonly target: string } | null = null;
  /** Each answers one request to its address in the server's place, one after the other. */
  middleboxes: Middlebox[] = [];
  /** Tablets that the server has greeted since faults healed, and since it was set back, which may be later. */
  readonly greeted = new Set<Device>();
  readonly #vain: Call[] = [];
  #ids = 0;
  readonly #open = new Map<number, { call: Call; pokes: Pokes }>();
  readonly #chances = new Map<string, ReturnType<World["random"]["fork"]>>();

  constructor(world: World) {
    this.#world = world;
    world.server.onPoke = (id, text) => this.#poke(id, text);
  }

  /** No faults any more; who waits for an answer that will never come is told so, instead of a minute later. */
  heal(): void {
    this.rates = {};
    this.greeted.clear();
    for (const call of this.#vain.splice(0)) this.#at(call, 5, () => this.#fail(call, new TypeError("reset")));
  }

  /** Half of what is lost is noticed at once, the other half by waiting in vain. */
  #lose(call: Call, ms: number): void {
    if (call.page.device.random.chance(0.5)) this.#at(call, ms, () => this.#fail(call, new TypeError("reset")));
    else this.#vain.push(call);
  }

  fetch(page: Page, input: string, init: RequestInit): Promise<unknown> {
    if (page.isDead) return new Promise(() => undefined);
    return new Promise((resolve, reject) => {
      const signal = init.signal ?? null;
      const call: Call = {
        id: ++this.#ids,
        page,
        method: init.method ?? "GET",
        target: input,
        headers: lowered(init.headers as Record<string, string>),
        body: init.body as Uint8Array | undefined,
        resolve,
        reject,
        signal,
        isOver: false,
      };
      if (signal?.aborted) {
        this.#fail(call, signal.reason);
        return;
      }
      signal?.addEventListener("abort", () => this.#onAbort(call));
      this.#send(call);
    });
  }

  #onAbort(call: Call): void {
    const stream = this.#open.get(call.id);
    if (stream) {
      this.#open.delete(call.id);
      this.#world.server.do("close", this.#world.agenda.now, { id: call.id });
      stream.pokes.end();
    }
    this.#fail(call, call.signal?.reason);
  }

  /** The page has died: nobody waits for its answers. What is on its way to the server may still arrive. */
  drop(page: Page): void {
    for (const [id, { call }] of this.#open)
      if (call.page === page) {
        this.#open.delete(id);
        this.#world.server.do("close", this.#world.agenda.now, { id });
      }
  }

  /** The server's processes have ended, and every open stream with them. */
  hangUp(): void {
    for (const { call, pokes } of this.#open.values()) this.#at(call, 5, () => call.page.run(() => pokes.end()));
    this.#open.clear();
  }

  #is(fault: WayFault, call: Call): boolean {
    // Each kind of fault has chance of its own on each device: leaving one out changes nothing about the others.
    const name = `${fault} ${call.page.device.name}`;
    const chance = this.#chances.get(name) ?? this.#world.random.fork(name);
    this.#chances.set(name, chance);
    const drawn = chance.unit();
    // Further chunks of large photos are few.
    const weight = call.method === "PATCH" ? 3 : 1;
    const isHit = drawn < weight * (this.rates[fault] ?? 0) && !(fault !== "slow" && call.target.endsWith("/events"));
    if (isHit) this.#world.hit(`fault: ${fault}`);
    return isHit;
  }

  #at(call: Call, ms: number, work: () => void): void {
    const { device } = call.page;
    const isSlow = this.#is("slow", call);
    this.#world.agenda.after(ms + (isSlow ? device.random.int(1_000, 30_000) : 0), work);
  }

  #send(call: Call): void {
    const { device } = call.page;
    const delay = device.random.int(4, 60);
    if (!device.isOnline) {
      this.#at(call, 2, () => this.#fail(call, new TypeError("no network")));
      return;
    }
    if (this.#is("portal", call)) {
      this.#at(call, delay, () => this.#reply(call, 200, HTML, PORTAL));
      return;
    }
    if (this.#is("bad-gateway", call)) {
      this.#at(call, delay, () => this.#reply(call, 502, HTML, GATEWAY));
      return;
    }
    if (this.#is("drop-request", call)) {
      this.#lose(call, delay);
      return;
    }
    if (this.#is("duplicate", call)) {
      const again = device.random.chance(0.3) ? device.random.int(2_000, 30_000) : device.random.int(0, 300);
      this.#world.agenda.after(delay + again, () => void this.#reach(call));
    }
    this.#at(call, delay, () => this.#deliver(call));
  }

  /** The request is at the server. */
  #reach(call: Call): Answer {
    const world = this.#world;
    const { device } = call.page;
    const { method, target, headers, id } = call;
    let { body } = call;
    // Half of them by something in between that passes on what it has; else the line is gone, which both ends notice.
    const isShort = body !== undefined && this.#is("cut-request", call);
    const isCut = isShort && device.random.chance(0.5);
    if (isShort) body = body?.slice(0, device.random.int(0, body.length - 1));
    if (body && !call.target.endsWith("/enrol") && this.#is("corrupt-request", call))
      body = corrupted(body, device.random.unit());
    if (body && method === "POST" && target.endsWith("/commits")) world.watch.posted(call.page, body);
    const fault = this.#serverFault(call);
    const worker = device.random.int(0, world.plan.workers - 1);
    const head = { id, worker, method, target: target, headers, ...(fault && { fault }), ...(isCut && { cut: true }) };
    const answer = world.server.do<Answer>("request", world.agenda.now, head, body);
    // Signatures travel in what is sealed, and they differ from run to run.
    const told = target.endsWith("/courier") ? undefined : body;
    world.traced(`${device.name} ${method} ${target} → ${answer.crashed ? "crash" : answer.status}`, told, answer.body);
    if (target === "/api/v1/hello" && answer.status === 200) this.greeted.add(device);
    if (fault && answer.fired) world.hit(`fault: server ${fault.kind}`);
    if (answer.crashed) this.hangUp();
    else if (!isCut) world.books.answered(call.page, method, target, answer);
    return { ...answer, isCut };
  }

  /** The fault that a scenario has laid in this call's way. */
  #ambushed(call: Call, isOfAnswer: boolean): ServerFault | true | null {
    const { ambush } = this;
    if (!ambush || !call.target.includes(ambush.target) || (ambush.fault === "drop-answer") !== isOfAnswer) return null;
    this.ambush = null;
    return ambush.fault === "drop-answer" ? true : ambush.fault;
  }

  #serverFault(call: Call): ServerFault | null {
    const laid = this.#ambushed(call, false);
    if (laid && laid !== true) return laid;
    const { random } = call.page.device;
    const isOfFiles = call.target.includes("/blobs/uploads") || call.target.includes("/snapshot");
    // Nothing is written by any other question.
    if (call.method === "GET" && !isOfFiles) return null;
    const file = isOfFiles && random.chance(0.6);
    if (this.#is("crash-before", call)) return { kind: file ? "crash-file" : "before", nth: random.int(0, 1) };
    if (this.#is("crash-after", call)) return { kind: "after", nth: random.int(0, 1) };
    if (!this.#is("disk-full", call)) return null;
    const how = { whole: random.chance(0.3), lasting: random.chance(0.3) };
    if (file) return { kind: "full-file", nth: random.int(0, 1), ...how };
    return random.chance(0.4)
      ? { kind: "full-commit", nth: random.int(0, 1), ...how }
      : { kind: "full", nth: random.int(0, 6), ...how };
  }

  #answered(call: Call): Answer {
    const [middlebox, ...others] = this.middleboxes;
    if (!middlebox || !call.target.includes(middlebox.target)) return this.#reach(call);
    this.middleboxes = others;
    return middlebox.answer(call.body ?? new Uint8Array(), () => this.#reach(call));
  }

  #deliver(call: Call): void {
    if (call.method !== "POST" && call.method !== "PATCH" && call.isOver) return;
    const answer = this.#answered(call);
    if (answer.open) {
      if (call.isOver || call.page.isDead) {
        this.#world.server.do("close", this.#world.agenda.now, { id: call.id });
        return;
      }
      const pokes = new Pokes();
      this.#open.set(call.id, { call, pokes });
      this.#at(call, 10, () => this.#opened(call, answer, pokes));
      return;
    }
    const delay = call.page.device.random.int(4, 60);
    if (answer.crashed || answer.isCut || this.#ambushed(call, true) || this.#is("drop-answer", call)) {
      this.#lose(call, delay);
      return;
    }
    if (answer.status === 303) {
      this.#redirect(call, answer);
      return;
    }
    const body = this.#spoiled(call, answer);
    this.#at(call, delay, () => this.#reply(call, answer.status, answer.headers, body));
  }

  /** fetch follows by itself. */
  #redirect(call: Call, answer: Answer): void {
    const next = { ...call, target: answer.headers.location ?? "" };
    this.#at(call, 20, () => {
      const found = this.#answered(next);
      this.#world.hit("path: snapshot");
      this.#at(call, 20, () => {
        if (found.crashed) this.#fail(call, new TypeError("reset"));
        else this.#reply(call, found.status, found.headers, this.#spoiled(call, found));
      });
    });
  }

  #spoiled(call: Call, { body }: Answer): Buffer {
    const { random } = call.page.device;
    if (this.#is("cut-answer", call)) return body.subarray(0, random.int(0, Math.max(0, body.length - 1)));
    if (this.#is("cut-line", call)) return body.subarray(0, body.subarray(0, -1).lastIndexOf(10) + 1);
    // The rest is guarded by what carries it (TLS); these prove themselves.
    if (!PROVEN.test(call.target) || !this.#is("corrupt-answer", call)) return body;
    return Buffer.from(corrupted(body, random.unit()));
  }

  #opened(call: Call, answer: Answer, pokes: Pokes): void {
    if (call.isOver) return;
    call.isOver = true;
    pokes.push(answer.body.toString());
    call.page.run(() => call.resolve(new SimResponse(pokes, { status: 200, headers: answer.headers })));
  }

  #poke(id: number, text: string | null): void {
    const stream = this.#open.get(id);
    if (!stream) return;
    if (text === null) this.#open.delete(id);
    else this.#world.books.poked(stream.call.page.device.user, text);
    if (text !== null && this.#is("lost-poke", { ...stream.call, target: "" })) return;
    const { page } = stream.call;
    this.#at(stream.call, 15, () => page.run(() => (text === null ? stream.pokes.end() : stream.pokes.push(text))));
  }

  #reply(call: Call, status: number, headers: Readonly<Record<string, string>>, body: Uint8Array): void {
    if (call.isOver) return;
    call.isOver = true;
    release(call.signal);
    call.page.run(() => call.resolve(new SimResponse(new Uint8Array(body), { status, headers })));
  }

  #fail(call: Call, reason: unknown): void {
    if (call.isOver) return;
    call.isOver = true;
    release(call.signal);
    call.page.run(() => call.reject(reason));
  }
}

function lowered(headers: Record<string, string> = {}): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
}

/** One byte is another one: chance picks which. Not inside a signature, whose bytes differ from run to run. */
function corrupted(body: Uint8Array, where: number): Uint8Array {
  if (body.length === 0) return body;
  const copy = Uint8Array.from(body);
  const at = Math.floor(where * copy.length);
  copy[at] = copy[at] === 0x21 ? 0x22 : 0x21;
  return copy;
}

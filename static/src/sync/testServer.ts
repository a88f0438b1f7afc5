/** A server in memory that speaks enough of the protocol, with the faults of a bad link. */
import { base64, base64url, hex, sha256, unbase64url, unhex, utf8 } from "../domain/bytes";
import type { Change } from "../domain/change";
import { actorId, type Header, hashOf, nextChain, verify } from "../domain/commit";
import { openFrame } from "../domain/courier";
import { canonical, type Json } from "../domain/json";
import { digest } from "../domain/merge";
import type { PushError, PushResult } from "./protocol";
import { bytesOf, json, newKeys, newSealKeys, pointOf, problem, textOf } from "./testAnswers";
import { TestBlobs } from "./testBlobs";
import { type Line, type PushWorld, take } from "./testPush";
import { emptyState, type HeldRow, type State, type Stream, streamIn } from "./testState";

export const OP = "0192f000-0000-7000-8000-000000000001";
export const SHARED = `op/${OP}/shared`;
export const POL = `op/${OP}/POL`;
export const ALK = `op/${OP}/KOM_ALK`;

/** `drop`: the request never arrives. `cut`: half of its body does, and no answer comes. `lose`: it is handled and the answer is lost. `twice`: handled twice, like a retry. */
export interface Faults {
  down: boolean;
  drop: (path: string) => boolean;
  cut: (path: string) => boolean;
  lose: (path: string) => boolean;
  twice: boolean;
  /** Refuses these changes with a verdict. */
  judge: (change: Change) => { verdict: "held" | "rejected"; code: string } | null;
  /** Refuses whole envelopes. */
  envelope: (header: Header, body: string) => string | null;
  forgeReceipt: boolean;
  /** Alters what is answered, but not what the receipt says of it. */
  misreport: (result: PushResult) => PushResult;
}

export class TestServer {
  epoch = "e1";
  now = () => Date.now();
  state: State = emptyState();
  readonly members = new Map<string, Record<string, string>>();
  /** Roles of users who are no inspectors. */
  readonly roles = new Map<string, string>();
  readonly calls: string[] = [];
  readonly pending: string[] = [];
  /** The bodies of the pushes, as they arrived. */
  readonly pushes: string[] = [];
  readonly faults: Faults = {
    down: false,
    drop: () => false,
    cut: () => false,
    lose: () => false,
    twice: false,
    judge: () => null,
    envelope: () => null,
    forgeReceipt: false,
    misreport: (result) => result,
  };
  readonly #blobs = new TestBlobs();
  #keys: Promise<CryptoKeyPair> = newKeys();
  readonly sealKeys: Promise<CryptoKeyPair> = newSealKeys();

  /** Another machine with the same data. */
  changeKey(): void {
    this.#keys = newKeys();
  }

  stream(name: string): Stream {
    return streamIn(this.state, name);
  }

  digest(name: string): string {
    return digest(Object.entries(this.stream(name).world));
  }

  backup(): State {
    return structuredClone(this.state);
  }

  restore(backup: State): void {
    this.state = structuredClone(backup);
    this.epoch = `${this.epoch}+`;
  }

  /** A verified backup covers everything that is here now. */
  makeStable(): void {
    for (const chain of this.state.chains.values()) chain.stable = chain.n;
    for (const sha256 of this.state.blobs.keys()) this.state.stableBlobs.add(sha256);
  }

  /** What the sessions of users are good for, where that is not everything. */
  readonly rights = new Map<string, "lapsed" | "ended">();
  /** Actors whose changes are held. */
  readonly revoked = new Set<string>();

  readonly fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const call = `${init.method ?? "GET"} ${path.replace("/api/v1", "")}`;
    if (this.faults.down || this.faults.drop(call)) throw new TypeError("fetch failed");
    this.calls.push(call);
    if (this.faults.cut(call)) return this.#cutOff(path.replace("/api/v1", ""), init);
    const answer = await this.#handle(path.replace("/api/v1", ""), init);
    const last = this.faults.twice ? await this.#handle(path.replace("/api/v1", ""), init) : answer;
    if (this.faults.lose(call)) throw new TypeError("fetch failed");
    return last;
  };

  async #cutOff(path: string, init: RequestInit): Promise<never> {
    const body = init.body as Uint8Array<ArrayBuffer>;
    await this.#handle(path, { ...init, body: body.slice(0, body.length / 2) });
    throw new TypeError("fetch failed");
  }

  async #handle(path: string, init: RequestInit): Promise<Response> {
    const headers = new Headers(init.headers);
    const user = headers.get("Authorization")?.replace("Bearer ", "") ?? "";
    const streams = this.members.get(user);
    if (!streams) return problem("unauthenticated", 401);
    const actor = headers.get("Insats-Actor");
    if (actor && this.state.actors.get(actor)?.user !== user) return problem("actor-unknown", 403);
    const pending = headers.get("Insats-Pending");
    if (pending) this.pending.push(pending);
    const [route = ""] = path.split("?");
    if (this.rights.has(user) && /^\/(held|changes|events|streams)/.test(route)) return problem("unauthenticated", 401);
    if (route === "/actors") return this.#register(user, await textOf(init));
    if (route === "/hello") return json(await this.#hello(user, actor));
    if (route === "/held") return json({ held: this.#heldFor(user), more: false });
    if (route === "/commits")
      return this.#isAsSent(init, headers)
        ? json(await this.#push(await textOf(init)))
        : problem("checksum-mismatch", 460);
    if (route === "/courier") return this.#courier(new Uint8Array(init.body as Uint8Array<ArrayBuffer>));
    if (route === "/changes") return this.#changes(path, streams);
    if (route === "/events") return new Response(": hello\n\n");
    if (route.startsWith("/streams/")) return this.#snapshot(decodeURIComponent(route).slice(9, -9), streams);
    if (route.startsWith("/blobs")) return this.#blobs.answer(this.state, route, init, headers);
    return problem("not-found", 404);
  }

  async #register(user: string, body: string): Promise<Response> {
    const { key } = JSON.parse(body) as { key: string };
    const actor = actorId(bytesOf(key));
    this.state.actors.set(actor, { user, key });
    return json({ actor });
  }

  async #hello(user: string, actor: string | null): Promise<unknown> {
    const right = this.rights.get(user) ?? "read";
    const streams = Object.entries(this.members.get(user) ?? {}).map(([name, role]) => {
      const mine = this.state.chains.get(`${actor} ${name}`);
      const { head, chain } = this.stream(name);
      return [name, { head, chain, role, ...(mine && { mine }) }];
    });
    const point = await pointOf((await this.#keys).publicKey);
    return {
      epoch: this.epoch,
      now: this.now(),
      server: {
        kid: actorId(point),
        key: base64url(point),
        seal: base64url(await pointOf((await this.sealKeys).publicKey)),
      },
      user: { id: user, name: user, authority: "POL", role: this.roles.get(user) ?? "INSP" },
      actor: actor && { id: actor, status: this.revoked.has(actor) ? "revoked" : "active" },
      right,
      streams: right === "read" ? Object.fromEntries(streams) : {},
      chains: [...this.state.chains].flatMap(([key, { n, stable }]) => {
        const [a = "", stream = ""] = key.split(" ");
        return this.state.actors.get(a)?.user === user ? [{ actor: a, stream, n, stable }] : [];
      }),
      decisions: this.#rowsOf(user)
        .filter((row) => row.decided)
        .map(({ actor: a, stream, n, commit, change, decided, reason }) => {
          return { actor: a, stream, n, commit, change: change.id, verdict: decided, reason };
        }),
    };
  }

  #rowsOf(user: string): HeldRow[] {
    return [...this.state.held.values()].filter((row) => this.state.actors.get(row.actor)?.user === user);
  }

  #heldFor(user: string): unknown[] {
    const others = [...this.state.held.values()].filter((row) => this.state.actors.get(row.actor)?.user !== user);
    const mine = others.filter((row) => !row.decided && this.#world().isWriter(user, row.stream));
    return mine.map(({ decided: _decided, reason: _reason, ...row }) => {
      const author = this.state.actors.get(row.actor)?.user ?? "";
      return { ...row, user: { id: author, name: author, authority: "POL" } };
    });
  }

  #world(): PushWorld {
    return {
      state: this.state,
      now: this.now,
      isWriter: (user, stream) => this.members.get(user)?.[stream] === "writer",
      judge: this.faults.judge,
      envelope: this.faults.envelope,
      proven: (receipt) => this.#proven(receipt),
    };
  }

  async #push(body: string): Promise<unknown> {
    this.pushes.push(body);
    const results: PushResult[] = [];
    const errors: PushError[] = [];
    const stopped = new Set<string>();
    const heads: Record<string, number> = {};
    for (const [i, text] of body.split("\n").filter(Boolean).entries()) {
      const line = JSON.parse(text) as Line;
      const header = JSON.parse(line.h) as Header;
      const chain = `${header.actor} ${header.stream}`;
      if (stopped.has(chain)) continue;
      const outcome = await take(this.#world(), line, header);
      if ("type" in outcome) {
        stopped.add(chain);
        errors.push({ ...outcome, line: i + 1, actor: header.actor, stream: header.stream, n: header.n });
      } else {
        results.push(outcome);
        heads[header.stream] = this.stream(header.stream).head;
      }
    }
    const receipt = await this.#receipt(results);
    return { epoch: this.epoch, results: results.map(this.faults.misreport), errors, receipt, heads };
  }

  async #receipt(results: readonly PushResult[]): Promise<string> {
    const named = results.map((r) => ({ ...r, changes: hashOf(canonical(r.changes as unknown as Json)) }));
    const part = (value: unknown) => base64url(utf8(JSON.stringify(value)));
    const signed = `${part({ alg: "ES256" })}.${part({ epoch: this.epoch, results: named })}`;
    const keys = this.faults.forgeReceipt ? await newKeys() : await this.#keys;
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, utf8(signed));
    return `${signed}.${base64url(new Uint8Array(signature))}`;
  }

  #isAsSent({ body }: RequestInit, headers: Headers): boolean {
    return headers.get("Content-Digest") === `sha-256=:${base64(sha256(body as Uint8Array))}:`;
  }

  async #proven(receipt: string): Promise<PushResult[]> {
    const [header, payload = "", signature = ""] = receipt.split(".");
    if (!(await verify((await this.#keys).publicKey, signature, `${header}.${payload}`))) return [];
    return (JSON.parse(new TextDecoder().decode(unbase64url(payload))) as { results: PushResult[] }).results;
  }

  /** What is in a frame of a courier file, in the manner of a push; nothing of the answers comes out again. */
  async #courier(frame: Uint8Array<ArrayBuffer>): Promise<Response> {
    const plain = await openFrame((await this.sealKeys).privateKey, frame).catch(() => null);
    if (!plain) return problem("malformed", 400);
    const end = plain.indexOf(10);
    const head = JSON.parse(new TextDecoder().decode(plain.subarray(0, end))) as { kind: string; sha256: string };
    const rest = plain.subarray(end + 1);
    if (head.kind === "commits") {
      const answer = (await this.#push(new TextDecoder().decode(rest))) as { results: unknown[]; errors: PushError[] };
      return json({ taken: answer.results.length, refused: answer.errors.map((e) => e.type) });
    }
    this.carried.set(head.sha256, [...(this.carried.get(head.sha256) ?? []), rest]);
    return json({ taken: 1, refused: [] });
  }

  /** The pieces of photos that couriers brought, as they came. */
  readonly carried = new Map<string, Uint8Array[]>();

  #changes(path: string, streams: Record<string, string>): Response {
    const after = new URLSearchParams(path.split("?")[1]).get("after") ?? "";
    const cursors = after
      .split(",")
      .map((part) => [part.slice(0, part.lastIndexOf(":")), Number(part.slice(part.lastIndexOf(":") + 1))] as const);
    if (cursors.some(([name]) => !(name in streams))) return problem("not-found", 404);
    const lost = cursors.find(([name, seq]) => seq > this.stream(name).head || this.stream(name).head - seq > this.lag);
    if (lost) return problem("reset", 409, { head: this.stream(lost[0]).head });
    return new Response(cursors.map(([name, seq]) => this.#page(name, seq)).join(""));
  }

  /** A cursor further behind than this is told to take the snapshot. */
  lag = 1_000;
  /** So few that every test pages. */
  pageEntries = 2;

  #page(name: string, after: number): string {
    const stream = this.stream(name);
    const lines = stream.log.slice(after, after + this.pageEntries);
    const chain = stream.log
      .slice(0, after + lines.length)
      .reduce((c, { r }) => nextChain(c, r), unhex("00".repeat(32)) as Uint8Array);
    const end = { end: true, stream: name, head: stream.head, chain: `sha256:${hex(chain)}` };
    return `${[...lines, end].map((line) => JSON.stringify(line)).join("\n")}\n`;
  }

  #snapshot(name: string, streams: Record<string, string>): Response {
    if (!(name in streams)) return problem("not-found", 404);
    const { world, head, chain } = this.stream(name);
    const lines = Object.entries(world).map(([e, h]) => `${JSON.stringify({ e, h })}\n`);
    const end = JSON.stringify({ end: true, stream: name, seq: head, chain }).slice(0, -1);
    const told = lines.join("") + end;
    return new Response(`${told},"digest":"${hashOf(told)}"}\n`);
  }
}

/** A server in memory that speaks enough of the protocol, with the faults of a bad link. */
import { base64url, hex, sha256, unhex, utf8 } from "../domain/bytes";
import type { Change } from "../domain/change";
import { actorId, FIRST_CHAIN, type Header, hashOf, nextChain, publicKey, readBody, verify } from "../domain/commit";
import { type Cells, digest, mergeInto, type Retired } from "../domain/merge";
import type { EntryLine, PushError, PushResult } from "./protocol";
import { bytesOf, json, newKeys, problem, textOf, uploadAnswer } from "./testAnswers";

export const OP = "0192f000-0000-7000-8000-000000000001";
export const SHARED = `op/${OP}/shared`;
export const POL = `op/${OP}/POL`;
export const ALK = `op/${OP}/KOM_ALK`;

interface Stream {
  head: number;
  chain: string;
  log: EntryLine[];
  world: Record<string, Cells>;
  retired: Retired;
}

interface Stored {
  result: PushResult;
  prev: string;
}

interface State {
  streams: Map<string, Stream>;
  /** Header hash → what it got. */
  custody: Map<string, Stored>;
  chains: Map<string, { n: number; head: string; stable: number }>;
  actors: Map<string, { user: string; key: string }>;
  blobs: Map<string, Uint8Array>;
}

/** `drop`: the request never arrives. `lose`: it is handled and the answer is lost. `twice`: handled twice, like a retry. */
export interface Faults {
  down: boolean;
  drop: (path: string) => boolean;
  lose: (path: string) => boolean;
  twice: boolean;
  /** Refuses these changes with a verdict. */
  judge: (change: Change) => { verdict: "held" | "rejected"; code: string } | null;
  /** Refuses whole envelopes. */
  envelope: (header: Header, body: string) => string | null;
  forgeReceipt: boolean;
}

type Uploads = Map<string, { sha256: string; size: number; parts: Uint8Array[]; offset: number }>;

export class TestServer {
  epoch = "e1";
  now = () => Date.now();
  state: State = {
    streams: new Map(),
    custody: new Map(),
    chains: new Map(),
    actors: new Map(),
    blobs: new Map(),
  };
  readonly members = new Map<string, Record<string, string>>();
  readonly calls: string[] = [];
  readonly pending: string[] = [];
  readonly faults: Faults = {
    down: false,
    drop: () => false,
    lose: () => false,
    twice: false,
    judge: () => null,
    envelope: () => null,
    forgeReceipt: false,
  };
  readonly #uploads: Uploads = new Map();
  #keys: Promise<CryptoKeyPair> = newKeys();

  /** Another machine with the same data. */
  changeKey(): void {
    this.#keys = newKeys();
  }

  stream(name: string): Stream {
    const found = this.state.streams.get(name) ?? {
      head: 0,
      chain: FIRST_CHAIN,
      log: [],
      world: {},
      retired: new Map(),
    };
    this.state.streams.set(name, found);
    return found;
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
  }

  readonly fetch = async (path: string, init: RequestInit): Promise<Response> => {
    const call = `${init.method ?? "GET"} ${path.replace("/api/v1", "")}`;
    if (this.faults.down || this.faults.drop(call)) throw new TypeError("fetch failed");
    this.calls.push(call);
    const answer = await this.#handle(path.replace("/api/v1", ""), init);
    const last = this.faults.twice ? await this.#handle(path.replace("/api/v1", ""), init) : answer;
    if (this.faults.lose(call)) throw new TypeError("fetch failed");
    return last;
  };

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
    if (route === "/actors") return this.#register(user, await textOf(init));
    if (route === "/hello") return json(await this.#hello(user, actor));
    if (route === "/commits") return json(await this.#push(await textOf(init)));
    if (route === "/changes") return this.#changes(path, streams);
    if (route === "/events") return new Response(": hello\n\n");
    if (route.startsWith("/streams/")) return this.#snapshot(decodeURIComponent(route).slice(9, -9), streams);
    if (route.startsWith("/blobs")) return this.#blobs(route, init, headers);
    return problem("not-found", 404);
  }

  async #register(user: string, body: string): Promise<Response> {
    const { key } = JSON.parse(body) as { key: string };
    const actor = actorId(bytesOf(key));
    this.state.actors.set(actor, { user, key });
    return json({ actor });
  }

  async #hello(user: string, actor: string | null): Promise<unknown> {
    const point = new Uint8Array(await crypto.subtle.exportKey("raw", (await this.#keys).publicKey));
    const streams = Object.entries(this.members.get(user) ?? {}).map(([name, role]) => {
      const mine = this.state.chains.get(`${actor} ${name}`);
      const { head, chain } = this.stream(name);
      return [name, { head, chain, role, ...(mine && { mine }) }];
    });
    return {
      epoch: this.epoch,
      now: this.now(),
      server: { kid: actorId(point), key: base64url(point) },
      user: { id: user, name: user, authority: "POL", role: "INSP" },
      actor: actor && { id: actor, status: "active" },
      streams: Object.fromEntries(streams),
    };
  }

  async #push(body: string): Promise<unknown> {
    const results: PushResult[] = [];
    const errors: PushError[] = [];
    const stopped = new Set<string>();
    const heads: Record<string, number> = {};
    for (const [i, text] of body.split("\n").filter(Boolean).entries()) {
      const envelope = JSON.parse(text) as EntryLine;
      const header = JSON.parse(envelope.h) as Header;
      const chain = `${header.actor} ${header.stream}`;
      if (stopped.has(chain)) continue;
      const outcome = await this.#take(envelope, header);
      if ("type" in outcome) {
        stopped.add(chain);
        errors.push({ ...outcome, line: i + 1, actor: header.actor, stream: header.stream, n: header.n });
      } else {
        results.push(outcome);
        heads[header.stream] = this.stream(header.stream).head;
      }
    }
    return { epoch: this.epoch, results, errors, receipt: await this.#receipt(results), heads };
  }

  async #receipt(results: readonly PushResult[]): Promise<string> {
    const named = results.map(({ forked: _forked, changes: _changes, ...rest }) => rest);
    const part = (value: unknown) => base64url(utf8(JSON.stringify(value)));
    const signed = `${part({ alg: "ES256" })}.${part({ epoch: this.epoch, results: named })}`;
    const keys = this.faults.forgeReceipt ? await newKeys() : await this.#keys;
    const signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, keys.privateKey, utf8(signed));
    return `${signed}.${base64url(new Uint8Array(signature))}`;
  }

  async #take(envelope: EntryLine, header: Header): Promise<PushResult | PushError> {
    const hash = hashOf(envelope.h);
    const fault = await this.#faultOf(envelope, header);
    // From here on nothing is awaited: what the real server does in one write transaction.
    const known = this.state.custody.get(hash);
    if (known) return known.result;
    if (fault) return fault;
    const key = `${header.actor} ${header.stream}`;
    const chain = this.state.chains.get(key) ?? { n: 0, head: "", stable: 0 };
    const forked = header.prev !== chain.head;
    if (!forked) this.state.chains.set(key, { ...chain, n: header.n, head: hash });
    const result = { ...this.#merge(envelope, header, hash), forked };
    this.state.custody.set(hash, { result, prev: header.prev });
    return result;
  }

  async #faultOf({ h, b, s }: EntryLine, header: Header): Promise<PushError | null> {
    const actor = this.state.actors.get(header.actor);
    if (!actor) return { type: "urn:insats:actor-unknown" };
    const isSigned = header.body === hashOf(b) && (await verify(await publicKey(actor.key), s, h));
    if (!isSigned) return { type: "urn:insats:bad-signature" };
    const code = this.faults.envelope(header, b);
    if (code) return { type: `urn:insats:${code}` };
    const parent = this.state.custody.get(header.prev)?.result;
    const isChild = header.prev === "" ? header.n === 1 : parent?.actor === header.actor && parent.n === header.n - 1;
    const chain = this.state.chains.get(`${header.actor} ${header.stream}`);
    return isChild ? null : { type: "urn:insats:chain-gap", expect: (chain?.n ?? 0) + 1 };
  }

  #merge({ h, b, s }: EntryLine, header: Header, hash: string): PushResult {
    const stream = this.stream(header.stream);
    const received = this.now();
    const seq = stream.head + 1;
    const changes: PushResult["changes"] = {};
    const dead: string[] = [];
    let isEffective = false;
    for (const { change } of readBody(b)) {
      const verdict = this.faults.judge(change) ?? this.#hold(header);
      if (verdict) {
        changes[change.id] = verdict;
        continue;
      }
      const cells = stream.world[change.e] ?? {};
      stream.world[change.e] = cells;
      const t = Math.min(change.at + header.off, received);
      const outcome = mergeInto(cells, stream.retired, change, { actor: header.actor, t, seq });
      if (outcome === "duplicate") changes[change.id] = { verdict: "duplicate" };
      else if (outcome === "id_reused") changes[change.id] = { verdict: "rejected", code: "id_reused" };
      else isEffective = true;
      if (outcome === "dead") dead.push(change.id);
    }
    if (isEffective) {
      const skip = Object.keys(changes).sort();
      const r = JSON.stringify({ stream: header.stream, seq, commit: hash, received, skip, dead });
      stream.head = seq;
      stream.chain = `sha256:${hex(nextChain(unhex(stream.chain.slice(7)), r))}`;
      stream.log.push({ r, h, b, s });
    }
    const { actor, n } = header;
    return { actor, stream: header.stream, n, hash, seq: isEffective ? seq : null, received, forked: false, changes };
  }

  #hold(header: Header): { verdict: "held"; code: string } | null {
    const user = this.state.actors.get(header.actor)?.user ?? "";
    return this.members.get(user)?.[header.stream] === "writer" ? null : { verdict: "held", code: "no_authority" };
  }

  #changes(path: string, streams: Record<string, string>): Response {
    const after = new URLSearchParams(path.split("?")[1]).get("after") ?? "";
    const cursors = after
      .split(",")
      .map((part) => [part.slice(0, part.lastIndexOf(":")), Number(part.slice(part.lastIndexOf(":") + 1))] as const);
    if (cursors.some(([name]) => !(name in streams))) return problem("not-found", 404);
    if (cursors.some(([name, seq]) => seq > this.stream(name).head)) return problem("reset", 409);
    return new Response(cursors.map(([name, seq]) => this.#page(name, seq)).join(""));
  }

  /** Pages of two entries, so that every test pages. */
  #page(name: string, after: number): string {
    const stream = this.stream(name);
    const lines = stream.log.slice(after, after + 2);
    const chain = stream.log
      .slice(0, after + lines.length)
      .reduce((c, { r }) => nextChain(c, r), new Uint8Array(32) as Uint8Array);
    const end = { end: true, stream: name, head: stream.head, chain: `sha256:${hex(chain)}` };
    return `${[...lines, end].map((line) => JSON.stringify(line)).join("\n")}\n`;
  }

  #snapshot(name: string, streams: Record<string, string>): Response {
    if (!(name in streams)) return problem("not-found", 404);
    const { world, head, chain } = this.stream(name);
    const lines = Object.entries(world).map(([e, h]) => ({ e, h }));
    const end = { end: true, stream: name, seq: head, chain };
    return new Response(`${[...lines, end].map((line) => JSON.stringify(line)).join("\n")}\n`);
  }

  async #blobs(route: string, init: RequestInit, headers: Headers): Promise<Response> {
    if (route === "/blobs/missing") {
      const asked = (JSON.parse(await textOf(init)) as { sha256: string[] }).sha256;
      const verified = asked.filter((h) => this.state.blobs.has(h));
      return json({ missing: asked.filter((h) => !verified.includes(h)), partial: {}, verified });
    }
    if (route === "/blobs/uploads") return this.#createUpload(headers);
    const upload = this.#uploads.get(route);
    if (!upload) return problem("not-found", 404);
    if (init.method === "HEAD") return uploadAnswer(200, upload.offset);
    return this.#patch(route, new Uint8Array(init.body as Uint8Array<ArrayBuffer>), headers);
  }

  #createUpload(headers: Headers): Response {
    const metadata = headers.get("Upload-Metadata")?.split(",")[0]?.split(" ")[1] ?? "";
    const url = `/blobs/uploads/${this.#uploads.size + 1}`;
    const size = Number(headers.get("Upload-Length"));
    this.#uploads.set(url, { sha256: atob(metadata), size, parts: [], offset: 0 });
    return uploadAnswer(201, 0, { Location: `http://elsewhere.example/api/v1${url}` });
  }

  #patch(url: string, bytes: Uint8Array, headers: Headers): Response {
    const upload = this.#uploads.get(url);
    if (!upload || Number(headers.get("Upload-Offset")) !== upload.offset) return problem("upload-offset", 409);
    const checksum = `sha256 ${Buffer.from(sha256(bytes)).toString("base64")}`;
    if (headers.get("Upload-Checksum") !== checksum) return problem("checksum-mismatch", 460);
    upload.parts.push(bytes);
    upload.offset += bytes.length;
    if (upload.offset < upload.size) return uploadAnswer(204, upload.offset);
    const whole = new Uint8Array(Buffer.concat(upload.parts));
    this.#uploads.delete(url);
    if (hex(sha256(whole)) !== upload.sha256) return problem("checksum-mismatch", 460);
    this.state.blobs.set(upload.sha256, whole);
    this.#uploads.set(url, upload);
    return uploadAnswer(204, upload.offset);
  }
}

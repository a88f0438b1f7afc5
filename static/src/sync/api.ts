import { base64, utf8 } from "../domain/bytes";
import { Problem } from "../domain/problem";
import type { User } from "../store/schema";
import type { Invitation, NewAccount, OwnSessions, PeopleAnswer, SetupChoices } from "./people";
import { type HeldAnswer, type Hello, type Missing, type PushAnswer, parseJson, streamPath } from "./protocol";
import { APP } from "./version";

const BASE = "/api/v1";
/** The worker leaves calls alone that do not ask for it. */
export const BY_WORKER = "Insats-By-Worker";
/** The version of the protocol that this client reads; a server that has moved on answers 426 to a pull, never to a push. */
const PROTOCOL = { "Insats-Protocol": "1" };
/** Below this a compressed body is hardly smaller. */
const GZIP_FROM = 400;

export interface Timeouts {
  /** Small answers, ms. */
  readonly short: number;
  /** Pages, snapshots and photo chunks over a bad link, ms. */
  readonly long: number;
}
export const TIMEOUTS: Timeouts = { short: 15_000, long: 120_000 };

/** What a call needs to know of the tablet at the moment it is made. */
export interface Caller {
  token(): string | null;
  actor(): string | null;
  /** The value of `Insats-Pending`. */
  pending(): string;
  /** The server has answered. */
  contact(): void;
}

export interface CallOptions {
  method?: string;
  body?: string | Uint8Array<ArrayBuffer>;
  gzip?: boolean;
  /** Say the hash of what is sent, so that the server can tell what the way did from what we wrote. */
  digest?: boolean;
  type?: string;
  headers?: Record<string, string>;
  timeout?: number;
  /** Ends the call instead of a timeout: for an answer that has no end. */
  signal?: AbortSignal;
  /** May not be asked twice: the second time it would be refused. */
  once?: boolean;
}

/** `lost`: the tablet this one was before its store was lost. */
export interface Enrolling {
  readonly id: string;
  readonly label: string;
  readonly lost?: { readonly id: string; readonly label: string };
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;
export type Api = ReturnType<typeof createApi>;

/**
 * The calls of the protocol. Each rejects with a Problem: the server's, or `offline` when there was no answer in time or
 * one that our server does not write (a captive portal).
 */
export function createApi(fetch: Fetch, caller: Caller, timeouts: Timeouts = TIMEOUTS) {
  async function call(path: string, options: CallOptions = {}): Promise<Response> {
    const signal = options.signal ?? AbortSignal.timeout(options.timeout ?? timeouts.short);
    const init = { ...(await requestOf(caller, options)), signal };
    const url = path.startsWith(BASE) ? path : BASE + path;
    const direct = fetch(url, init);
    const response = await (options.once ? direct : direct.catch((e) => throughWorker(fetch, url, init, e))).catch(
      offline,
    );
    if (!response.ok) throw await problemOf(response, caller);
    if (isPage(response)) throw new Problem("offline", response.status, "a portal stands between us and the server");
    caller.contact();
    return response;
  }

  const text = async (path: string, options?: CallOptions) => (await call(path, options)).text().catch(offline);
  const json = async <T>(path: string, options?: CallOptions) => parseJson<T>(await text(path, options));
  const post = <T>(path: string, value: unknown, options: CallOptions = {}) =>
    json<T>(path, { ...options, method: "POST", body: JSON.stringify(value), type: "application/json" });

  return {
    call,
    long: timeouts.long,
    stream: (path: string, signal: AbortSignal) => call(path, { signal, headers: { Accept: "text/event-stream" } }),
    enrol: (code: string, device: Enrolling) =>
      post<{ token: string; user: User }>("/enrol", { code, device }, { once: true }),
    /** What a setup form has to choose from; needs no session. */
    setupChoices: () => json<SetupChoices>("/setup"),
    setUp: (code: string, account: NewAccount, device: Enrolling) =>
      post<{ token: string; user: User }>("/setup", { ...account, code, device }, { once: true }),
    people: () => json<PeopleAnswer>("/people"),
    invite: (account: NewAccount & { readonly role: string }) => post<Invitation>("/people", account, { once: true }),
    link: (user: string) => post<Invitation>(`/people/${encodeURIComponent(user)}/link`, {}, { once: true }),
    closeAccount: (user: string) => post<unknown>(`/people/${encodeURIComponent(user)}/close`, {}),
    blockTablet: (device: string) => post<unknown>(`/tablets/${encodeURIComponent(device)}/block`, {}),
    endSession: (user: string, device: string) =>
      json<unknown>(`/people/${encodeURIComponent(user)}/sessions/${encodeURIComponent(device)}`, { method: "DELETE" }),
    sessions: () => json<OwnSessions>("/sessions"),
    endOwnSession: (device: string) => json<unknown>(`/sessions/${encodeURIComponent(device)}`, { method: "DELETE" }),
    registerActor: (key: string) => post<{ actor: string }>("/actors", { key }),
    hello: () => json<Hello>("/hello"),
    push: (lines: string, gzip: boolean) =>
      json<PushAnswer>("/commits", {
        method: "POST",
        body: lines,
        type: "application/x-ndjson",
        gzip,
        digest: true,
        timeout: timeouts.long,
      }),
    changes: (after: string) =>
      text(`/changes?after=${encodeURIComponent(after)}`, { timeout: timeouts.long, headers: PROTOCOL }),
    snapshot: (stream: string) => text(`/streams/${streamPath(stream)}/snapshot`, { timeout: timeouts.long }),
    digest: (stream: string) =>
      json<{ stream: string; seq: number; digest: string }>(`/streams/${streamPath(stream)}/digest`),
    devices: () => json<unknown>("/devices"),
    held: () => json<HeldAnswer>("/held"),
    /** Hands over one frame of a courier file. */
    courier: (frame: Uint8Array<ArrayBuffer>) =>
      json<{ taken: number; refused: readonly string[] }>("/courier", {
        method: "POST",
        body: frame,
        type: "application/vnd.insats.courier",
        timeout: timeouts.long,
      }),
    missing: (sha256: readonly string[]) => post<Missing>("/blobs/missing", { sha256 }),
    /** The picture of a photo as the server re-encoded it, without metadata. Never the original: nobody has decoded that. */
    view: async (sha256: string) =>
      (await call(`/blobs/${sha256}/view`, { timeout: timeouts.long })).blob().catch(offline),
  };
}

/**
 * The same once more by the service worker's own line, where there was no answer. If Chromium's network process dies while a page
 * loads, that page's line stays dead for as long as it is open.
 */
function throughWorker(fetch: Fetch, url: string, init: RequestInit, error: unknown): Promise<Response> {
  if (!(error instanceof TypeError) || !globalThis.navigator?.serviceWorker?.controller) throw error;
  return fetch(url, { ...init, headers: { ...init.headers, [BY_WORKER]: "1" } });
}

async function requestOf(caller: Caller, options: CallOptions): Promise<RequestInit> {
  const [token, actor] = [caller.token(), caller.actor()];
  const headers: Record<string, string> = {
    ...(token && { Authorization: `Bearer ${token}`, "Insats-Pending": caller.pending(), "Insats-App": APP }),
    ...(actor && { "Insats-Actor": actor }),
    ...options.headers,
  };
  if (options.type) headers["Content-Type"] = options.type;
  const bytes = typeof options.body === "string" ? utf8(options.body) : options.body;
  const body = options.gzip && bytes && bytes.length >= GZIP_FROM ? await gzipped(bytes, headers) : bytes;
  if (options.digest && body) headers["Content-Digest"] = `sha-256=:${base64(await sha256Of(body))}:`;
  return { method: options.method ?? "GET", headers, cache: "no-store", ...(body && { body }) };
}

async function gzipped(
  bytes: Uint8Array<ArrayBuffer>,
  headers: Record<string, string>,
): Promise<Uint8Array<ArrayBuffer>> {
  headers["Content-Encoding"] = "gzip";
  const stream = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

async function sha256Of(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
}

function offline(error: unknown): never {
  throw new Problem("offline", 0, String(error));
}

/** Our server never answers a call with a page to look at; what stands between us and it sometimes does. */
function isPage(response: Response): boolean {
  return response.headers.get("Content-Type")?.includes("text/html") ?? false;
}

interface ProblemDocument {
  type?: string;
  detail?: string;
  title?: string;
  head?: number;
}

async function problemOf(response: Response, caller: Caller): Promise<Problem> {
  const isOurs = response.headers.get("Content-Type")?.includes("problem+json") ?? false;
  if (!isOurs) return new Problem("offline", response.status, "the answer is not our server's");
  caller.contact();
  const document = (await response.json().catch(() => ({}))) as ProblemDocument;
  const code = document.type?.replace("urn:insats:", "") ?? "internal";
  const wait = Number(response.headers.get("Retry-After") ?? "0") * 1_000 || 0;
  return new Problem(code, response.status, document.detail ?? document.title ?? "", wait, document.head ?? null);
}

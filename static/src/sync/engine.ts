import { isProblem } from "../domain/problem";
import type { Tablet } from "../store/tablet";
import { isBroken, isFullDisk } from "../store/transaction";
import { namedActor } from "./actor";
import { createApi, type Fetch, type Timeouts } from "./api";
import { unsentBlobs } from "./blobs";
import { newState, noteHead, type Sync, type SyncState } from "./context";
import { type Listening, listen } from "./events";
import { withSyncLock } from "./lock";
import { pendingCounts, pendingHeader, pendingOf } from "./pending";
import type { Poke } from "./protocol";
import { runRound } from "./round";

const SAVE_DELAY_MS = 250;
const SAVE_DELAY_LIMIT_MS = 1_000;
/** Also while pokes come: one that was lost must not keep a board behind for longer. */
const IDLE_MS = 20_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
/** While somebody looks and something waits to be sent: a server that comes back is found soon. */
const LONGEST_WAITING_MS = 15_000;
const OTHER_TAB_MS = 500;

export type Reason = "start" | "visible" | "online" | "timer" | "save" | "poke" | "person";

export interface Engine {
  readonly sync: Sync;
  /** One round, now. Resolves when it has ended, well or not; what went wrong is in `sync.state.problem`. */
  round(reason: Reason): Promise<void>;
  /** Asks for a round soon. */
  wake(reason: Reason): void;
  /** Rounds by timer and by pokes, until `stop`; again, with the token of now, when it is called again. */
  start(): void;
  stop(): void;
  onPoke(listener: (poke: Poke) => void): () => void;
}

export interface EngineOptions {
  readonly fetch?: Fetch;
  readonly timeouts?: Timeouts;
}

/** The sync engine of one tab: rounds of hello, push, pull and blobs, never two at once. */
export function createEngine(tablet: Tablet, options: EngineOptions = {}): Engine {
  return new TabEngine(createSync(tablet, options));
}

class TabEngine implements Engine {
  readonly sync: Sync;
  readonly #listeners = new Set<(poke: Poke) => void>();
  #running: Promise<void> | null = null;
  #again: Reason | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #saveSince = 0;
  #retry = FIRST_RETRY_MS;
  /** The server asked to be left alone until then. */
  #notBefore = 0;
  #listening: AbortController | null = null;

  constructor(sync: Sync) {
    this.sync = sync;
  }

  start(): void {
    this.#listening ??= new AbortController();
    this.wake("start");
  }

  stop(): void {
    this.#listening?.abort();
    this.#listening = null;
    clearTimeout(this.#timer);
  }

  onPoke(listener: (poke: Poke) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  wake(reason: Reason): void {
    const isNews = reason === "start" || reason === "online" || reason === "visible";
    if (isNews) this.#relisten();
    if (isNews) this.#retry = FIRST_RETRY_MS;
    if (reason === "save") this.#wakeAfterSave();
    else if (isNews && Date.now() < this.#notBefore) this.#roundAfter(this.#notBefore - Date.now());
    else void this.round(reason);
  }

  round(reason: Reason): Promise<void> {
    if (this.#running && (this.#again === null || isUrgent(reason))) this.#again = reason;
    this.#running ??= this.#run(reason);
    return this.#running;
  }

  /** Rounds until nobody asks for another one. Looking and ending are one step, so that no wish falls between them. */
  async #run(reason: Reason): Promise<void> {
    clearTimeout(this.#timer);
    let delay = await this.#once(reason);
    for (let next = this.#again; next !== null; next = this.#again) {
      this.#again = null;
      delay = await this.#once(next);
    }
    this.#running = null;
    this.#roundAfter(delay);
  }

  #roundAfter(delay: number): void {
    clearTimeout(this.#timer);
    if (this.#listening) this.#timer = setTimeout(() => void this.round("timer"), delay);
  }

  /** One round; the ms until the next one is due. */
  async #once(reason: Reason): Promise<number> {
    const { state, tablet } = this.sync;
    this.#saveSince = 0;
    this.#setSyncing(true);
    try {
      const isWanted = () => this.#again !== null;
      const held = await withSyncLock(tablet, () => runRound(this.sync, isUrgent(reason), isWanted));
      state.problem = problemOf(state);
      this.#retry = FIRST_RETRY_MS;
      return this.#afterSuccess(held);
    } catch (error) {
      return this.#afterFailure(error);
    } finally {
      this.#setSyncing(false);
    }
  }

  #afterSuccess(held: boolean): number {
    if (!held) return jittered(OTHER_TAB_MS);
    if (unsentBlobs(this.sync).length > 0) return FIRST_RETRY_MS;
    return jittered(IDLE_MS);
  }

  #afterFailure(error: unknown): number {
    this.sync.state.problem = isProblem(error, "offline") ? null : codeOf(error);
    this.#onStorage(error);
    const wait = isProblem(error) ? error.wait : 0;
    if (wait > 0) this.#notBefore = Date.now() + wait;
    const delay = Math.max(jittered(this.#retry), wait);
    const { memory } = this.sync.tablet;
    const longest = isVisible() && pendingOf(memory).changes > 0 ? LONGEST_WAITING_MS : LONGEST_RETRY_MS;
    this.#retry = Math.min(this.#retry * 2, longest);
    return delay;
  }

  /** Reading finds out too, where nothing is written. */
  #onStorage(error: unknown): void {
    const { tablet } = this.sync;
    if (isFullDisk(error)) tablet.memory.setFull(true);
    if (!isBroken(error) || tablet.memory.isLost) return;
    tablet.memory.setLost();
    tablet.lost();
  }

  #setSyncing(isSyncing: boolean): void {
    this.sync.state.syncing = isSyncing;
    this.sync.tablet.memory.announceStatus();
  }

  /** Taps that follow one another closely travel together, but the first of them never waits longer than the limit. */
  #wakeAfterSave(): void {
    if (this.#running) this.#again ??= "save";
    if (this.#running || !this.#listening) return;
    const now = Date.now();
    this.#saveSince ||= now;
    const left = Math.min(SAVE_DELAY_MS, this.#saveSince + SAVE_DELAY_LIMIT_MS - now);
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.round("save"), Math.max(0, left, this.#notBefore - now));
  }

  #relisten(): void {
    if (!this.#listening) return;
    this.#listening.abort();
    const ours = new AbortController();
    this.#listening = ours;
    const to: Listening = {
      onPoke: (poke) => this.#onPoke(poke),
      onOpen: () => this.#onOpen(),
      onByte: () => this.#onByte(),
    };
    void listen(this.sync.api, to, ours.signal);
  }

  /** Pokes that came while nobody listened are not repeated, and the server may be another one: ask what they would have said. */
  #onOpen(): void {
    this.sync.state.lastHello = 0;
    this.sync.state.isInDoubt = true;
    this.wake("poke");
  }

  #onByte(): void {
    this.sync.state.lastContact = this.sync.tablet.now();
    this.sync.tablet.memory.announceStatus();
  }

  #onPoke(poke: Poke): void {
    for (const listener of this.#listeners) listener(poke);
    const { state, tablet } = this.sync;
    const known = tablet.memory.streams.get(poke.stream);
    // Other topics, such as `devices`, are no streams.
    if (!poke.stream.includes("/") && poke.stream !== "ref") return;
    if (!known) state.lastHello = 0;
    else if (poke.head <= known.cursor) return;
    else noteHead(state, poke.stream, poke.head);
    this.wake("poke");
  }
}

/** What a round that went well leaves for a person to do. */
function problemOf({ isOtherServer, right }: SyncState): string | null {
  if (isOtherServer) return "server-key";
  return right === "read" ? null : right;
}

function codeOf(error: unknown): string {
  if (isProblem(error)) return error.code;
  if (isFullDisk(error)) return "storage-full";
  return isBroken(error) ? "storage" : "internal";
}

function isVisible(): boolean {
  return globalThis.document?.visibilityState !== "hidden";
}

function isUrgent(reason: Reason): boolean {
  return reason !== "save" && reason !== "poke";
}

function jittered(ms: number): number {
  return ms * (0.75 + Math.random() / 4);
}

function createSync(tablet: Tablet, { fetch, timeouts }: EngineOptions): Sync {
  const state = newState();
  const caller = {
    token: () => tablet.memory.session?.token ?? null,
    actor: () => namedActor(tablet),
    pending: () => {
      const pending = pendingOf(tablet.memory);
      state.told = pendingCounts(pending);
      return pendingHeader(pending, tablet.now(), state.free);
    },
    contact: () => {
      state.lastContact = tablet.now();
    },
  };
  return { tablet, state, api: createApi(fetch ?? ((input, init) => globalThis.fetch(input, init)), caller, timeouts) };
}

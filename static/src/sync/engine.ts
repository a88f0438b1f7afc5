import { isProblem } from "../domain/problem";
import type { Tablet } from "../store/tablet";
import { namedActor, registerActors } from "./actor";
import { createApi, type Fetch, type Timeouts } from "./api";
import { sendBlobs, unsentBlobs } from "./blobs";
import { newState, noteHead, type Sync } from "./context";
import { listen } from "./events";
import { greet } from "./hello";
import { withSyncLock } from "./lock";
import { pendingHeader } from "./pending";
import type { Poke } from "./protocol";
import { pull } from "./pull";
import { push } from "./push";
import { sealAll } from "./seal";

/** Without contact, taps wait this long for their seal (ms): one commit for what belongs together, not one a tap. */
const OFFLINE_SEAL_MS = 30_000;
/** The server counts as reachable this long after a good answer (ms). */
export const CONTACT_MS = 30_000;
const HELLO_EVERY_MS = 20_000;
const SAVE_DELAY_MS = 250;
const SAVE_DELAY_LIMIT_MS = 1_000;
const IDLE_MS = 20_000;
const IDLE_LISTENING_MS = 60_000;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;
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
  const sync = createSync(tablet, options);
  const { state } = sync;
  const listeners = new Set<(poke: Poke) => void>();
  let running: Promise<void> | null = null;
  let again: Reason | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let saveSince = 0;
  let retry = FIRST_RETRY_MS;
  let listening: AbortController | null = null;
  let isListening = false;

  function round(reason: Reason): Promise<void> {
    if (running) again = again === null || isUrgent(reason) ? reason : again;
    running ??= run(reason);
    return running;
  }

  /** Rounds until nobody asks for another one. Looking and ending are one step, so that no wish falls between them. */
  async function run(reason: Reason): Promise<void> {
    clearTimeout(timer);
    let delay = await once(reason);
    for (let next = again; next !== null; next = again) {
      again = null;
      delay = await once(next);
    }
    running = null;
    if (listening) timer = setTimeout(() => void round("timer"), delay);
  }

  /** One round; the ms until the next one is due. */
  async function once(reason: Reason): Promise<number> {
    saveSince = 0;
    setSyncing(true);
    try {
      const held = await withSyncLock(tablet, () => steps(sync, isUrgent(reason), () => again !== null));
      state.problem = state.isOtherServer ? "server-key" : null;
      retry = FIRST_RETRY_MS;
      if (held && unsentBlobs(sync).length > 0 && again === null) return FIRST_RETRY_MS;
      return jittered(held ? (isListening ? IDLE_LISTENING_MS : IDLE_MS) : OTHER_TAB_MS);
    } catch (error) {
      return afterFailure(error);
    } finally {
      setSyncing(false);
    }
  }

  function afterFailure(error: unknown): number {
    const isOffline = isProblem(error, "offline");
    state.problem = isOffline ? null : isProblem(error) ? error.code : "internal";
    const delay = Math.max(jittered(retry), isProblem(error) ? error.wait : 0);
    retry = Math.min(retry * 2, LONGEST_RETRY_MS);
    return delay;
  }

  function setSyncing(isSyncing: boolean): void {
    state.syncing = isSyncing;
    tablet.memory.announceStatus();
  }

  function wake(reason: Reason): void {
    if (reason === "start" || reason === "online" || reason === "visible") relisten();
    if (reason === "save") wakeAfterSave();
    else void round(reason);
  }

  /** Taps that follow one another closely travel together, but the first of them never waits longer than the limit. */
  function wakeAfterSave(): void {
    if (running) again ??= "save";
    if (running || !listening) return;
    saveSince ||= Date.now();
    const left = SAVE_DELAY_LIMIT_MS - (Date.now() - saveSince);
    clearTimeout(timer);
    timer = setTimeout(() => void round("save"), Math.max(0, Math.min(SAVE_DELAY_MS, left)));
  }

  function relisten(): void {
    if (!listening) return;
    listening.abort();
    listening = new AbortController();
    void listen(sync.api, { onPoke, onOpen, onByte, onClose }, listening.signal);
  }

  function onOpen(): void {
    isListening = true;
    wake("poke");
  }

  function onClose(): void {
    isListening = false;
  }

  function onByte(): void {
    state.lastContact = tablet.now();
    tablet.memory.announceStatus();
  }

  function onPoke(poke: Poke): void {
    for (const listener of listeners) listener(poke);
    const known = tablet.memory.streams.get(poke.stream);
    if (!poke.stream.includes("/") && poke.stream !== "ref") return;
    if (!known) state.lastHello = 0;
    else if (poke.head <= known.cursor) return;
    else noteHead(state, poke.stream, poke.head);
    wake("poke");
  }

  return {
    sync,
    round,
    wake,
    start() {
      listening ??= new AbortController();
      wake("start");
    },
    stop() {
      listening?.abort();
      listening = null;
      clearTimeout(timer);
    },
    onPoke(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
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
    pending: () => pendingHeader(tablet.memory, tablet.now(), state.free),
    contact: () => {
      state.lastContact = tablet.now();
    },
  };
  return { tablet, state, api: createApi(fetch ?? ((input, init) => globalThis.fetch(input, init)), caller, timeouts) };
}

/** hello → push → pull → blobs. The last three fail independently; the first failure is thrown at the end. */
async function steps(sync: Sync, isUrgent: boolean, isWanted: () => boolean): Promise<void> {
  const { tablet, state } = sync;
  if (!tablet.memory.session) return;
  const isInContact = state.lastContact !== null && tablet.now() - state.lastContact < CONTACT_MS;
  await sealAll(tablet, isInContact ? 0 : OFFLINE_SEAL_MS);
  await registerActors(sync);
  if (isUrgent || Math.abs(tablet.now() - state.lastHello) > HELLO_EVERY_MS) await greet(sync);
  await sealAll(tablet);
  const failures: unknown[] = [];
  for (const step of [push, pull, (s: Sync) => sendBlobs(s, isWanted)])
    await step(sync).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
}

/** The one tablet of this page: its store, memory and engine, and the signals by which views follow it. */
import { type Signal, signal } from "@preact/signals";
import { Problem } from "../domain/problem";
import { Memory } from "../store/memory";
import { openStore } from "../store/open";
import { type Interrupted, replay, stash } from "../store/rescue";
import { withRoom } from "../store/room";
import { createSave, type Save } from "../store/save";
import { DB_NAME } from "../store/schema";
import type { Message, Tablet } from "../store/tablet";
import { isBroken } from "../store/transaction";
import { createEngine, type Engine } from "../sync/engine";
import { pendingOf } from "../sync/pending";
import { noteRescued } from "./loss";

export const memory = new Memory();

export interface Running {
  readonly tablet: Tablet;
  readonly engine: Engine;
  readonly save: Save;
}

let current: Running | null = null;

/** What `open` opened. Throws Problem `storage` before that. */
export function running(): Running {
  if (!current) throw new Problem("storage", 0, "the store is not open");
  return current;
}

export function isRunning(): boolean {
  return current !== null;
}

const versions = new Map<string, Signal<number>>();

/** Subscribes the reader to a stream. */
export function watch(stream: string): void {
  version(stream).value;
}

function version(stream: string): Signal<number> {
  const known = versions.get(stream) ?? signal(0);
  versions.set(stream, known);
  return known;
}

/** The streams this tablet has, sorted. */
export const streamNames: Signal<readonly string[]> = signal([]);
/** Rises when something about sending, photos or the session changed. */
export const sending: Signal<number> = signal(0);

memory.listen({
  stream(stream) {
    version(stream).value += 1;
    if (memory.streams.has(stream) !== streamNames.peek().includes(stream))
      streamNames.value = [...memory.streams.keys()].sort();
  },
  status() {
    sending.value += 1;
  },
});

/** Opens the store and reads all of it into memory; nothing here needs the server. */
export async function open(): Promise<Running> {
  if (current) return current;
  const db = await openStore(DB_NAME, onBroken).catch((error: unknown) => {
    // Another page may get the connection that this one did not.
    if (isBroken(error)) lost();
    throw new Problem("storage", 0, String(error));
  });
  const channel = typeof BroadcastChannel === "undefined" ? null : new BroadcastChannel(DB_NAME);
  const announce = (message: Message) => channel?.postMessage(message);
  const tablet: Tablet = { db, memory, now: () => Date.now(), announce, lost };
  const interrupted = await replayed(tablet);
  await memory.load(db);
  tellOf(interrupted);
  const engine = createEngine(tablet);
  hear(channel, (message) => {
    void follow(tablet, engine, message).catch((error: unknown) => isBroken(error) && onBroken());
  });
  current = { tablet, engine, save: createSave(tablet, () => engine.wake("save")) };
  return current;
}

/** What cannot be recorded now stays where it lies and is tried at the next start: it must not keep the app from starting. */
async function replayed(tablet: Tablet): Promise<Interrupted[]> {
  if (typeof localStorage === "undefined") return [];
  return withRoom(tablet, () => replay(tablet, localStorage)).catch(() => []);
}

/** A frozen page hears the others, but no transaction it begins comes to an end, and all would wait for it: it looks when it thaws. */
function hear(channel: BroadcastChannel | null, listener: (message: Message) => void): void {
  let isFrozen = false;
  channel?.addEventListener("message", (event: MessageEvent<Message>) => {
    if (!isFrozen) listener(event.data);
  });
  if (typeof document === "undefined") return;
  document.addEventListener("freeze", () => {
    isFrozen = true;
  });
  document.addEventListener("resume", () => {
    isFrozen = false;
    listener("all");
  });
}

/** Another tab has written: read again what it changed. Whichever of the two holds the sync lock then sends it. */
async function follow({ db }: Tablet, engine: Engine, message: Message): Promise<void> {
  const token = memory.session?.token;
  if (message === "own") await memory.loadOwn(db);
  else if (message === "all") await memory.load(db);
  else await memory.loadReplica(db, message.replica);
  if (memory.session?.token !== token) engine.start();
  else if (pendingOf(memory).changes > 0) engine.wake("save");
}

const RELOADED = "insats.reloaded";
/** A reload that did not help is not repeated within this time (ms). */
const RELOAD_EVERY_MS = 30_000;
let isReloading = false;

function onBroken(): void {
  memory.setLost();
  lost();
}

/** The browser has dropped the database: only a new page gets another connection to it. */
function lost(interrupted?: Interrupted): void {
  if (typeof location === "undefined") return;
  try {
    if (interrupted) stash(localStorage, interrupted);
  } finally {
    const since = Math.abs(Date.now() - Number(sessionStorage.getItem(RELOADED) ?? "0"));
    if (!isReloading) setTimeout(reload, Math.max(0, RELOAD_EVERY_MS - since));
    isReloading = true;
  }
}

function reload(): void {
  sessionStorage.setItem(RELOADED, String(Date.now()));
  location.reload();
}

/** Says what was being recorded when the database was lost. A photo that is here after all need not be taken again. */
function tellOf(interrupted: readonly Interrupted[]): void {
  const photos = interrupted.filter((each) => each.isPhoto);
  const missing = photos.filter(({ rows }) => !rows.some((row) => memory.own.get(row.change.id)));
  noteRescued({ recordings: interrupted.length - photos.length, photos: missing.length });
}

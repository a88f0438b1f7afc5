import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { type ChangeState, decisionOf } from "../store/own";
import type { CommitRow, Verdict } from "../store/schema";
import { pendingOf } from "../sync/pending";
import { CONTACT_MS } from "../sync/round";
import { type Storage, storage } from "./storage";
import { isRunning, memory, running, sending } from "./tablet";

/** One of my own commits, or (with `n` null) what is recorded and not yet sealed in one stream. `at` in ms. */
export interface Item {
  stream: string;
  n: number | null;
  at: number;
  entities: string[];
  state: ChangeState;
  code?: string;
  /** What a person decided about its held changes (`ownDecisions` tells which); `denied` if any was. */
  decision?: "admitted" | "denied";
  reason?: string;
}

/**
 * Times in ms, sizes in bytes. `connected`: a good answer within the last 30 s. `problem` is a code: `unauthenticated`,
 * `server-key`, `receipt`, `storage-full`, … or null.
 */
export interface Status {
  connected: boolean;
  lastContact: number | null;
  unsentChanges: number;
  unsentPhotos: number;
  oldestUnsent: number | null;
  syncing: boolean;
  held: Item[];
  rejected: Item[];
  problem: string | null;
  storage: Storage;
}

/** Time passes for the reader too: being connected ends by itself. */
const clock: Signal<number> = signal(Date.now(), { watched: startClock, unwatched: stopClock });
const CLOCK_MS = 5_000;
let ticking: ReturnType<typeof setInterval> | undefined;

function startClock(): void {
  clock.value = Date.now();
  ticking = setInterval(() => {
    clock.value = Date.now();
  }, CLOCK_MS);
}

function stopClock(): void {
  clearInterval(ticking);
}

const MAX_ITEMS = 200;

/** My own recent commits and what is not sealed yet, newest first. */
export const items: ReadonlySignal<Item[]> = computed(() => {
  sending.value;
  const sealed = [...memory.commits.values()].filter((c) => memory.isMine(c.actor)).map(itemOf);
  return [...unsealedItems(), ...sealed].sort((a, b) => b.at - a.at).slice(0, MAX_ITEMS);
});

function unsealedItems(): Item[] {
  const items = new Map<string, Item>();
  for (const { stream, actor, change, commit } of memory.own.all()) {
    if (commit || !memory.isMine(actor)) continue;
    const item = items.get(stream) ?? { stream, n: null, at: change.at, entities: [], state: "local" };
    if (!item.entities.includes(change.e)) item.entities.push(change.e);
    items.set(stream, { ...item, at: Math.max(item.at, change.at) });
  }
  return [...items.values()];
}

function itemOf(row: CommitRow): Item {
  const { stream, n, at, entities } = row;
  const bad = worst(row);
  const item = { stream, n, at, entities, state: bad?.verdict ?? goodState(row), ...(bad?.code && { code: bad.code }) };
  return { ...item, ...decisionIn(row) };
}

function decisionIn({ decided }: CommitRow): Pick<Item, "decision" | "reason"> {
  const all = Object.values(decided ?? {});
  const told = all.find((d) => d.verdict === "denied") ?? all[0];
  return told ? { decision: told.verdict, reason: told.reason } : {};
}

/** Rejected before waiting for a person before denied. */
function worst({ refused, result, decided }: CommitRow): { verdict: "held" | "rejected"; code?: string } | null {
  if (refused) return { verdict: "rejected", code: refused };
  const verdicts = Object.entries(result?.changes ?? {});
  const undecided = verdicts.filter(([id, v]) => v.verdict === "held" && !decisionOf(decided, id));
  const found = verdicts.find(([, v]) => v.verdict === "rejected") ?? undecided[0];
  if (found) return found[1] as Verdict & { verdict: "held" | "rejected" };
  return Object.values(decided ?? {}).some((d) => d.verdict === "denied")
    ? { verdict: "rejected", code: "denied" }
    : null;
}

function goodState(row: CommitRow): ChangeState {
  if (!row.result) return "local";
  return memory.isBackedUp(row) ? "backed-up" : "received";
}

export const status: ReadonlySignal<Status> = computed(() => {
  sending.value;
  const state = isRunning() ? running().engine.sync.state : null;
  const pending = pendingOf(memory);
  const lastContact = state?.lastContact ?? null;
  return {
    connected: lastContact !== null && Math.max(clock.value, lastContact) - lastContact < CONTACT_MS,
    lastContact,
    unsentChanges: pending.changes,
    unsentPhotos: pending.photos,
    oldestUnsent: pending.oldest,
    syncing: state?.syncing ?? false,
    held: items.value.filter((item) => item.state === "held"),
    // A denial is told by `ownDecisions`: nothing can be done about it here.
    rejected: items.value.filter((item) => item.state === "rejected" && item.code !== "denied"),
    problem: memory.isLost ? "storage" : memory.isFull ? "storage-full" : (state?.problem ?? null),
    storage: storage.value,
  };
});

/** A round now; resolves when it has ended, well or not (see `status`). */
export function syncNow(): Promise<void> {
  return running().engine.round("person");
}

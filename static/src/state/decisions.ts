/** Held changes of others that wait for this person to decide, and what was decided about one's own. */
import { computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { headsOf, winner } from "../domain/merge";
import type { CommitRow } from "../store/schema";
import type { HeldChange } from "../sync/protocol";
import { record } from "./recording";
import { entity, heads, roleIn } from "./replica";
import { session } from "./session";
import { isRunning, memory, running, sending } from "./tablet";

export type { HeldChange as HeldItem } from "../sync/protocol";

/** Who may decide about held changes, approve a visit and withdraw that. */
const DECIDERS: readonly string[] = ["OPKO_POL", "OPKO_KOM", "INSLED", "LAGLED", "FUL", "SKRIVSK"];

/** Whether this person's role decides at all. */
export function isDecider(): boolean {
  return DECIDERS.includes(session.value?.user.role ?? "");
}

/** Whether this person decides in a stream; whatever is pressed, the server has the last word. */
export function mayDecide(stream: string): boolean {
  return isDecider() && roleIn(stream) === "writer";
}

const EVERY_MS = 20_000;
let stop: (() => void) | undefined;

interface Found {
  readonly held: readonly HeldChange[];
  readonly more: boolean;
  /** When the server told this, ms; null: never. */
  readonly at: number | null;
}

const found: Signal<Found> = signal(
  { held: [], more: false, at: null },
  {
    watched: () => {
      stop = follow();
    },
    unwatched: () => stop?.(),
  },
);

/**
 * What waits for this person, oldest first, without what is decided on this tablet already. Refreshed every 20 s while
 * something reads it; offline the last answer stays.
 */
export const heldForDecision: ReadonlySignal<readonly HeldChange[]> = computed(() =>
  found.value.held.filter((item) => !isDecidedHere(item)),
);
/** The server has more than it tells at once. */
export const moreHeld: ReadonlySignal<boolean> = computed(() => found.value.more);
/** From when the list is, ms. */
export const heldAsOf: ReadonlySignal<number | null> = computed(() => found.value.at);

function isDecidedHere({ stream, change }: HeldChange): boolean {
  const e = entity(stream, admissionOf(change.id));
  return e !== undefined && headsOf(e.cells, "verdict").length > 0;
}

function follow(): () => void {
  const timer = setInterval(() => void refreshHeld(), EVERY_MS);
  void refreshHeld();
  return () => clearInterval(timer);
}

/** Asks the server now. Without an answer the last one stays. */
export async function refreshHeld(): Promise<void> {
  if (!isRunning() || !memory.session) return;
  const { tablet, engine } = running();
  const answer = await engine.sync.api.held().catch(() => null);
  if (Array.isArray(answer?.held)) found.value = { held: answer.held, more: answer.more, at: tablet.now() };
}

function admissionOf(change: string): string {
  return `admission_${change}`;
}

/**
 * Admits or denies a held change: an ordinary change of the stream, saved here and sent when there is contact. A denied
 * change may be admitted later. Rejects as `record` does.
 */
export function decide(item: HeldChange, admit: boolean, reason: string): Promise<void> {
  const e = admissionOf(item.change.id);
  const seen = heads(entity(item.stream, e), "verdict");
  return record(item.stream, [{ e, f: "verdict", v: { commit: item.commit, admit, reason }, seen }]);
}

/** What somebody decided about a change of one's own. `n`: the commit it lies in. */
export interface OwnDecision {
  readonly stream: string;
  readonly n: number;
  readonly at: number;
  readonly change: string;
  readonly entity: string;
  readonly field: string;
  readonly verdict: "admitted" | "denied";
  readonly reason: string;
}

/** Decisions about one's own held changes, newest change first; also in streams that this person may not read any more. */
export const ownDecisions: ReadonlySignal<readonly OwnDecision[]> = computed(() => {
  sending.value;
  const mine = [...memory.commits.values()].filter((row) => row.decided && memory.isMine(row.actor));
  return mine.flatMap(decisionsIn).sort((a, b) => (a.change > b.change ? -1 : 1));
});

function decisionsIn({ stream, n, at, decided }: CommitRow): OwnDecision[] {
  return Object.entries(decided ?? {}).map(([change, { e, f, verdict, reason }]) => {
    return { stream, n, at, change, entity: e, field: f, verdict, reason };
  });
}

/** The standing decision about a change, as the replica of a reader of the stream has it. */
export function decisionAbout(
  stream: string,
  change: string,
): { admit: boolean; reason: string; by: string; at: number } | null {
  const head = winner(heads(entity(stream, admissionOf(change)), "verdict"));
  const v = head?.[1] as { admit?: boolean; reason?: string } | null | undefined;
  return head && v ? { admit: v.admit === true, reason: v.reason ?? "", by: head[2], at: head[4] } : null;
}

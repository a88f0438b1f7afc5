/** What the tablet does over again, so that the screen can say it: taking replicas anew, sending what a restored server lacks. */
import { computed, type ReadonlySignal } from "@preact/signals";
import { isRunning, memory, running, sending, streamNames, watch } from "./tablet";

/** Fewer entries than this are an ordinary moment's work and not worth a word. */
const WORTH_A_WORD = 500;

export interface CatchUp {
  /** Streams that are complete, of all; null while nothing is being taken anew. */
  readonly fetching: { readonly done: number; readonly total: number } | null;
  /** Changes that the server had acknowledged once and that are sent again. */
  readonly resending: number;
}

export const catchUp: ReadonlySignal<CatchUp> = computed(() => {
  sending.value;
  return { fetching: fetching(), resending: resending() };
});

function fetching(): CatchUp["fetching"] {
  for (const stream of streamNames.value) watch(stream);
  const rows = [...memory.streams.values()];
  const left = rows.filter((row) => row.reset || isFarBehind(row.stream, row.cursor, row.head));
  return left.length > 0 ? { done: rows.length - left.length, total: rows.length } : null;
}

function isFarBehind(stream: string, cursor: number, head: number): boolean {
  const told = isRunning() ? (running().engine.sync.state.heads.get(stream) ?? head) : head;
  return told - cursor >= WORTH_A_WORD;
}

/** A kept receipt without a result: the server said yes once, and no longer has it. */
function resending(): number {
  const again = [...memory.commits.values()].filter((c) => c.receipt && !c.result && !c.refused && !c.pruned);
  return again.reduce((sum, commit) => sum + commit.count, 0);
}

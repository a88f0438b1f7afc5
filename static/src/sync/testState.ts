/** What the server of the tests keeps, and how it merges. */
import { hex, unhex } from "../domain/bytes";
import type { Change } from "../domain/change";
import { FIRST_CHAIN, nextChain } from "../domain/commit";
import type { Cells, Retired } from "../domain/merge";
import type { EntryLine, PushResult } from "./protocol";

export interface Stream {
  head: number;
  chain: string;
  log: EntryLine[];
  world: Record<string, Cells>;
  retired: Retired;
}

export interface Stored {
  result: PushResult;
  prev: string;
  line: EntryLine;
}

/** A change that waits for a person, or waited. */
export interface HeldRow {
  stream: string;
  commit: string;
  actor: string;
  n: number;
  received: number;
  change: Change;
  code: string;
  decided: "admitted" | "denied" | null;
  reason: string;
}

export interface State {
  streams: Map<string, Stream>;
  /** Header hash → what it got. */
  custody: Map<string, Stored>;
  chains: Map<string, { n: number; head: string; stable: number }>;
  actors: Map<string, { user: string; key: string }>;
  blobs: Map<string, Uint8Array>;
  /** Blobs that a verified backup has. */
  stableBlobs: Set<string>;
  /** By commit and change id. */
  held: Map<string, HeldRow>;
  /** Admissions by commit and change id, also of commits that are not here. */
  verdicts: Map<string, { admit: boolean; reason: string }>;
}

export function emptyState(): State {
  return {
    streams: new Map(),
    custody: new Map(),
    chains: new Map(),
    actors: new Map(),
    blobs: new Map(),
    stableBlobs: new Set(),
    held: new Map(),
    verdicts: new Map(),
  };
}

export function streamIn(state: State, name: string): Stream {
  const found = state.streams.get(name) ?? { head: 0, chain: FIRST_CHAIN, log: [], world: {}, retired: new Map() };
  state.streams.set(name, found);
  return found;
}

/** Writes the next entry of a stream. `more`: the server's part but for stream and seq. */
export function append(state: State, name: string, line: EntryLine, more: Record<string, unknown>): number {
  const stream = streamIn(state, name);
  stream.head += 1;
  const r = JSON.stringify({ stream: name, seq: stream.head, ...more });
  stream.chain = `sha256:${hex(nextChain(unhex(stream.chain.slice(7)), r))}`;
  stream.log.push({ ...line, r });
  return stream.head;
}

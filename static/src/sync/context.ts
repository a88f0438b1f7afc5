import type { Tablet } from "../store/tablet";
import type { Api } from "./api";
import type { Right } from "./protocol";

/** What the engine knows and no transaction needs to keep. Times in ms of this device's clock. */
export interface SyncState {
  /** The code of what went wrong in the last round, for people: `unauthenticated`, `receipt`, … */
  problem: string | null;
  /** The server does not have the key that was pinned at the first hello. */
  isOtherServer: boolean;
  /** The line is new, or the server has forgotten a key: it may not be what it was, and of forks no number tells that. */
  isInDoubt: boolean;
  right: Right;
  lastContact: number | null;
  lastHello: number;
  /** When the server was last asked which blobs are in a backup. */
  lastBacked: number;
  /** When a full tablet last looked for room. */
  lastRoom: number;
  syncing: boolean;
  /** What the server was last told that this tablet holds. */
  told: string;
  /** A whole push was found malformed: something on the way spoils what is packed. */
  isPlain: boolean;
  /** Bytes free on this device as the browser tells it, when it tells. */
  free: number | null;
  /** Digests being uploaded now. */
  readonly uploading: Set<string>;
  /** Heads that the server has told of. */
  readonly heads: Map<string, number>;
}

export interface Sync {
  readonly tablet: Tablet;
  readonly api: Api;
  readonly state: SyncState;
}

export function newState(): SyncState {
  return {
    problem: null,
    isOtherServer: false,
    isInDoubt: false,
    right: "read",
    lastContact: null,
    lastHello: 0,
    lastBacked: Number.NEGATIVE_INFINITY,
    lastRoom: Number.NEGATIVE_INFINITY,
    syncing: false,
    told: "",
    isPlain: false,
    free: null,
    uploading: new Set(),
    heads: new Map(),
  };
}

export function noteHead(state: SyncState, stream: string, head: number): void {
  state.heads.set(stream, Math.max(head, state.heads.get(stream) ?? 0));
}

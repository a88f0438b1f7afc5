import type { DBSchema, IDBPDatabase } from "idb";
import type { Change } from "../domain/change";

export interface User {
  id: string;
  name: string;
  authority: string;
  role: string;
}

export interface Session {
  user: User;
  device: { id: string; label: string };
  token: string;
}

/** Single facts by name. Times in ms; `off` is server time minus ours; `server` is the key pinned at the first hello. */
export interface Meta {
  session: Session;
  device: string;
  epoch: string;
  server: { kid: string; key: string; seal?: string };
  off: number;
  /** Counts the transactions that recorded something, so that a tab notices that another one did. */
  saves: number;
  /** When the tab that holds the sync lock was last seen awake. */
  heartbeat: number;
}

/** A user on this device. `key` is the raw public point in base64url; the private key cannot be exported. */
export interface ActorRow {
  id: string;
  user: string;
  key: string;
  privateKey: CryptoKey;
  created: number;
  registered: boolean;
  /** Forked or refused: seals nothing more. */
  retired: boolean;
}

/** The end of an actor's chain in a stream, and up to which commit a verified backup covers it. */
export interface ChainRow {
  actor: string;
  stream: string;
  n: number;
  head: string;
  stable: number;
}

/** A replica: everything up to `cursor` is applied. `head` is the newest the server told of; `reset`: take the snapshot. */
export interface StreamRow {
  stream: string;
  role: string;
  head: number;
  cursor: number;
  chain: string;
  reset: boolean;
}

/**
 * A piece of a replica, as lines `{"e":id,"h":cells}`: a block of the snapshot it began with (`part` is its number), or one
 * entity as it has become since (`part` is its id). In the order of their keys the last line of an entity counts.
 */
export interface PieceRow {
  stream: string;
  part: number | string;
  lines: string;
}

/**
 * A recorded change waiting to be sealed. Changes of one `group` are sealed into one commit; what is `alone` shares its
 * commit with nothing else, because a commit it was in before was refused.
 */
export interface UnsealedRow {
  change: Change;
  stream: string;
  actor: string;
  saved: number;
  group?: string;
  alone?: boolean;
  /** Whose it is, where it was rescued: the key of its actor may have gone with the store. */
  user?: string;
}

export interface Verdict {
  verdict: "duplicate" | "held" | "rejected";
  code?: string;
}

/** What a person decided about a held change, and where it lies: the bytes of its commit may be gone by then. */
export interface Decided {
  verdict: "admitted" | "denied";
  reason: string;
  e: string;
  f: string;
  /** From this cursor on the replica holds an admitted change. */
  from: number;
}

/** What a verified receipt says of a commit. `changes` lists only the exceptions from `applied`. */
export interface CommitResult {
  seq: number | null;
  received: number;
  forked: boolean;
  changes: Record<string, Verdict>;
}

/** A sealed commit, kept until a verified backup covers it; after that `pruned`, without its bytes. */
export interface CommitRow {
  actor: string;
  stream: string;
  n: number;
  hash: string;
  h: string;
  b: string;
  s: string;
  sealed: number;
  /** When its newest change was recorded (ms), how many it holds and of which entities. */
  at: number;
  count: number;
  entities: string[];
  groups?: Record<string, string>;
  result?: CommitResult;
  receipt?: string;
  /** In the log at `seq`; from that cursor on the replica holds it, but for what `skip` names. Not set while that is open. */
  placed?: { seq: number; skip: string[] };
  /** Pruned while a change of it was held: where that lay. */
  held?: Record<string, { e: string; f: string }>;
  /** Held changes by id that a person has decided. The verdict of `result` stays as it was. */
  decided?: Record<string, Decided>;
  /** How often the envelope was refused; at the limit it is `refused` with this code, and nothing in it was judged. */
  strikes?: number;
  refused?: string;
  /** Held changes that a later own change replaced: no longer shown. */
  overtaken?: string[];
  pruned?: boolean;
}

/** A change that names a blob. `stable`: a backup covered its commit, number `n` of `actor`, when that was pruned. */
export interface PhotoRef {
  stream: string;
  entity: string;
  change: string;
  stable: boolean;
  actor?: string;
  n?: number;
}

/** A blob made on this tablet. Its bytes lie in `chunks` unless `dropped`. */
export interface PhotoRow {
  sha256: string;
  size: number;
  mime: string;
  kind: "blob" | "thumb";
  added: number;
  refs: PhotoRef[];
  state: "local" | "verified" | "mismatch";
  /** A verified backup of the server has the bytes. */
  backed?: boolean;
  dropped: boolean;
}

export interface UploadRow {
  sha256: string;
  url: string;
  /** How often the finished upload did not hash to its digest. */
  tries: number;
}

export interface Schema extends DBSchema {
  meta: { key: string; value: unknown };
  actors: { key: string; value: ActorRow };
  chains: { key: [actor: string, stream: string]; value: ChainRow };
  replicas: { key: string; value: StreamRow };
  pieces: { key: [stream: string, part: number | string]; value: PieceRow };
  unsealed: { key: string; value: UnsealedRow };
  commits: { key: [actor: string, stream: string, n: number]; value: CommitRow };
  photos: { key: string; value: PhotoRow };
  chunks: { key: [sha256: string, index: number]; value: ArrayBuffer };
  uploads: { key: string; value: UploadRow };
}

export type Db = IDBPDatabase<Schema>;
export const DB_NAME = "insats";

/** All keys that begin with these parts. */
export function startingWith(...parts: string[]): IDBKeyRange {
  return IDBKeyRange.bound(parts, [...parts, []]);
}

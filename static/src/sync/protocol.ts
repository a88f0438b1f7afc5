import type { Json } from "../domain/json";
import type { Cells } from "../domain/merge";
import { Problem } from "../domain/problem";
import type { User, Verdict } from "../store/schema";

/**
 * What the session is good for: everything; delivering until somebody signs in again; delivering alone, after which the tablet is
 * to be emptied.
 */
export type Right = "read" | "lapsed" | "ended";

/** What travels, as docs/sync.md section 4 has it. */
export interface Hello {
  readonly epoch: string;
  readonly now: number;
  readonly server: { readonly kid: string; readonly key: string; readonly seal?: string };
  readonly user: User;
  readonly actor: { readonly id: string; readonly status: string } | null;
  readonly right?: Right;
  readonly streams: Readonly<Record<string, HelloStream>>;
  readonly decisions?: readonly HelloDecision[];
  readonly chains?: readonly HelloChain[];
}

/** A chain of this user on this device, in any stream: how far the server has it, and how far a backup. */
export interface HelloChain {
  readonly actor: string;
  readonly stream: string;
  readonly n: number;
  readonly stable: number;
}

/** What a person decided about a held change of this user, on this device, in any stream. */
export interface HelloDecision {
  readonly actor: string;
  readonly stream: string;
  readonly n: number;
  readonly commit: string;
  readonly change: string;
  readonly verdict: "admitted" | "denied";
  readonly reason: string;
}

/** A held change that waits for this user to decide. */
export interface HeldChange {
  readonly stream: string;
  readonly commit: string;
  readonly actor: string;
  readonly user: { readonly id: string; readonly name: string; readonly authority: string };
  readonly n: number;
  readonly received: number;
  readonly change: {
    readonly id: string;
    readonly e: string;
    readonly f: string;
    readonly v: Json;
    readonly at: number;
  };
  readonly code: string;
}

export interface HeldAnswer {
  readonly held: readonly HeldChange[];
  readonly more: boolean;
}

export interface HelloStream {
  readonly head: number;
  readonly role: string;
  readonly chain: string;
  readonly mine?: { readonly n: number; readonly head: string; readonly stable: number };
}

export interface PushResult {
  readonly actor: string;
  readonly stream: string;
  readonly n: number;
  readonly hash: string;
  readonly seq: number | null;
  readonly received: number;
  readonly forked: boolean;
  readonly changes: Record<string, Verdict>;
}

/** What the receipt signs of a result: all of it, the verdicts by the hash of their canonical JSON. */
export type Receipted = Omit<PushResult, "changes"> & { readonly changes: string };

/** `line` counts the commits of the request from 1. */
export interface PushError {
  readonly type: string;
  readonly line?: number;
  readonly actor?: string;
  readonly stream?: string;
  readonly n?: number;
  readonly expect?: number;
}

export interface PushAnswer {
  readonly epoch: string;
  readonly results: readonly PushResult[];
  readonly errors: readonly PushError[];
  readonly receipt: string;
  readonly heads: Readonly<Record<string, number>>;
}

export interface EntryLine {
  readonly r: string;
  readonly h: string;
  readonly b: string;
  readonly s: string;
}

export interface PageEnd {
  readonly end: true;
  readonly stream: string;
  readonly head: number;
  readonly chain: string;
}

export interface ServerPart {
  readonly stream: string;
  readonly seq: number;
  readonly commit: string;
  readonly received: number;
  readonly skip: readonly string[];
  readonly dead: readonly string[];
  /** An admission: of this commit, these changes alone count now. */
  readonly only?: readonly string[];
}

export interface SnapshotRow {
  readonly e: string;
  readonly h: Cells;
}

export interface SnapshotEnd {
  readonly end: true;
  readonly stream: string;
  readonly seq: number;
  readonly chain: string;
  /** `sha256:<hex>` of all bytes before `,"digest":`, the last member. */
  readonly digest: string;
}

export interface Missing {
  readonly missing: readonly string[];
  readonly verified: readonly string[];
  /** Those whose bytes a verified backup has. */
  readonly stable?: readonly string[];
}

export interface Poke {
  readonly stream: string;
  readonly head: number;
}

/** A stream's name as part of an address. */
export function streamPath(stream: string): string {
  return stream.split("/").map(encodeURIComponent).join("/");
}

/** NDJSON to values. A truncated last line throws: half an answer is no answer. */
export function parseLines<T>(text: string): T[] {
  return linesOf(text).map((line) => parseJson<T>(line));
}

export function linesOf(text: string): string[] {
  return text.split("\n").filter((line) => line !== "");
}

export function parseJson<T>(text: string): T {
  try {
    return JSON.parse(text) as T;
  } catch {
    throw new Problem("offline", 0, "the answer is not what the server writes");
  }
}

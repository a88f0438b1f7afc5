import type { Memory } from "./memory";
import type { Interrupted } from "./rescue";
import type { Db } from "./schema";

/** What one tab tells the others: that the named part of the store is not as they have it in memory. */
export type Message = "own" | "all" | { readonly replica: string };

/** The store of this tablet with its picture in memory; tests make several of them. */
export interface Tablet {
  readonly db: Db;
  readonly memory: Memory;
  /** This device's clock in ms. It may be wrong; nothing but display depends on it. */
  now(): number;
  announce(message: Message): void;
  /**
   * The browser has dropped the database for good: keep what was being recorded (if anything was) elsewhere and start again.
   * Throws where that cannot be kept.
   */
  lost(interrupted?: Interrupted): void;
}

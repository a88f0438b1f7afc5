/** Safety notices: told to everyone on the evening, and kept in sight until this tablet's person has read them. */
import { signal } from "@preact/signals";
import { type EntityView, value } from "../../state/replica";
import { session } from "../../state/session";
import { safetyOf, type VisitView } from "../model";

const KEY = "insats.safety-read";
/** Ids only, of notices that all participants may read. Old ones are forgotten first. */
const LIMIT = 200;

export type Level = "low" | "medium" | "high";

function stored(): readonly string[] {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(KEY) ?? "[]");
    return Array.isArray(known) ? known.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

const read = signal<readonly string[]>(stored());

/** Reading is personal: on a shared tablet the next officer has not read it. */
function mark(id: string): string {
  return `${session.value?.user.id ?? ""} ${id}`;
}

export function markRead(ids: readonly string[]): void {
  read.value = [...read.value, ...ids.map(mark)].slice(-LIMIT);
  try {
    localStorage.setItem(KEY, JSON.stringify(read.value));
  } catch {
    // The notice comes back after a restart: better twice than never.
  }
}

export function unread(op: string): EntityView[] {
  const known = new Set(read.value);
  return safetyOf(op).filter((notice) => !known.has(mark(notice.id)));
}

export function levelOf(notice: EntityView): Level {
  const level = value<string>(notice, "level");
  return level === "high" || level === "medium" ? level : "low";
}

export function hasSafety(visit: VisitView): boolean {
  return safetyOf(visit.op).some((notice) => value<string>(notice, "visit") === visit.id);
}

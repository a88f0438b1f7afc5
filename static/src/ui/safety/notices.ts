/** Safety notices: told to everyone on the evening, and kept in sight until this tablet's person has read them. */
import { type EntityView, value } from "../../state/replica";
import { createMarks } from "../marks";
import { safetyOf, type VisitView } from "../model";

/** Reading is personal: on a shared tablet the next officer has not read it. */
const read = createMarks("insats.safety-read");

export type Level = "low" | "medium" | "high";

export function markRead(ids: readonly string[]): void {
  read.add(ids);
}

export function unread(op: string): EntityView[] {
  return safetyOf(op).filter((notice) => !read.has(notice.id));
}

export function levelOf(notice: EntityView): Level {
  const level = value<string>(notice, "level");
  return level === "high" || level === "medium" ? level : "low";
}

export function hasSafety(visit: VisitView): boolean {
  return safetyOf(visit.op).some((notice) => value<string>(notice, "visit") === visit.id);
}

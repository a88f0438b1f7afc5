/** Decisions about one's own entries: which of them this person has not read yet. */
import { computed } from "@preact/signals";
import { type OwnDecision, ownDecisions } from "../../state/decisions";
import { createMarks } from "../marks";

const seen = createMarks("insats.decisions-read");

/** A denied change may be admitted later: that is news again. */
function idOf({ change, verdict }: OwnDecision): string {
  return `${change} ${verdict}`;
}

export const newDecisions = computed(() => ownDecisions.value.filter((each) => !seen.has(idOf(each))));
export const earlierDecisions = computed(() => ownDecisions.value.filter((each) => seen.has(idOf(each))));

export function markSeen(decisions: readonly OwnDecision[]): void {
  seen.add(decisions.map(idOf));
}

/** One decision as a person reads it: what was decided alike, about one entity and for one reason, is one sentence. */
export interface Told {
  readonly key: string;
  readonly first: OwnDecision;
  readonly fields: readonly string[];
}

export function toldOf(decisions: readonly OwnDecision[]): Told[] {
  const groups = new Map<string, OwnDecision[]>();
  for (const each of decisions) {
    const key = JSON.stringify([each.stream, each.entity, each.verdict, each.reason]);
    groups.set(key, [...(groups.get(key) ?? []), each]);
  }
  return [...groups].flatMap(([key, [first, ...rest]]) => {
    return first ? [{ key, first, fields: [...new Set([first, ...rest].map((each) => each.field))] }] : [];
  });
}

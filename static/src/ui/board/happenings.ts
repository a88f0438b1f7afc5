/** What happened, in order, read from the heads alone: replaced values are history and belong to the log. */
import type { EntityView } from "../../state/replica";
import { type Facts, head, text, type VisitFacts, whole } from "./facts";

interface At {
  /** Stable while the value stands, so that a live list keeps its rows. */
  readonly id: string;
  readonly at: number;
  readonly visit: string | undefined;
  readonly actor: string | undefined;
}

export type Happening = At &
  (
    | { readonly kind: "arrived" }
    | { readonly kind: "left"; readonly stayed: number | undefined }
    | { readonly kind: "status"; readonly status: string }
    | { readonly kind: "regime"; readonly authority: string; readonly regime: string; readonly law: string | undefined }
    | { readonly kind: "safety"; readonly text: string; readonly level: string }
    | { readonly kind: "seizure"; readonly code: string; readonly qty: number; readonly unit: string }
    | { readonly kind: "report"; readonly code: string; readonly qty: number }
  );

/** Newest first. */
export function timelineOf(facts: Facts): Happening[] {
  const all = [...facts.visits.flatMap(ofVisit), ...facts.notices.flatMap(ofNotice)];
  return all.sort((a, b) => b.at - a.at || (a.id < b.id ? 1 : -1));
}

function ofVisit(visit: VisitFacts): Happening[] {
  return [...moves(visit), ...statusOf(visit), ...regimes(visit), ...counted(visit)];
}

function moves(visit: VisitFacts): Happening[] {
  const { id, view, arrived, left } = visit;
  const found: Happening[] = [];
  const by = (field: string) => ({ id: `${id} ${field}`, visit: id, actor: head(view, field)?.[2] });
  if (arrived !== undefined) found.push({ ...by("arrived"), at: arrived, kind: "arrived" });
  if (left !== undefined) {
    const stayed = arrived === undefined || arrived > left ? undefined : left - arrived;
    found.push({ ...by("left"), at: left, kind: "left", stayed });
  }
  return found;
}

/** Statuses that a time of arrival or leaving does not already tell. */
const TELLING = new Set(["SAKRAT", "PAUS_FU", "STANGT", "UPPHORT", "NEKAD", "AVBR"]);

function statusOf({ id, view, status }: VisitFacts): Happening[] {
  const set = head(view, "status");
  if (set === undefined || !TELLING.has(status)) return [];
  return [{ id: set[0], at: set[4], visit: id, actor: set[2], kind: "status", status }];
}

/** Planning writes a party and its regime at once; a regime is an event when it came later, or when somebody was there. */
function regimes({ id, arrived, parties }: VisitFacts): Happening[] {
  return parties.flatMap((party): Happening[] => {
    const set = head(party.view, "regime");
    if (set === undefined || party.regime === undefined) return [];
    const born = head(party.view, "authority")?.[4] ?? set[4];
    if (set[4] - born < PLANNED_TOGETHER_MS && !(arrived !== undefined && arrived <= set[4])) return [];
    const { authority, regime, law } = party;
    return [{ id: set[0], at: set[4], visit: id, actor: set[2], kind: "regime", authority, regime, law }];
  });
}

const PLANNED_TOGETHER_MS = 1000;

function counted({ id, counts }: VisitFacts): Happening[] {
  return counts.flatMap((count): Happening[] => {
    const { of, code, qty, unit } = count.entry;
    const by = { id: count.id, at: count.at, visit: id, actor: count.actor };
    if (of === "report") return [{ ...by, kind: "report", code, qty }];
    return of === "seizure" ? [{ ...by, kind: "seizure", code, qty, unit }] : [];
  });
}

function ofNotice(view: EntityView): Happening[] {
  const words = head(view, "text");
  const at = whole(view, "at") ?? words?.[4];
  if (at === undefined) return [];
  const level = text(view, "level") ?? "low";
  return [
    {
      id: view.id,
      at,
      visit: text(view, "visit"),
      actor: words?.[2],
      kind: "safety",
      text: String(words?.[1] ?? ""),
      level,
    },
  ];
}

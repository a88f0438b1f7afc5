/** Who did something at a visit, from the heads that stand there. */
import { headsOf } from "../../domain/merge";
import type { EntityView } from "../../state/replica";
import type { VisitFacts } from "./facts";

export interface Trace {
  readonly actor: string;
  /** Newest display time among this actor's live values here, in ms. */
  readonly last: number;
}

/** Everyone whose value stands somewhere at this visit and who came after it was planned; newest first. */
export function tracesOf(visit: VisitFacts): Trace[] {
  const last = new Map<string, number>();
  const note = (actor: string, at: number) => last.set(actor, Math.max(at, last.get(actor) ?? 0));
  for (const view of [visit.view, ...visit.parties.map((party) => party.view), ...visit.sheets, ...visit.notices])
    for (const [actor, at] of written(view)) note(actor, at);
  for (const count of visit.counts) note(count.actor, count.at);
  return [...last].map(([actor, at]) => ({ actor, last: at })).sort((a, b) => b.last - a.last);
}

/** Cells that planning fills before the evening: their author need not have been there. */
const PLANNED = new Set(["site", "order", "team", "repeat", "visit", "authority", "template"]);

function written(view: EntityView): [actor: string, at: number][] {
  const fields = Object.keys(view.cells).filter((field) => field !== "@" && !PLANNED.has(field));
  return fields.flatMap((field) => headsOf(view.cells, field).map((each): [string, number] => [each[2], each[4]]));
}

/** Who did something at a visit, from the heads that stand there. */
import { type Head, headsOf } from "../../domain/merge";
import type { EntityView } from "../../state/replica";
import { head, type VisitFacts } from "./facts";

export interface Trace {
  readonly actor: string;
  /** Newest display time among this actor's live values here, in ms. */
  readonly last: number;
}

/** Everyone whose value stands somewhere at this visit; newest first. Planning it from a desk does not count as writing here. */
export function tracesOf(visit: VisitFacts): Trace[] {
  const last = new Map<string, number>();
  const note = (actor: string, at: number) => last.set(actor, Math.max(at, last.get(actor) ?? 0));
  const views = [visit.view, ...visit.parties.map((party) => party.view), ...visit.sheets, ...visit.notices];
  for (const [actor, at] of views.flatMap(written)) note(actor, at);
  for (const count of visit.counts) note(count.actor, count.at);
  return [...last].map(([actor, at]) => ({ actor, last: at })).sort((a, b) => b.last - a.last);
}

/** The cell a plan is sure to fill: what was written together with it was planned. */
const PLANNED_WITH: Record<string, string> = { visit: "site", party: "authority" };
const TOGETHER_MS = 1000;

function written(view: EntityView): [actor: string, at: number][] {
  const planned = head(view, PLANNED_WITH[view.kind] ?? "");
  const isPlanned = (each: Head) =>
    planned !== undefined && each[2] === planned[2] && Math.abs(each[4] - planned[4]) < TOGETHER_MS;
  const heads = Object.keys(view.cells).flatMap((field) => (field === "@" ? [] : headsOf(view.cells, field)));
  return heads.filter((each) => !isPlanned(each)).map((each): [string, number] => [each[2], each[4]]);
}

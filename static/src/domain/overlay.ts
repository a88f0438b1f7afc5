import type { Change } from "./change";
import { type Cells, type Head, headOf, headsOf, namedBy, setHeads } from "./merge";

/**
 * A change of this tablet beside the replica. `shown`: not in the replica (yet, or held) and therefore laid over it;
 * `applied`: in the replica; `refused`: has no effect anywhere.
 */
export interface OwnChange {
  readonly change: Change;
  readonly actor: string;
  readonly t: number;
  readonly part: "shown" | "applied" | "refused";
}

/** What the tablet shows of one entity: its replica row with the own changes laid over it by the rule of the merge. */
export function overlay(cells: Cells, own: readonly OwnChange[]): Cells {
  const effective = own.filter((o) => o.part !== "refused");
  const fields = new Set(effective.filter((o) => o.part === "shown").map((o) => o.change.f));
  const result: Cells = { ...cells };
  for (const field of fields) setHeads(result, field, overlayField(cells, field, effective));
  return result;
}

function overlayField(cells: Cells, field: string, own: readonly OwnChange[]): readonly Head[] {
  const here = own.filter((o) => o.change.f === field);
  const gone = new Set(here.flatMap((o) => namedBy(o.change)));
  const kept = headsOf(cells, field);
  const added = here.filter((o) => o.part === "shown" && !kept.some((h) => h[0] === o.change.id));
  const heads = [...kept, ...added.map((o) => headOf(o.change, { actor: o.actor, t: o.t, seq: null }))];
  return heads.filter((h) => !gone.has(h[0])).sort((a, b) => (a[0] < b[0] ? -1 : 1));
}

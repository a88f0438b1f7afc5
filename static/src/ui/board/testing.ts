/** Builders for the tests of the board: entities as the replica shows them. */
import type { Scales } from "../../domain/figures";
import type { Json } from "../../domain/json";
import { type Cells, type Head, isVoid, needsReview } from "../../domain/merge";
import type { DeviceView } from "../../state/board";
import type { EntityView } from "../../state/replica";

let last = 0;

/** One value, by `actor` at `t` ms. */
export function says(v: Json, actor = "a_one", t = 1000): Head {
  last += 1;
  return [`id${String(last).padStart(6, "0")}`, v, actor, t, t, last];
}

/** An entity; a plain value becomes one head, an array of heads stands as it is. */
export function view(id: string, fields: Record<string, Json | readonly Head[]>): EntityView {
  const cells: Cells = Object.fromEntries(
    Object.entries(fields).map(([field, v]) => [field, isHeads(v) ? v : [says(v)]]),
  );
  const [kind = ""] = id.split("_");
  return { id, kind, stream: "op/x/shared", cells, void: isVoid(cells), review: needsReview(cells) };
}

function isHeads(v: Json | readonly Head[]): v is readonly Head[] {
  return Array.isArray(v) && v.length > 0 && v.every((each) => Array.isArray(each) && String(each[0]).startsWith("id"));
}

export function count(
  id: string,
  visit: string,
  of: string,
  code: string,
  qty: number,
  unit = "ST",
  by = "a_one",
): EntityView {
  return view(`tally_${id}`, { entry: [says({ visit, of, code, qty, unit }, by, 5000)] });
}

export const scales: Scales = {
  base: (unit) => ({ KG: "MG", G: "MG", L: "ML" })[unit] ?? unit,
  activity: (code) => ({ A0: 0, A1: 1, A2: 2, A3: 3 })[code],
};

export function device(fields: Partial<DeviceView>): DeviceView {
  return {
    id: "d1",
    label: "Alfa 1",
    user: "Someone",
    authority: "POL",
    last_seen: 0,
    pending_changes: 0,
    pending_blobs: 0,
    oldest: null,
    free: null,
    ...fields,
  };
}

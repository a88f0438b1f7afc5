import { expect, it } from "vitest";
import { figures, type Scales } from "./figures";
import type { Json } from "./json";
import type { Cells } from "./merge";
import { contributions, entriesFor, runningEntry } from "./tally";
import { figuresCases } from "./testing";

/** As the code lists of the release have them; the vectors use no other units. */
const BASES: Record<string, string> = { G: "MG", KG: "MG", L: "ML", SEK: "ORE", EUR: "CENT" };
const ACTIVITY: Record<string, number> = { A0: 0, A1: 1, A2: 2, A3: 3 };
const scales: Scales = { base: (unit) => BASES[unit] ?? unit, activity: (code) => ACTIVITY[code] };
let n = 0;
const head = (v: Json, actor = "a_me"): Cells[string][number] => [`id${++n}`, v, actor, n, n, n];
const entry = (code: string, qty: number, unit = "ST") => ({ visit: "visit_1", of: "seizure", code, qty, unit });
const key = { visit: "visit_1", of: "seizure", code: "SPELMASKIN" };

it.each(figuresCases)("the shared vectors: $name", (vector) => {
  expect(figures(Object.entries(vector.entities), scales)).toEqual(vector.figures);
});

it("lists what each person counted", () => {
  const one = {
    id: "tally_1",
    cells: { entry: [head(entry("SPELMASKIN", 2)), head(entry("SPELMASKIN", 2), "a_other")] },
  };
  const two = { id: "tally_2", cells: { entry: [head(entry("SPELMASKIN", 3))] } };
  expect(contributions([one, two], key)).toEqual([
    { actor: "a_me", unit: "ST", qty: 5 },
    { actor: "a_other", unit: "ST", qty: 2 },
  ]);
});

it("finds my own running entry: live, mine, of the unit, the newest", () => {
  const mine = (actor: string) => actor === "a_me";
  const voided = {
    id: "tally_9",
    cells: { entry: [head(entry("SPELMASKIN", 1))], "@": [head({ void: true, reason: "", of: "" })] },
  };
  const other = { id: "tally_8", cells: { entry: [head(entry("SPELMASKIN", 1), "a_other")] } };
  const kolli = { id: "tally_7", cells: { entry: [head(entry("SPELMASKIN", 1, "KOLLI"))] } };
  const old = { id: "tally_1", cells: { entry: [head(entry("SPELMASKIN", 1))] } };
  const newer = { id: "tally_2", cells: { entry: [head(entry("SPELMASKIN", 4))] } };
  const all = [newer, old, voided, other, kolli];
  expect(runningEntry(all, { ...key, unit: "ST" }, mine)?.id).toBe("tally_2");
  expect(runningEntry(all, { ...key, code: "VIN", unit: "ST" }, mine)).toBeUndefined();
  expect(entriesFor(all, key).map((e) => e.id)).toEqual(["tally_2", "tally_1", "tally_8", "tally_7"]);
});

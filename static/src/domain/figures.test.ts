import { expect, it } from "vitest";
import { figures, type Scales } from "./figures";
import type { Json } from "./json";
import { type Cells, liveHash } from "./merge";
import { contributions, entriesFor, runningEntry } from "./tally";

const scales: Scales = {
  base: (unit) => ({ KG: "MG", G: "MG" })[unit] ?? unit,
  activity: (code) => ({ A0: 0, A1: 1, A2: 2, A3: 3 })[code],
};
let n = 0;
const head = (v: Json, actor = "a_me"): Cells[string][number] => [`id${++n}`, v, actor, n, n, n];
const entry = (code: string, qty: number, unit = "ST", of = "seizure") => ({ visit: "visit_1", of, code, qty, unit });
const key = { visit: "visit_1", of: "seizure", code: "SPELMASKIN" };

it("counts what a shared stream holds", () => {
  const gone: Cells = { entry: [head(entry("SPELMASKIN", 99))] };
  const late: Cells = { entry: [head(entry("SPELMASKIN", 1))], "@": [head({ void: true, reason: "", of: "other" })] };
  const entities: [string, Cells][] = [
    ["visit_1", { status: [head("KLART")], activity: [head("A3")] }],
    ["visit_2", { status: [head("INNE"), head("PAVAG")], activity: [head("A2")] }],
    ["visit_3", { activity: [head("A0")] }],
    ["tally_1", { entry: [head(entry("SPELMASKIN", 2)), head(entry("SPELMASKIN", 2), "a_other")] }],
    ["tally_2", { entry: [head(entry("NARK_PULVER", 2_000, "G"))] }],
    ["tally_3", { entry: [head(entry("NARK_PULVER", 1_000_000, "KG"))] }],
    ["tally_4", { entry: [head(entry("SPEL", 1, "ST", "report"))] }],
    ["tally_5", { entry: [head(entry("FOTO", 12, "ST", "photo"))] }],
    ["tally_6", { ...gone, "@": [head({ void: true, reason: "", of: liveHash(gone) })] }],
    ["tally_7", late],
    ["safety_1", { level: [head("low")] }],
  ];
  expect(figures(entities, scales)).toEqual({
    visits: 3,
    done: 1,
    seizures: { SPELMASKIN: { ST: 4 }, NARK_PULVER: { MG: 1_002_000 } },
    reports: { SPEL: 1 },
    reports_total: 1,
    photos: 12,
    safety: 1,
    conflicts: 1,
    review: 1,
    activity_mean_x100: 167,
  });
});

it("says nothing of activity where nobody judged it", () => {
  expect(figures([], scales).activity_mean_x100).toBeNull();
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

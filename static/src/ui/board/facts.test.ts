import { expect, it } from "vitest";
import { figures } from "../../domain/figures";
import { factsOf } from "./facts";
import { tracesOf } from "./people";
import { count, says, scales, view } from "./testing";

const gone = { "@": { void: true, reason: "", of: "" } };
const entities = [
  view("site_b", { name: "Kiosk", address: "Exempelgatan 21" }),
  view("visit_2", { site: "site_b", order: 2, team: "ALFA", status: "INNE", arrived: 9000 }),
  view("visit_1", { site: "site_a", order: 1, status: "KLART", arrived: 1000, left: 4000, activity: "A2" }),
  view("party_2.POL", {
    visit: "visit_2",
    authority: "POL",
    regime: [says("HUSRANNSAKAN", "a_two", 9500)],
    done: false,
  }),
  view("checklist_2.ANK", {
    visit: "visit_2",
    template: "ANK@1",
    ANK08: [says("JA", "a_two"), says("NEJ", "a_three")],
  }),
  view("safety_1", { visit: "visit_2", level: "high", text: "Dog", at: 9100 }),
  view("safety_2", { visit: "visit_1", level: "low", text: "Noise", at: 9200 }),
  count("1", "visit_2", "seizure", "SPELMASKIN", 2),
  count("2", "visit_2", "seizure", "SPELMASKIN", 1, "ST", "a_two"),
  count("3", "visit_2", "seizure", "NARK_CANN", 500, "G"),
  count("4", "visit_1", "report", "SPEL", 1),
  count("5", "visit_1", "photo", "FOTO", 12),
  view("tally_6", { entry: { visit: "visit_2", of: "seizure", code: "SPELMASKIN", qty: 50, unit: "ST" }, ...gone }),
];
const facts = factsOf(entities, scales);

it("counts exactly what the figures count", () => {
  expect(facts.figures).toEqual(
    figures(
      entities.map((each) => [each.id, each.cells] as const),
      scales,
    ),
  );
});

it("gives each visit its own part of the totals, and no more", () => {
  const machines = facts.visits.flatMap((visit) => visit.seizures).filter((sum) => sum.code === "SPELMASKIN");
  expect(machines).toEqual([{ code: "SPELMASKIN", base: "ST", qty: 3 }]);
  expect(facts.visits.map((visit) => visit.reports)).toEqual([1, 0]);
  expect(facts.visits.map((visit) => visit.photos)).toEqual([12, 0]);
  expect(facts.visits[1]?.seizures[1]).toEqual({ code: "NARK_CANN", base: "MG", qty: 500 });
});

it("keeps the route order and reads absent cells as absent", () => {
  expect(facts.visits.map((visit) => visit.id)).toEqual(["visit_1", "visit_2"]);
  expect(facts.visits[0]?.site).toBeUndefined();
  expect(facts.visits[1]?.left).toBeUndefined();
  expect(facts.visits[1]?.parties[0]?.regime).toBe("HUSRANNSAKAN");
});

it("lists as many different answers as it counts, each at its visit", () => {
  expect(facts.clashes.map(({ view: { id }, field, visit }) => [id, field, visit])).toEqual([
    ["checklist_2.ANK", "ANK08", "visit_2"],
  ]);
  expect(facts.figures.conflicts).toBe(facts.clashes.length);
  expect(facts.visits.map((visit) => visit.clashes)).toEqual([0, 1]);
});

it("tells the newest notice first and the age of the newest entry", () => {
  expect(facts.notices.map((notice) => notice.id)).toEqual(["safety_2", "safety_1"]);
  expect(facts.latest).toBe(9500);
  expect(factsOf([], scales).latest).toBeNull();
});

it("ignores values of another shape than this release writes", () => {
  const odd = factsOf([view("visit_9", { order: "third", arrived: "soon", status: 7, activity: null })], scales)
    .visits[0];
  expect(odd).toMatchObject({ order: 0, arrived: undefined, status: "PLANERAT", activity: undefined });
});

it("names who wrote at a visit, not who planned it", () => {
  const visit = facts.visits[1];
  expect(visit && tracesOf(visit).map((trace) => trace.actor)).toEqual(["a_two", "a_one", "a_three"]);
  const planned = factsOf([view("visit_3", { site: "site_b", order: 3, status: "PLANERAT" })], scales).visits[0];
  expect(planned && tracesOf(planned)).toEqual([]);
});

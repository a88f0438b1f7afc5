import { expect, it } from "vitest";
import { factsOf } from "./facts";
import { timelineOf } from "./happenings";
import { count, says, scales, view } from "./testing";

function kinds(...entities: ReturnType<typeof view>[]): string[] {
  return timelineOf(factsOf(entities, scales)).map(({ kind, at }) => `${kind} ${at}`);
}

it("tells what happened, newest first", () => {
  const visit = view("visit_1", { site: "site_a", status: "KLART", arrived: 1000, left: 9000 });
  const notice = view("safety_1", { visit: "visit_1", level: "low", text: "Noise", at: 6000 });
  expect(kinds(visit, notice, count("1", "visit_1", "seizure", "SPELMASKIN", 2))).toEqual([
    "left 9000",
    "safety 6000",
    "seizure 5000",
    "arrived 1000",
  ]);
});

it("leaves out what times already tell, what was counted back to none, and photos", () => {
  const visit = view("visit_1", { status: [says("INNE", "a", 2000)], arrived: 1000 });
  const nothing = [count("1", "visit_1", "seizure", "SPELMASKIN", 0), count("2", "visit_1", "photo", "FOTO", 3)];
  expect(kinds(visit, ...nothing)).toEqual(["arrived 1000"]);
  expect(kinds(view("visit_1", { status: [says("NEKAD", "a", 2000)] }))).toEqual(["status 2000"]);
});

it("tells a regime that somebody set, not one that was planned", () => {
  const visit = view("visit_1", { site: "site_a", arrived: 5000 });
  const planned = { visit: "visit_1", authority: [says("POL", "a", 100)], regime: [says("TILLSYN", "a", 100)] };
  const switched = { ...planned, regime: [says("HUSRANNSAKAN", "a", 4000)] };
  const onSite = { ...planned, authority: [says("POL", "a", 6000)], regime: [says("TILLSYN", "a", 6000)] };
  expect(kinds(visit, view("party_1.POL", planned))).toEqual(["arrived 5000"]);
  expect(kinds(visit, view("party_1.POL", switched))).toEqual(["arrived 5000", "regime 4000"]);
  expect(kinds(visit, view("party_1.POL", onSite))).toEqual(["regime 6000", "arrived 5000"]);
});

it("says how long a visit lasted only where that makes sense", () => {
  const stayed = (arrived: number, left: number) =>
    timelineOf(factsOf([view("visit_1", { arrived, left })], scales)).find((each) => each.kind === "left");
  expect(stayed(1000, 4000)).toMatchObject({ stayed: 3000 });
  expect(stayed(4000, 1000)).toMatchObject({ stayed: undefined });
});

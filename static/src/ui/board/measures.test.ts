import { expect, it } from "vitest";
import type { Figures } from "../../domain/figures";
import { ceiling, columns, comparable, type Evening, MEASURES, pointsOf, ratioTimes100 } from "./measures";

function evening(id: string, date: string, status: string, numbers: [number, number, number, number]): Evening {
  const [machines, reports, done, activity] = numbers;
  const figures: Figures = {
    visits: done,
    done,
    seizures: { SPELMASKIN: { ST: machines } },
    reports: {},
    reports_total: reports,
    photos: 0,
    safety: 0,
    conflicts: 0,
    review: 0,
    activity_mean_x100: activity,
  };
  return { id, date, status, figures };
}

const three = [
  evening("c", "2018-05-25", "EFTER", [9, 7, 7, 171]),
  evening("a", "2017-12-01", "UTV", [21, 14, 9, 256]),
  evening("b", "2018-02-16", "AVSL", [15, 10, 8, 188]),
];

it("sets the three evenings beside each other in order of date", () => {
  const values = MEASURES.map((measure) => pointsOf(measure, comparable(three, "c")).map((point) => point.value));
  expect(values).toEqual([
    [2100, 1500, 900],
    [1400, 1000, 700],
    [900, 800, 700],
    [233, 188, 129],
    [256, 188, 171],
  ]);
});

it("adds the chosen evening apart while it goes on, and no plan and no other", () => {
  const more = [
    ...three,
    evening("now", "2018-09-07", "PAGAR", [1, 0, 2, 200]),
    evening("other", "2018-09-08", "PAGAR", [5, 5, 5, 300]),
    evening("planned", "2018-10-05", "BESLUT", [0, 0, 0, 0]),
  ];
  const points = pointsOf("machines", comparable(more, "now"));
  expect(points.map(({ id, open }) => [id, open])).toEqual([
    ["a", false],
    ["b", false],
    ["c", false],
    ["now", true],
  ]);
  expect(comparable(more, "planned")).toHaveLength(3);
});

it("has no mean where nothing was visited", () => {
  expect(ratioTimes100(3, 0)).toBeNull();
  expect(ratioTimes100(15, 8)).toBe(188);
});

it("draws heights in proportion from zero, inside the field", () => {
  const points = pointsOf("machines", comparable(three, "c"));
  const top = ceiling(points.map((point) => point.value));
  const placed = columns(points, top, 100, 58, 17);
  expect(top).toBe(2500);
  expect(placed.map(({ height }) => height / 58)).toEqual([0.84, 0.6, 0.36]);
  expect(placed.every(({ x, width }) => x >= 0 && x + width <= 100)).toBe(true);
});

it("has an axis also where everything is zero or nothing is known", () => {
  expect(ceiling([0, null])).toBe(100);
  expect(ceiling([])).toBe(100);
});

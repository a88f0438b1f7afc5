import { expect, it } from "vitest";
import { findings, progress, type Template } from "./checklist";
import type { Json } from "./json";
import type { Cells } from "./merge";

const words = { sv: "", en: "" };
const template: Template = {
  ref: "ALK@1",
  id: "ALK",
  version: 1,
  ...words,
  authorities: ["KOM_ALK"],
  premises: ["BAR"],
  share: "EGEN",
  questions: [
    { id: "ALK01", t: "one", ...words, req: true },
    { id: "ALK02", t: "yna", ...words, ok: "JA", req: true },
    { id: "ALK10", t: "grade", ...words },
    { id: "ALK13", t: "yn", ...words, ok: "NEJ" },
    { id: "ALK20", t: "text", ...words },
  ],
};
const cells = (answers: Record<string, Json>): Cells =>
  Object.fromEntries(Object.entries(answers).map(([f, v], i) => [f, [[`id${i}`, v, "a", i, i, i]]]));

it("counts answers and names what is missing", () => {
  expect(progress(template, cells({ ALK01: "ALLM", ALK20: "", ALK13: null, ALK10: "UA" }))).toEqual({
    answered: 2,
    questions: 5,
    required: 2,
    missing: ["ALK02"],
  });
});

it("finds the answers that depart from the compliant one", () => {
  const found = (answers: Record<string, Json>) => findings(template, cells(answers)).map((q) => q.id);
  expect(found({ ALK01: "SAKN", ALK02: "NEJ", ALK10: "ALLV", ALK13: "JA" })).toEqual(["ALK02", "ALK10", "ALK13"]);
  expect(found({ ALK02: "EA", ALK10: "EK", ALK13: "NEJ" })).toEqual([]);
});

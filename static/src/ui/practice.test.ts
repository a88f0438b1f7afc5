import { expect, it, vi } from "vitest";
import { isPractice } from "./PracticeBanner";

vi.mock("./model", () => ({ currentOperation: () => undefined, visitsOf: () => [] }));

it("an evening with an invented place is one to practise on, and one without is not", () => {
  expect(isPractice([{ fictitious: false }, { fictitious: true }])).toBe(true);
  expect(isPractice([{ fictitious: false }])).toBe(false);
  expect(isPractice([])).toBe(false);
});

import { expect, it } from "vitest";
import { isShortId } from "./account";

it.each(["a", "a.berg", " A.Berg ", "x-1_2", "a".repeat(31)])("%j is an id", (typed) => {
  expect(isShortId(typed)).toBe(true);
});

it.each(["", " ", ".a", "a.", "å", "a b", "a/b", "a".repeat(32)])("%j is none", (typed) => {
  expect(isShortId(typed)).toBe(false);
});

import { expect, it } from "vitest";
import { sensitiveIn } from "./sensitive";
import { sensitiveCases } from "./testing";

it.each(sensitiveCases)("$text", ({ text, field }) => {
  expect(sensitiveIn(text)).toBe(field);
});

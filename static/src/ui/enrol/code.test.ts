import { expect, it } from "vitest";
import { codeFrom } from "./code";

it.each([
  ["K7QF-93MX", "K7QF-93MX"],
  ["  K7QF 93MX\n", "K7QF93MX"],
  ["https://insats.example/#/enrol/K7QF-93MX", "K7QF-93MX"],
  ["https://insats.example/enrol#K7QF-93MX", "K7QF-93MX"],
  ["http://127.0.0.1:8000/#/enrol/a_b-c?x=1", "a_b-c"],
  ["https://insats.example/#/setup?code=K7QF-93MX", "K7QF-93MX"],
  ["", ""],
] as const)("finds the code in %j", (pasted, code) => {
  expect(codeFrom(pasted)).toBe(code);
});

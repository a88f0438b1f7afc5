import { expect, it } from "vitest";
import { parsePrefs } from "./prefs";

it("begins dark, in Swedish, in normal text", () => {
  expect(parsePrefs(null)).toEqual({ theme: "dark", language: "sv", text: "m" });
});

it("keeps what was chosen", () => {
  const chosen = { theme: "system", language: "en", text: "xl" };
  expect(parsePrefs(JSON.stringify(chosen))).toEqual(chosen);
});

it.each(["", "{", "null", "[]", '"x"', '{"theme":"pink","language":7,"text":null}'])(
  "is not broken by %j",
  (stored) => {
    expect(parsePrefs(stored)).toEqual({ theme: "dark", language: "sv", text: "m" });
  },
);

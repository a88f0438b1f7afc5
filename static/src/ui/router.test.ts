import { describe, expect, it } from "vitest";
import { href, parse } from "./router";

describe("an address", () => {
  it.each([
    ["/", "", []],
    ["/", "#/", []],
    ["/", "#/sync", ["sync"]],
    ["/", "#/visit/visit_1/counts", ["visit", "visit_1", "counts"]],
    ["/", "#/enrol/AB-CD", ["enrol", "AB-CD"]],
    ["/enrol", "#AB-CD", ["enrol", "AB-CD"]],
    ["/enrol/", "#AB-CD", ["enrol", "AB-CD"]],
    ["/enrol", "", ["enrol"]],
    ["/enrol", "#/sync", ["sync"]],
    ["/", "#/setup?code=AB-CD", ["setup", "AB-CD"]],
    ["/", "#/setup", ["setup"]],
    ["/", "#/visit/setup?code=1", ["visit", "setup?code=1"]],
    ["/", "#/visit/a%2Fb", ["visit", "a/b"]],
    ["/", "#/visit/100%", ["visit", "100%"]],
  ] as const)("%s%s is read", (pathname, hash, expected) => {
    expect(parse(pathname, hash)).toEqual(expected);
  });

  it("comes back from what it was made of", () => {
    const parts = ["visit", "visit_0192.å/ä", "exhibits", "exhibit_seal.A-1"];
    expect(parse("/", href(...parts))).toEqual(parts);
  });
});

import { describe, expect, it } from "vitest";
import { acceptable } from "./photoFiles";
import { exhibitId, sealLabel } from "./seals";

describe("a seal label", () => {
  it("is the same exhibit however it is typed", () => {
    const typed = ["demo-77101", " DEMO-77101 ", "Demo–77101".replace("–", "-"), "DEMO-77 101"];
    expect(new Set(typed.map((each) => exhibitId(sealLabel(each)))).size).toBe(1);
  });

  it("of other signs alone is none", () => {
    expect(sealLabel("åäö _ .")).toBe("");
  });
});

describe("a photo file", () => {
  const file = (type: string, name = "x", size = 10) => ({ type, name, size });
  it.each([
    [file("image/jpeg"), true],
    [file("image/heic"), true],
    [file("", "IMG_1.HEIC"), true],
    [file("", "notes.txt"), false],
    [file("image/png"), false],
    [file("image/svg+xml", "x.jpg"), false],
    [file("image/jpeg", "x", 0), false],
    [file("image/jpeg", "x", 26_214_400), true],
    [file("image/jpeg", "x", 26_214_401), false],
  ] as const)("%j is accepted: %s", (each, ok) => {
    expect(acceptable(each)).toBe(ok);
  });
});

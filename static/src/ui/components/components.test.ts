import { beforeEach, describe, expect, it, vi } from "vitest";
import { language } from "../i18n";
import { matches } from "./Picker";
import { mood, type SyncFacts, unsentText } from "./SyncBar";

vi.mock("../../state/status", () => ({ status: { value: {} } }));

const calm: SyncFacts = {
  connected: true,
  lastContact: 1,
  unsentChanges: 0,
  unsentPhotos: 0,
  oldestUnsent: null,
  action: 0,
};

beforeEach(() => {
  language.value = "sv";
});

describe("the mood of the sync bar", () => {
  it.each([
    ["ok", calm],
    ["info", { ...calm, unsentChanges: 3 }],
    ["info", { ...calm, unsentPhotos: 1 }],
    ["warn", { ...calm, connected: false }],
    ["warn", { ...calm, connected: false, unsentChanges: 3 }],
    ["bad", { ...calm, action: 1 }],
    ["bad", { ...calm, connected: false, action: 1 }],
  ] as const)("is %s", (expected, facts) => {
    expect(mood(facts)).toBe(expected);
  });
});

it("names what is unsent, and nothing where nothing is", () => {
  expect([unsentText(0, 0), unsentText(1, 0), unsentText(0, 1), unsentText(14, 2)]).toEqual([
    "",
    "1 osänd",
    "1 foto",
    "14 osända, 2 foton",
  ]);
});

describe("a search", () => {
  const item = { id: "SPELMASKIN", title: "Spelmaskin/spelautomat", facts: "st", also: "Gaming machine" };
  it.each([
    ["", true],
    ["maskin", true],
    ["MASKIN spel", true],
    ["gaming", true],
    ["snus", false],
    ["maskin snus", false],
  ] as const)("for %j finds it: %s", (query, found) => {
    expect(matches(item, query)).toBe(found);
  });

  it("does without rings and dots", () => {
    expect(matches({ id: "STAROL", title: "Starköl" }, "starkol")).toBe(true);
    expect(matches({ id: "X", title: "Påhittad" }, "PAHITTAD")).toBe(true);
  });
});

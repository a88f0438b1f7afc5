import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Account, ActRow } from "../../state/people";
import { language } from "../i18n";
import { actText, isShortId, standingOf } from "./account";

vi.mock("../../state/operation", () => ({
  code: (list: string, id: string) =>
    list === "roles" && id === "INSP" ? { id, sv: "Inspektör", en: "Inspector" } : undefined,
}));

beforeEach(() => {
  language.value = "sv";
});

describe("an account id", () => {
  it.each(["a", "a.berg", " A.Berg ", "x-1_2", "a".repeat(31)])("is %j", (typed) => {
    expect(isShortId(typed)).toBe(true);
  });

  it.each(["", " ", ".a", "a.", "å", "a b", "a/b", "a".repeat(32)])("is not %j", (typed) => {
    expect(isShortId(typed)).toBe(false);
  });
});

describe("the standing of an account", () => {
  const account: Account = {
    id: "pol.a",
    name: "A",
    authority: "POL",
    role: "INSP",
    active: true,
    seen: null,
    invited: null,
    sessions: [],
    may: [],
  };
  const signIn = { device: "d", label: "Alfa 1", since: 1, seen: 2 };

  it.each([
    ["waiting", {}],
    ["invited", { invited: 9 }],
    ["active", { sessions: [signIn] }],
    ["active", { sessions: [signIn], invited: 9 }],
    ["closed", { active: false, sessions: [signIn], invited: 9 }],
  ] as const)("is %s", (standing, facts) => {
    expect(standingOf({ ...account, ...facts })).toBe(standing);
  });
});

describe("an act is told", () => {
  const row: ActRow = {
    id: "1",
    at: 1,
    act: "invite",
    user: "pol.a",
    name: "Ada",
    authority: "POL",
    detail: "INSP",
    by: null,
    by_name: null,
  };

  it.each([
    ["setup", "Ada blev systemadministratör"],
    ["invite", "Ada bjöds in som Inspektör"],
    ["link", "Ada fick en ny länk"],
    ["close", "Kontot för Ada stängdes"],
    ["end-session", "Ada loggades ut från INSP"],
    ["something-new", "something-new Ada"],
  ] as const)("%s", (act, text) => {
    expect(actText({ ...row, act })).toBe(text);
  });
});

import { describe, expect, it, vi } from "vitest";
import { nextVisit, validOn } from "./model";

vi.mock("../state/operation", () => ({}));
vi.mock("../state/replica", () => ({}));
vi.mock("../state/session", () => ({ session: { value: null } }));

const visit = (status: string, team = "ALFA") => ({ status, team });

describe("the next site", () => {
  it("is the first that is not done", () => {
    const visits = [visit("KLART"), visit("STANGT"), visit("PLANERAT"), visit("PLANERAT")];
    expect(nextVisit(visits)).toBe(visits[2]);
  });

  it("is where somebody is already", () => {
    const visits = [visit("PLANERAT"), visit("INNE")];
    expect(nextVisit(visits)).toBe(visits[1]);
  });

  it("is one's own team's before any other", () => {
    const visits = [visit("INNE", "BRAVO"), visit("PLANERAT", "ALFA")];
    expect(nextVisit(visits, "ALFA")).toBe(visits[1]);
  });

  it("is another team's when one's own is done, and none when all are", () => {
    const visits = [visit("KLART", "ALFA"), visit("PLANERAT", "BRAVO")];
    expect(nextVisit(visits, "ALFA")).toBe(visits[1]);
    expect(nextVisit([visit("NEKAD")], "ALFA")).toBeUndefined();
  });
});

describe("the law of an evening", () => {
  const codes = [{ id: "LOTT", valid_to: "2018-12-31" }, { id: "SPEL", valid_from: "2019-01-01" }, { id: "NARK" }];
  it.each([
    ["2018-05-25", ["LOTT", "NARK"]],
    ["2018-12-31", ["LOTT", "NARK"]],
    ["2019-01-01", ["SPEL", "NARK"]],
  ] as const)("of %s", (date, ids) => {
    expect(validOn(codes, date).map((code) => code.id)).toEqual(ids);
  });
});

import { describe, expect, it, vi } from "vitest";
import { statusFields } from "./StatusCard";
import { sectionsFor } from "./sections";

vi.mock("../../state/operation", () => ({ operations: { value: [] } }));
vi.mock("../../state/replica", () => ({}));
vi.mock("../../state/recording", () => ({}));
vi.mock("../../state/status", () => ({ status: { value: {} } }));
vi.mock("../../state/session", () => ({ session: { value: null } }));

describe("a status", () => {
  it("of being there records the first arrival and no later one", () => {
    expect(statusFields("INNE", undefined, 1000)).toEqual({ status: "INNE", arrived: 1000 });
    expect(statusFields("SAKRAT", undefined, 1000)).toEqual({ status: "SAKRAT", arrived: 1000 });
    expect(statusFields("INNE", 500, 1000)).toEqual({ status: "INNE" });
  });

  it("of being done records the leaving", () => {
    for (const status of ["KLART", "STANGT", "UPPHORT", "NEKAD", "AVBR"])
      expect(statusFields(status, 500, 1000)).toEqual({ status, left: 1000 });
  });

  it("of being on the way records neither", () => {
    expect(statusFields("PAVAG", undefined, 1000)).toEqual({ status: "PAVAG" });
  });
});

it("exhibits are for those who may seize", () => {
  expect(sectionsFor(true)).toContain("exhibits");
  expect(sectionsFor(false)).not.toContain("exhibits");
});

import { expect, it, vi } from "vitest";
import type { Head } from "../../domain/merge";
import type { EntityView } from "../../state/replica";
import type { VisitView } from "../model";
import { countRows } from "./rows";

const tallies: EntityView[] = [];

vi.mock("../../state/replica", () => ({
  entitiesOf: () => tallies.filter((each) => !each.void),
  allEntities: () => tallies,
}));
vi.mock("../../state/operation", () => ({}));
vi.mock("../../state/session", () => ({ session: { value: null } }));

const visit = { id: "visit_1", stream: "s" } as VisitView;

function tally(id: string, actor: string, code: string, qty: number, unit = "ST", gone = false): EntityView {
  const entry = { visit: "visit_1", of: "seizure", code, qty, unit };
  const head: Head = [id, entry, actor, 0, 0, 1];
  const mark: Head = [`${id}v`, { void: true, reason: "", of: "x" }, actor, 0, 0, 1];
  const cells = { entry: [head], ...(gone ? { "@": [mark] } : {}) };
  return { id: `tally_${id}`, kind: "tally", stream: "s", cells, void: gone, review: false };
}

function show(): [string, string, number, number][] {
  return countRows(visit).map((row) => [row.category, row.unit, row.total, row.people.length]);
}

it("adds everyone's entries, and keeps units apart", () => {
  tallies.splice(
    0,
    99,
    tally("1", "a", "CIG", 3, "PAKET"),
    tally("2", "b", "CIG", 4, "PAKET"),
    tally("3", "a", "CIG", 1, "LIMPA"),
  );
  expect(show()).toEqual([
    ["CIG", "PAKET", 7, 2],
    ["CIG", "LIMPA", 1, 1],
  ]);
});

it("keeps a row in its place when it is recounted", () => {
  tallies.splice(
    0,
    99,
    tally("1", "a", "MASKIN", 3, "ST", true),
    tally("2", "a", "SNUS", 4),
    tally("3", "b", "MASKIN", 5),
  );
  expect(show().map((row) => row[0])).toEqual(["MASKIN", "SNUS"]);
  expect(countRows(visit)[0]?.entries.map((entry) => entry.id)).toEqual(["tally_3"]);
});

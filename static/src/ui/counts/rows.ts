/** The counted categories of a visit: one row a category and unit, with what each person contributed. */

import { type Cells, headsOf, winner } from "../../domain/merge";
import { type Contribution, contributions, entriesFor, entryOf } from "../../domain/tally";
import { type EntityView, entitiesOf } from "../../state/replica";
import type { VisitView } from "../model";
import { categoriesCounted } from "../visit/sections";

export interface CountRow {
  category: string;
  unit: string;
  total: number;
  people: readonly Contribution[];
  /** The entries behind the figure, as they are now: what a recount would name. */
  entries: readonly EntityView[];
}

function inUnit(unit: string) {
  return (entry: { cells: Cells }): boolean => entryOf(winner(headsOf(entry.cells, "entry")))?.unit === unit;
}

export function countRows(visit: VisitView): CountRow[] {
  const tallies = entitiesOf(visit.stream, "tally");
  const categories = [...new Set(categoriesCounted(visit))];
  return categories.flatMap((category) => {
    const key = { visit: visit.id, of: "seizure", code: category };
    const people = contributions(tallies, key);
    const units = [...new Set(people.map((person) => person.unit))];
    return units.map((unit) => rowOf(category, unit, people, entriesFor(tallies, key)));
  });
}

function rowOf(category: string, unit: string, all: readonly Contribution[], entries: readonly EntityView[]): CountRow {
  const people = all.filter((person) => person.unit === unit);
  return {
    category,
    unit,
    total: people.reduce((sum, person) => sum + person.qty, 0),
    people: people.filter((person) => person.qty > 0),
    entries: entries.filter(inUnit(unit)),
  };
}

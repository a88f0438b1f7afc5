/** The parts of a visit, for whom they exist and what their tab says at a glance. */
import { contributions } from "../../domain/tally";
import { allEntities, entitiesOf } from "../../state/replica";
import type { IconName } from "../components/Icon";
import {
  arrivalSheet,
  type ChecklistView,
  conflictsOf,
  isPolice,
  ownChecklists,
  ownOf,
  totalProgress,
  type VisitView,
} from "../model";

export type Section =
  | "overview"
  | "arrival"
  | "checklist"
  | "counts"
  | "photos"
  | "reports"
  | "exhibits"
  | "decisions"
  | "conclude";

export const SECTION_ICON: Record<Section, IconName> = {
  overview: "home",
  arrival: "arrive",
  checklist: "clipboard",
  counts: "count",
  photos: "camera",
  reports: "report",
  exhibits: "seal",
  decisions: "gavel",
  conclude: "flag",
};

/** Only the police seize; the others have no list of exhibits to fill by mistake. */
export function sectionsFor(police = isPolice()): readonly Section[] {
  const all: readonly Section[] = [
    "overview",
    "arrival",
    "checklist",
    "counts",
    "photos",
    "reports",
    "exhibits",
    "decisions",
    "conclude",
  ];
  return police ? all : all.filter((section) => section !== "exhibits");
}

/** Whether a part of a visit is everybody's, or one's own authority's alone. */
export function isSharedSection(section: Section): boolean {
  return ["overview", "arrival", "counts"].includes(section);
}

export function sectionOf(segment: string | undefined): Section {
  return sectionsFor().find((section) => section === segment) ?? "overview";
}

/** What a tab shows under its name: a share, a number, or nothing. */
export interface Glance {
  text?: string;
  /** Required questions still open. */
  todo?: number;
  done?: boolean;
}

function share(lists: readonly ChecklistView[]): Glance {
  const { answered, questions, missing } = totalProgress(lists);
  if (questions === 0) return {};
  return { text: `${answered}/${questions}`, todo: answered > 0 ? missing : 0, done: missing === 0 && answered > 0 };
}

function several(n: number): Glance {
  return n > 0 ? { text: String(n) } : {};
}

/** Distinct categories with a figure above zero. */
function counted(visit: VisitView): number {
  const tallies = entitiesOf(visit.stream, "tally");
  const codes = new Set(categoriesCounted(visit));
  return [...codes].filter((code) =>
    contributions(tallies, { visit: visit.id, of: "seizure", code }).some((row) => row.qty > 0),
  ).length;
}

/** In the order of their first count, recounted ones included, so that a row never moves under a thumb. */
export function categoriesCounted(visit: VisitView): string[] {
  return allEntities(visit.stream, "tally").flatMap((tally) =>
    (tally.cells.entry ?? []).flatMap((head) => {
      const entry = head[1] as { visit?: string; of?: string; code?: string } | null;
      return entry?.visit === visit.id && entry.of === "seizure" && entry.code !== undefined ? [entry.code] : [];
    }),
  );
}

export function glance(section: Section, visit: VisitView): Glance {
  switch (section) {
    case "arrival": {
      const sheet = arrivalSheet(visit);
      return sheet ? share([sheet]) : {};
    }
    case "checklist":
      return share(ownChecklists(visit));
    case "counts":
      return several(counted(visit));
    case "photos":
      return several(ownOf(visit, "photo").length);
    case "reports":
      return several(ownOf(visit, "report").length);
    case "exhibits":
      return several(ownOf(visit, "exhibit").length);
    case "decisions":
      return several(ownOf(visit, "decision").length);
    case "conclude":
      return { todo: conflictsOf(visit).length };
    case "overview":
      return {};
  }
}

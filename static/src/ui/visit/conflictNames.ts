/** What a conflict is about, in words, and the place where it can be settled. */

import { template } from "../../state/operation";
import { type EntityView, value } from "../../state/replica";
import { label, t } from "../i18n";
import { SHARED_SHEET, type VisitView } from "../model";
import { href } from "../router";

const KINDS = [
  "visit",
  "party",
  "checklist",
  "safety",
  "photo",
  "exhibit",
  "report",
  "decision",
  "tally",
  "operation",
  "site",
  "submission",
  "approval",
  "admission",
  "disclosure",
] as const;
export type NamedKind = (typeof KINDS)[number];

export function kindName(kind: string): string {
  const known = KINDS.find((each) => each === kind);
  return t(known ? `kind.${known}` : "kind.other");
}

/** The wording of the question itself where it is one; else the kind of thing. */
export function conflictName(view: EntityView, field: string): string {
  if (view.kind !== "checklist") return kindName(view.kind);
  const id = field.replace(/:note$/, "");
  const question = template(value<string>(view, "template") ?? "")?.questions.find((each) => each.id === id);
  return label(question, field);
}

export function conflictHref(visit: VisitView, view: EntityView, field: string): string {
  const at = (...rest: string[]) => href("visit", visit.id, ...rest);
  const question = field.replace(/:note$/, "");
  switch (view.kind) {
    case "checklist":
      return at(view.id.endsWith(`.${SHARED_SHEET}`) ? "arrival" : "checklist", question);
    case "exhibit":
      return at("exhibits", view.id);
    case "report":
      return at("reports", view.id);
    case "decision":
      return at("decisions", view.id);
    case "photo":
      return at("photos");
    case "visit":
      return field === "status" ? at("overview") : at("conclude");
    default:
      return at("overview");
  }
}

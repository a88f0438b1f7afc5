/** Cells in words: which question it is, and how a value of it reads. */
import type { Question } from "../../domain/checklist";
import type { Json } from "../../domain/json";
import { type Entry, entryOf } from "../../domain/tally";
import { code, codes, template } from "../../state/operation";
import { type EntityView, entity } from "../../state/replica";
import { answerText } from "../checklist/answers";
import { shortAuthority } from "../components/Badge";
import { label, moment, number, t, words } from "../i18n";
import { amount } from "../units";
import { text } from "./facts";

/** A long label up to its first bracket or slash: `Tillsyn/offentlig kontroll` → `Tillsyn`. */
export function brief(long: string): string {
  const short = long.split(/\s*[/(]/)[0] ?? "";
  return short === "" ? long : short;
}

export function regimeName(id: string): string {
  return brief(label(code("legal_regimes", id), id));
}

export function siteName(stream: string, visit: string | undefined): string {
  const found = visit === undefined ? undefined : entity(stream, visit);
  return text(entity(stream, text(found, "site") ?? ""), "name") ?? "";
}

/** What the cell asks. */
export function cellName(view: EntityView, field: string): string {
  const question = questionOf(view, field.replace(/:note$/, ""));
  if (question) {
    const name = label(question, question.id);
    return field.endsWith(":note") ? t("cell.note", { question: name }) : name;
  }
  if (view.kind === "party") return partyCell(view, field);
  if (field === "@") return t("cell.void");
  // The forms of one's own records have a label for each of their fields already.
  const key = [`cell.${view.kind}.${field}`, `${view.kind}.${field}`].find(isPlain);
  return key ? t(key) : t("cell.other", { field });
}

type PlainCell = Extract<
  keyof typeof words,
  | `cell.${"visit" | "safety" | "checklist" | "operation" | "tally"}.${string}`
  | "photo.caption"
  | `report.${"offence" | "summary" | "at" | "number"}`
  | `exhibit.${"seal" | "category" | "qty" | "unit" | "description" | "place" | "holder" | "finder" | "purpose" | "occurred"}`
  | `decision.${"outcome" | "status" | "decided" | "amount" | "note"}`
>;
type PartyCell = Extract<keyof typeof words, `cell.party.${string}`>;

function isPlain(key: string): key is PlainCell {
  return Object.hasOwn(words, key);
}

function partyCell(view: EntityView, field: string): string {
  const key = `cell.party.${field}`;
  const who = shortAuthority(text(view, "authority") ?? "");
  return Object.hasOwn(words, key) ? t(key as PartyCell, { who }) : t("cell.other", { field });
}

function questionOf(view: EntityView, id: string): Question | undefined {
  if (view.kind !== "checklist") return undefined;
  return template(text(view, "template") ?? "")?.questions.find((question) => question.id === id);
}

const LIST: Record<string, string> = {
  "visit.status": "status_visit",
  "visit.activity": "status_site_activity",
  "party.regime": "legal_regimes",
  "party.authority": "authorities",
  "checklist.status": "status_checklist",
  "operation.status": "status_operation",
  "site.type": "premises_types",
  "report.offence": "offences",
  "exhibit.category": "seizure_categories",
  "exhibit.unit": "units",
  "exhibit.status": "status_seizure_item",
  "decision.outcome": "outcomes",
  "decision.status": "status_decision",
};
const INSTANTS = new Set(["visit.arrived", "visit.left", "party.entered", "party.left", "safety.at", "report.at"]);

/** A value of a cell as a person would say it. */
export function cellText(view: EntityView, field: string, value: Json, now: number): string {
  if (field === "@") return voidText(value);
  if (value === null || value === "") return t("conflict.empty");
  const question = questionOf(view, field);
  if (question) return answerText(question, value);
  const key = `${view.kind}.${field}`;
  if (key === "tally.entry") return entryText(value);
  if (key === "safety.level") return t(`safety.${value === "high" || value === "medium" ? value : "low"}`);
  if (key === "visit.site") return text(entity(view.stream, String(value)), "name") ?? String(value);
  if (key === "party.present" && Array.isArray(value)) return value.map(String).map(shortAuthority).join(", ");
  const list = LIST[key];
  if (list !== undefined) return label(code(list, String(value)), String(value));
  if (INSTANTS.has(key) && typeof value === "number") return moment(value, now);
  return plain(value);
}

/** A removal with its reason, or its being taken back. */
function voidText(value: Json): string {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return t("cell.void.back");
  const { reason } = value as { readonly reason?: Json };
  return typeof reason === "string" && reason !== "" ? t("cell.void.why", { reason }) : t("cell.void.yes");
}

function plain(value: Json): string {
  if (typeof value === "boolean") return t(value ? "cell.yes" : "cell.no");
  if (typeof value === "number") return number(value);
  return typeof value === "string" ? value : JSON.stringify(value);
}

function entryText(value: Json): string {
  const entry = entryOf(["", value, "", 0, 0, null]);
  return entry ? `${countedName(entry)}, ${amount(entry.qty, entry.unit)}` : t("conflict.empty");
}

/** What an entry counts, in words. */
export function countedName({ of, code: id }: Pick<Entry, "of" | "code">): string {
  if (of === "photo") return t("glance.photos");
  return of === "report" ? pressName(id) : seizureName(id);
}

export function seizureName(id: string): string {
  return brief(label(code("seizure_categories", id), id));
}

export function pressName(id: string): string {
  return label(code("press_categories", id), id);
}

/** Rows by the order of their codes in a list, which begins with what these evenings look for. */
export function inListOrder<T extends { code: string }>(list: string, rows: readonly T[]): T[] {
  const rank = new Map(codes(list).map((item, i) => [item.id, i]));
  return [...rows].sort((a, b) => (rank.get(a.code) ?? rank.size) - (rank.get(b.code) ?? rank.size));
}

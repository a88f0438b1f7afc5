/** Questions and answers in words: options, how a value reads, what it says about compliance. */
import type { Code, Question } from "../../domain/checklist";
import type { Json } from "../../domain/json";
import { answerSet, codes } from "../../state/operation";
import type { Form } from "../draft";
import { figure, label, number, parseFigure, parseInteger, parseTime, plainDate, t } from "../i18n";

export type Tone = "ok" | "warn" | "bad";

/** The options of a question, whichever way its template gives them. */
export function optionsOf(question: Question): readonly Code[] {
  if (question.options) return question.options;
  if (question.options_ref) return codes(question.options_ref);
  return answerSet(question.t);
}

const GRADE_TONE: Record<string, Tone> = { UA: "ok", AVV: "warn", ALLV: "bad" };

/** What choosing an option means: the compliant answer, a deviation, or neither. */
export function optionTone(question: Question, option: string): Tone | undefined {
  if (question.t === "grade") return GRADE_TONE[option];
  if (question.ok === undefined || option === "EA" || option === "EK") return undefined;
  return option === question.ok ? "ok" : "warn";
}

export function optionName(question: Question, id: string): string {
  return label(
    optionsOf(question).find((option) => option.id === id),
    id,
  );
}

/** An answer as a person would say it. */
export function answerText(question: Question, answer: Json): string {
  if (answer === null || answer === "") return t("conflict.empty");
  if (Array.isArray(answer)) return answer.map((id) => optionName(question, String(id))).join(", ");
  if (typeof answer === "number")
    return question.t === "money" ? `${figure(answer, ORE)} ${t("check.money")}` : number(answer);
  if (question.t === "date") return plainDate(String(answer));
  return hasOptions(question) ? optionName(question, String(answer)) : String(answer);
}

export function hasOptions(question: Question): boolean {
  return ["yn", "yna", "grade", "one", "many"].includes(question.t);
}

/** Choosing "none" empties the rest and choosing something else takes "none" away. */
export function toggled(chosen: readonly string[], option: string, on: boolean): string[] {
  const without = chosen.filter((id) => id !== option);
  if (!on) return without;
  return option === NONE ? [NONE] : [...without.filter((id) => id !== NONE), option];
}

const NONE = "INGEN";
const ORE = { factor: 100, dec: 2 };

export const wholeNumber: Form = {
  show: (stored) => (typeof stored === "number" ? String(stored) : ""),
  read: (text) => (text.trim() === "" ? null : (parseInteger(text) ?? undefined)),
};

export const money: Form = {
  show: (stored) => (typeof stored === "number" ? figure(stored, ORE) : ""),
  read: (text) => (text.trim() === "" ? null : (parseFigure(text, ORE) ?? undefined)),
};

/** A time of day as people write it (`1805`, `18.05`, `18:05`): the platform's own picker may insist on AM and PM. */
export const timeOfDay: Form = {
  show: (stored) => (typeof stored === "string" ? stored : ""),
  read: (text) => (text.trim() === "" ? null : (parseTime(text) ?? undefined)),
};

export const calendarDate: Form = {
  show: (stored) => (typeof stored === "string" ? stored : ""),
  read: (text) => (text === "" ? null : /^\d{4}-\d\d-\d\d$/.test(text) ? text : undefined),
};

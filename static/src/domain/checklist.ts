import type { Json } from "./json";
import { type Cells, headsOf, winner } from "./merge";

export type QuestionType =
  | "yn"
  | "yna"
  | "grade"
  | "one"
  | "many"
  | "num"
  | "money"
  | "text"
  | "date"
  | "time"
  | "photo"
  | "doc";

/** An item of a code list, with its words in both languages. */
export interface Code {
  readonly id: string;
  readonly sv: string;
  readonly en: string;
  readonly [key: string]: Json;
}

/** `ok`: the compliant answer; others are findings. `req`: needed to sign. `fail`: suggested outcomes, never automatic. */
export interface Question {
  readonly id: string;
  readonly t: QuestionType;
  readonly sv: string;
  readonly en: string;
  readonly req?: boolean;
  readonly ok?: Json;
  readonly ph?: boolean;
  readonly law?: string;
  readonly options?: readonly Code[];
  readonly options_ref?: string;
  readonly fail?: readonly string[];
  readonly sh?: string;
}

/** A checklist template, pinned by version: `ref` is `ALK@1`. */
export interface Template {
  readonly ref: string;
  readonly id: string;
  readonly version: number;
  readonly sv: string;
  readonly en: string;
  readonly authorities: readonly string[];
  readonly premises: readonly string[];
  readonly share: string;
  readonly note?: string;
  readonly questions: readonly Question[];
}

export interface Progress {
  readonly answered: number;
  readonly questions: number;
  readonly required: number;
  /** Ids of required questions without an answer. */
  readonly missing: readonly string[];
}

/** How far a checklist has come. A question in conflict counts as answered: both answers are kept. */
export function progress(template: Template, cells: Cells): Progress {
  const required = template.questions.filter((q) => q.req);
  return {
    answered: template.questions.filter((q) => isAnswered(cells, q)).length,
    questions: template.questions.length,
    required: required.length,
    missing: required.filter((q) => !isAnswered(cells, q)).map((q) => q.id),
  };
}

function isAnswered(cells: Cells, question: Question): boolean {
  const answer = winner(headsOf(cells, question.id))?.[1] ?? null;
  return answer !== null && answer !== "" && !(Array.isArray(answer) && answer.length === 0);
}

/** Answers that are neither the compliant one nor "not applicable" or "not checked". */
const NEUTRAL: readonly Json[] = ["EA", "EK"];

/** Questions whose shown answer departs from the compliant one. A `grade` is compliant only when it says so (UA). */
export function findings(template: Template, cells: Cells): Question[] {
  return template.questions.filter(
    (q) => isAnswered(cells, q) && departs(q, winner(headsOf(cells, q.id))?.[1] ?? null),
  );
}

function departs(question: Question, answer: Json): boolean {
  const compliant = question.ok ?? (question.t === "grade" ? "UA" : undefined);
  return compliant !== undefined && answer !== compliant && !NEUTRAL.includes(answer);
}

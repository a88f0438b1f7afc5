/** Every visible string exists in Swedish and English. A dictionary is plain data; `translator` makes a typed `t` of it. */
import { language } from "../state/prefs";
import { board } from "./words/board";
import { checklist } from "./words/checklist";
import { common } from "./words/common";
import { counts } from "./words/counts";
import { courier } from "./words/courier";
import { decide } from "./words/decide";
import { disclose } from "./words/disclose";
import { enrol } from "./words/enrol";
import { people } from "./words/people";
import { records } from "./words/records";
import { sync } from "./words/sync";
import { today } from "./words/today";
import { version } from "./words/version";
import { visit } from "./words/visit";

export { language } from "../state/prefs";
export * from "./format";

export interface Phrase {
  readonly sv: string;
  readonly en: string;
}
export type Words = Readonly<Record<string, Phrase>>;

/** The `{names}` in a text, as a type: a missing or misspelt parameter is a compile error. */
type Names<S extends string> = S extends `${string}{${infer Name}}${infer Rest}` ? Name | Names<Rest> : never;
type Params<S extends string> = [Names<S>] extends [never] ? [] : [params: Record<Names<S>, string | number>];

export type Translate<W extends Words> = <K extends keyof W & string>(key: K, ...params: Params<W[K]["sv"]>) => string;

/** Puts the values into a text. An unknown name stays visible as written, so that a test or a reader finds it. */
export function fill(text: string, params: Readonly<Record<string, string | number>>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(params[name] ?? whole));
}

/** The text of a dictionary in the language of the moment; reading it inside a component subscribes to the language. */
export function translator<const W extends Words>(words: W): Translate<W> {
  return (key, ...params) => fill(words[key]?.[language.value] ?? key, params[0] ?? {});
}

/** One of the two forms of a counted noun; both languages here have exactly these. */
export function plural<T>(n: number, one: T, many: T): T {
  return n === 1 ? one : many;
}

/** The label of a code-list item, template, question or option in the language of the moment. */
export function label(item: Phrase | undefined, fallback = ""): string {
  return item?.[language.value] ?? fallback;
}

export const words = {
  ...common,
  ...enrol,
  ...today,
  ...visit,
  ...checklist,
  ...counts,
  ...records,
  ...sync,
  ...decide,
  ...disclose,
  ...version,
  ...people,
  ...courier,
  ...board,
} as const;

export const t = translator(words);

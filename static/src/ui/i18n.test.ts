import { beforeEach, describe, expect, it } from "vitest";
import { fill, language, plural, t, translator, words } from "./i18n";
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

const parts = [
  board,
  checklist,
  common,
  counts,
  courier,
  decide,
  disclose,
  enrol,
  people,
  records,
  sync,
  today,
  version,
  visit,
];

function names(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? "").sort();
}

beforeEach(() => {
  language.value = "sv";
});

describe("the dictionaries", () => {
  it("say everything in both languages, with the same parameters", () => {
    for (const [key, { sv, en }] of Object.entries(words)) {
      expect(sv.trim(), key).not.toBe("");
      expect(en.trim(), key).not.toBe("");
      expect(names(en), key).toEqual(names(sv));
    }
  });

  it("share no key, so that none hides another", () => {
    const keys = parts.flatMap((part) => Object.keys(part));
    expect(new Set(keys).size).toBe(keys.length);
    expect(Object.keys(words)).toHaveLength(keys.length);
  });
});

describe("t", () => {
  it("follows the language of the moment", () => {
    expect(t("act.undo")).toBe("Ångra");
    language.value = "en";
    expect(t("act.undo")).toBe("Undo");
  });

  it("puts values into the text and leaves unknown names visible", () => {
    expect(t("progress.of", { n: 3, total: 12 })).toBe("3 av 12");
    expect(fill("{a} {b}", { a: 1 })).toBe("1 {b}");
  });

  it("can be made for another dictionary", () => {
    const own = translator({ hello: { sv: "Hej {name}", en: "Hello {name}" } });
    expect(own("hello", { name: "Åsa" })).toBe("Hej Åsa");
  });
});

it("counts one and many", () => {
  expect([0, 1, 2].map((n) => plural(n, "one", "many"))).toEqual(["many", "one", "many"]);
});

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Question } from "../../domain/checklist";
import { language } from "../i18n";
import { answerText, calendarDate, money, optionTone, timeOfDay, toggled, wholeNumber } from "./answers";

vi.mock("../../state/operation", () => ({
  codes: () => [{ id: "TILLSYN", sv: "Tillsyn", en: "Supervision" }],
  answerSet: (type: string) => (type === "yn" ? [{ id: "JA", sv: "Ja", en: "Yes" }] : []),
}));

const question = (part: Partial<Question>): Question => ({ id: "Q1", t: "yn", sv: "Fråga", en: "Question", ...part });

beforeEach(() => {
  language.value = "sv";
});

describe("what an option says about compliance", () => {
  it("is told by the compliant answer", () => {
    const q = question({ ok: "NEJ" });
    expect(["NEJ", "JA", "EA", "EK"].map((id) => optionTone(q, id))).toEqual(["ok", "warn", undefined, undefined]);
  });

  it("is told by the grade itself", () => {
    const q = question({ t: "grade" });
    expect(["UA", "AVV", "ALLV", "EK"].map((id) => optionTone(q, id))).toEqual(["ok", "warn", "bad", undefined]);
  });

  it("is nothing where the template has no compliant answer", () => {
    expect(optionTone(question({}), "JA")).toBeUndefined();
  });
});

describe("an answer in words", () => {
  it.each([
    [question({}), "JA", "Ja"],
    [question({ t: "one", options_ref: "legal_regimes" }), "TILLSYN", "Tillsyn"],
    [question({ t: "many", options: [{ id: "HUND", sv: "Hund", en: "Dog" }] }), ["HUND", "X"], "Hund, X"],
    [question({ t: "num" }), 7, "7"],
    [question({ t: "text" }), "fritt", "fritt"],
    [question({ t: "text" }), null, "tomt"],
  ] as const)("%#", (q, answer, text) => {
    expect(answerText(q, answer)).toBe(text);
  });

  it("is kronor for money, not öre", () => {
    expect(answerText(question({ t: "money" }), 635_050).replace(/\s/g, " ")).toBe("6 350,5 kronor");
  });
});

describe("choosing among several", () => {
  it("adds and takes away", () => {
    expect(toggled(["A"], "B", true)).toEqual(["A", "B"]);
    expect(toggled(["A", "B"], "A", false)).toEqual(["B"]);
  });

  it("keeps none apart from the rest", () => {
    expect(toggled(["A", "B"], "INGEN", true)).toEqual(["INGEN"]);
    expect(toggled(["INGEN"], "A", true)).toEqual(["A"]);
  });
});

describe("typed answers", () => {
  it.each([
    [wholeNumber, "4", 4],
    [wholeNumber, "", null],
    [wholeNumber, "fyra", undefined],
    [money, "6350,50", 635_050],
    [money, "", null],
    [money, "6350,505", undefined],
    [timeOfDay, "1805", "18:05"],
    [timeOfDay, "18", undefined],
    [calendarDate, "2018-05-25", "2018-05-25"],
    [calendarDate, "25/5", undefined],
  ] as const)("%# mean what they say", (form, typed, value) => {
    expect(form.read(typed)).toBe(value);
  });

  it("read back what they show", () => {
    expect(wholeNumber.read(wholeNumber.show(-18))).toBe(-18);
    expect(money.read(money.show(635_050))).toBe(635_050);
    expect(timeOfDay.read(timeOfDay.show("09:05"))).toBe("09:05");
  });
});

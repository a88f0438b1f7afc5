import { beforeEach, describe, expect, it } from "vitest";
import {
  age,
  bytes,
  clock,
  figure,
  instant,
  isoDate,
  longDate,
  moment,
  parseFigure,
  parseInteger,
  parseTime,
  time,
} from "./format";
import { language } from "./i18n";

const MIN = 60_000;
const GRAM = { factor: 1000, dec: 2 };
const PIECE = { factor: 1, dec: 0 };
const SUMMER = Date.parse("2018-05-25T17:42:00Z");
const WINTER = Date.parse("2017-12-01T17:42:00Z");

beforeEach(() => {
  language.value = "sv";
});

/** Digits and letters alone: the white space of Intl differs between platforms. */
function plain(text: string): string {
  return text.replace(/\s/g, " ");
}

describe("moments", () => {
  it("are those of Sweden, summer and winter, in 24 hours", () => {
    expect([SUMMER, WINTER].map(time)).toEqual(["19:42", "18:42"]);
    language.value = "en";
    expect(time(SUMMER)).toBe("19:42");
  });

  it("fall on the Swedish day", () => {
    expect(isoDate(Date.parse("2018-05-25T22:30:00Z"))).toBe("2018-05-26");
    expect(longDate("2018-05-25")).toBe("fredag 25 maj 2018");
  });

  it("carry their date when they are not of today", () => {
    expect(moment(SUMMER, SUMMER + 60 * MIN)).toBe("19:42");
    expect(moment(SUMMER, SUMMER + 48 * 60 * MIN)).toContain("2018");
  });

  it("come back from a date and a wall clock", () => {
    expect(instant("2018-05-25", "19:42")).toBe(SUMMER);
    expect(instant("2017-12-01", "18:42")).toBe(WINTER);
  });

  it("on the night of the change to winter time are the first of the two", () => {
    expect(instant("2018-10-28", "02:30")).toBe(Date.parse("2018-10-28T00:30:00Z"));
  });

  it("in the hour that spring skips still give an instant of that night", () => {
    const skipped = instant("2018-03-25", "02:30");
    expect(clock(skipped)).toMatch(/^0[13]:30$/);
  });
});

it("says ages rounded down", () => {
  expect([0, 59_999, 4 * MIN, 119 * MIN, 60 * 60 * MIN].map(age)).toEqual(["nyss", "nyss", "4 min", "1 tim", "2 dygn"]);
});

it("writes sizes in decimal units", () => {
  expect([0, 999, 812e6, 12.4e9].map((n) => plain(bytes(n)))).toEqual(["0 B", "999 B", "812 MB", "12,4 GB"]);
});

describe("quantities", () => {
  it("are written in their unit", () => {
    expect(figure(12_500, GRAM)).toBe("12,5");
    expect(figure(9, PIECE)).toBe("9");
    language.value = "en";
    expect(figure(12_500, GRAM)).toBe("12.5");
  });

  it.each([
    ["12,5", GRAM, 12_500],
    ["12.50", GRAM, 12_500],
    ["0,01", GRAM, 10],
    ["1 200", PIECE, 1200],
    ["3,", GRAM, 3000],
    ["12,345", GRAM, null],
    ["1,5", PIECE, null],
    ["-1", PIECE, null],
    ["", PIECE, null],
    ["nio", PIECE, null],
    ["1e3", PIECE, null],
  ] as const)("read %j", (typed, unit, base) => {
    expect(parseFigure(typed, unit)).toBe(base);
  });

  it("survive being written and read for every hundredth", () => {
    for (let base = 0; base < 20_000; base += 10) expect(parseFigure(figure(base, GRAM), GRAM)).toBe(base);
  });
});

it.each([
  ["7", 7],
  ["-18", -18],
  ["−18", -18],
  ["1,5", null],
  ["", null],
] as const)("reads the integer %j", (typed, n) => {
  expect(parseInteger(typed)).toBe(n);
});

it.each([
  ["1805", "18:05"],
  ["18:05", "18:05"],
  ["18.05", "18:05"],
  ["905", "09:05"],
  [" 9:05 ", "09:05"],
  ["24:00", null],
  ["18:60", null],
  ["18", null],
  ["", null],
] as const)("reads the time %j", (typed, hhmm) => {
  expect(parseTime(typed)).toBe(hhmm);
});

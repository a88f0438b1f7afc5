/** How moments, dates, numbers and amounts are written. All times are those of Sweden, whatever the tablet believes. */
import { type Language, language } from "../state/prefs";

const ZONE = "Europe/Stockholm";
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** English is written the British way: day before month, 24 hours. */
const LOCALE: Record<Language, string> = { sv: "sv-SE", en: "en-GB" };

const formats = new Map<string, Intl.DateTimeFormat>();

function dateFormat(options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = language.value + JSON.stringify(options);
  const known = formats.get(key) ?? new Intl.DateTimeFormat(LOCALE[language.value], { timeZone: ZONE, ...options });
  formats.set(key, known);
  return known;
}

/** `19:42` */
export function time(ms: number): string {
  return dateFormat({ hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(ms);
}

/** `fre 25 maj` from `2018-05-25` */
export function shortDate(date: string): string {
  return dateFormat({ weekday: "short", day: "numeric", month: "short" }).format(noon(date));
}

/** `fredag 25 maj 2018` from `2018-05-25` */
export function longDate(date: string): string {
  return dateFormat({ weekday: "long", day: "numeric", month: "long", year: "numeric" }).format(noon(date));
}

/** `25 maj 2018` from `2018-05-25` */
export function plainDate(date: string): string {
  return dateFormat({ day: "numeric", month: "short", year: "numeric" }).format(noon(date));
}

/** Time alone within the last twenty hours, else with its date. */
export function moment(ms: number, now = Date.now()): string {
  if (Math.abs(now - ms) < 20 * HOUR) return time(ms);
  return `${plainDate(isoDate(ms))} ${time(ms)}`;
}

/** The Swedish calendar date of an instant, `2018-05-25`. */
export function isoDate(ms: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE }).format(ms);
}

/** The Swedish wall clock of an instant, `19:42`, whatever the language. */
export function clock(ms: number): string {
  return new Intl.DateTimeFormat("sv-SE", { timeZone: ZONE, hour: "2-digit", minute: "2-digit" }).format(ms);
}

/** The instant of a Swedish date and wall clock. In the hour that occurs twice each autumn the first is meant. */
export function instant(date: string, hhmm: string): number {
  const utc = Date.parse(`${date}T${hhmm}:00Z`);
  return (
    [2, 1].map((offset) => utc - offset * HOUR).find((ms) => isoDate(ms) === date && clock(ms) === hhmm) ?? utc - HOUR
  );
}

/** What a person typed as a time of day, as `HH:MM`; null where it is none. */
export function parseTime(typed: string): string | null {
  const match = /^(\d{1,2})[:. ]?(\d{2})$/.exec(typed.trim());
  if (match === null) return null;
  const hhmm = `${(match[1] ?? "").padStart(2, "0")}:${match[2]}`;
  return /^([01]\d|2[0-3]):[0-5]\d$/.test(hhmm) ? hhmm : null;
}

function noon(date: string): number {
  return Date.parse(`${date}T12:00:00Z`);
}

/** `nu`, `4 min`, `2 tim`, `3 dygn`: an age at a glance, rounded down. */
export function age(ms: number): string {
  const sv = language.value === "sv";
  if (ms < MINUTE) return sv ? "nyss" : "just now";
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < 2 * DAY) return `${Math.floor(ms / HOUR)} ${sv ? "tim" : "h"}`;
  return `${Math.floor(ms / DAY)} ${sv ? "dygn" : "days"}`;
}

export function number(n: number, decimals = 0): string {
  return new Intl.NumberFormat(LOCALE[language.value], { maximumFractionDigits: decimals }).format(n);
}

/** `812 MB` */
export function bytes(n: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = n < 1 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), units.length - 1);
  return `${number(n / 1000 ** power, power > 2 ? 1 : 0)} ${units[power]}`;
}

/** A unit as in the code list: `factor` base units make one, shown with at most `dec` decimals. */
export interface UnitForm {
  readonly factor: number;
  readonly dec: number;
}

/** The figure of a quantity in base units: 2500 mg in G is `2,5`. */
export function figure(base: number, unit: UnitForm): string {
  return number(base / unit.factor, unit.dec);
}

/** What a person typed, in base units; null where it is not a quantity of this unit (negative, too many decimals). */
export function parseFigure(typed: string, unit: UnitForm): number | null {
  const text = typed.replace(/[\s\u00a0]/g, "").replace(",", ".");
  const match = /^(\d{1,12})(?:\.(\d*))?$/.exec(text);
  if (match === null) return null;
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  if (fraction.length > unit.dec) return null;
  return Number(match[1]) * unit.factor + Math.round(Number(`0.${fraction || "0"}`) * unit.factor);
}

/** What a person typed as a whole number, negative allowed; null where it is none. */
export function parseInteger(typed: string): number | null {
  const text = typed.replace(/[\s\u00a0]/g, "").replace("−", "-");
  return /^-?\d{1,12}$/.test(text) ? Number(text) : null;
}

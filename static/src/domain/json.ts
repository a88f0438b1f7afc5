/** JSON values of the model: no floats (quantities are integers in base units), at most 16 deep. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

export const MAX_DEPTH = 16;

/**
 * Canonical JSON: keys sorted by code point, no white space, non-ASCII unescaped. Two values are equal when these strings
 * are equal (`1`, `true` and `"1"` are three values).
 */
export function canonical(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const object = value as { readonly [key: string]: Json };
  const keys = Object.keys(object).sort(byCodePoint);
  return `{${keys.map((key) => `${JSON.stringify(key)}:${canonical(object[key] as Json)}`).join(",")}}`;
}

/** Order of strings by code point, as Python sorts them. JavaScript's own order is by UTF-16 unit. */
export function byCodePoint(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const difference = rank(a.charCodeAt(i)) - rank(b.charCodeAt(i));
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}

/** Surrogates stand for code points above U+FFFF, so they rank after U+E000…U+FFFF. */
function rank(unit: number): number {
  return unit >= 0xd800 && unit <= 0xdfff ? unit + 0x10000 : unit;
}

/**
 * The value as it may be recorded: text made well-formed and free of U+0000. Throws RangeError for what the model has no
 * place for (floats, `undefined`, more than 16 levels), because a value like that must never reach the outbox.
 */
export function recordable(value: unknown, depth = 1): Json {
  if (typeof value === "string") return clean(value);
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number" && Number.isSafeInteger(value)) return value === 0 ? 0 : value;
  if (typeof value === "object" && depth > MAX_DEPTH) throw new RangeError("value is too deep");
  if (Array.isArray(value)) return value.map((item) => recordable(item, depth + 1));
  if (typeof value === "object") return recordableObject(value, depth);
  throw new RangeError(`not a value of the model: ${typeof value}`);
}

function recordableObject(value: object, depth: number): Json {
  return Object.fromEntries(Object.entries(value).map(([k, v]) => [clean(k), recordable(v, depth + 1)]));
}

function clean(text: string): string {
  return text.replaceAll("\u0000", "").replace(/[\ud800-\udfff]/gu, "\ufffd");
}

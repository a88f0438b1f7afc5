import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

/** The tokens as they stand in the style sheet, so that a changed colour is judged at once. */
const css = readFileSync(new URL("./styles/tokens.css", import.meta.url), "utf8");

type Theme = "light" | "dark";

function token(name: string, theme: Theme): string {
  const match = new RegExp(`--${name}: light-dark\\((#[0-9a-f]{6}), (#[0-9a-f]{6})\\)`).exec(css);
  const found = match?.[theme === "light" ? 1 : 2];
  if (found === undefined) throw new Error(`no token ${name}`);
  return found;
}

/** Relative luminance, WCAG 2.2. */
function luminance(hex: string): number {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(hex.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [hi = 0, lo = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (hi + 0.05) / (lo + 0.05);
}

const PLAIN = ["page", "surface", "surface-2"];
const TEXT: readonly (readonly [text: string, on: readonly string[]])[] = [
  ["ink", [...PLAIN, "surface-3", "accent-wash", "ok-wash", "warn-wash", "bad-wash"]],
  ["ink-2", PLAIN],
  ["accent", [...PLAIN, "accent-wash"]],
  ["ok", [...PLAIN, "ok-wash"]],
  ["warn", [...PLAIN, "warn-wash"]],
  ["bad", [...PLAIN, "bad-wash"]],
  ["on-accent", ["accent"]],
  ["on-danger", ["danger-fill"]],
];

describe.each(["light", "dark"] as const)("in the %s theme", (theme) => {
  const pairs = TEXT.flatMap(([text, on]) => on.map((ground) => [text, ground] as const));
  it.each(pairs)("%s on %s is at least 7:1, for basements and tired eyes", (text, ground) => {
    expect(contrast(token(text, theme), token(ground, theme))).toBeGreaterThanOrEqual(7);
  });

  it.each(PLAIN)("the border of a control shows on %s at 3:1", (ground) => {
    expect(contrast(token("line-strong", theme), token(ground, theme))).toBeGreaterThanOrEqual(3);
  });

  it.each(PLAIN)("the focus ring shows on %s at 3:1", (ground) => {
    expect(contrast(token("focus", theme), token(ground, theme))).toBeGreaterThanOrEqual(3);
  });
});

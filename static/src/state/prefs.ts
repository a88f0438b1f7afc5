/** How this person wants the screen: kept on the tablet, outside the record. `public/theme.js` reads the same key before the first paint. */
import { effect, type Signal, signal } from "@preact/signals";

export type Theme = "dark" | "light" | "system";
export type Language = "sv" | "en";
export type TextSize = "m" | "l" | "xl";

interface Prefs {
  theme: Theme;
  language: Language;
  text: TextSize;
}

const KEY = "insats.prefs";
const THEMES: readonly Theme[] = ["dark", "light", "system"];
const LANGUAGES: readonly Language[] = ["sv", "en"];
const SIZES: readonly TextSize[] = ["m", "l", "xl"];

function oneOf<T>(known: readonly T[], value: unknown, fallback: T): T {
  return known.find((one) => one === value) ?? fallback;
}

/** Reads what was stored; anything unreadable falls back to the dark, Swedish defaults the field needs. */
export function parsePrefs(stored: string | null): Prefs {
  let raw: Partial<Record<keyof Prefs, unknown>> = {};
  try {
    const parsed: unknown = JSON.parse(stored ?? "{}");
    if (typeof parsed === "object" && parsed !== null) raw = parsed;
  } catch {
    // A damaged preference must never keep the app from starting.
  }
  return {
    theme: oneOf(THEMES, raw.theme, "dark"),
    language: oneOf(LANGUAGES, raw.language, "sv"),
    text: oneOf(SIZES, raw.text, "m"),
  };
}

function read(): string | null {
  try {
    return localStorage.getItem(KEY);
  } catch {
    return null;
  }
}

function write(prefs: Prefs): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(prefs));
  } catch {
    // Storage is full or closed: the choice holds until the app is closed, and work goes on.
  }
}

const initial = parsePrefs(typeof localStorage === "undefined" ? null : read());

export const theme: Signal<Theme> = signal(initial.theme);
export const language: Signal<Language> = signal(initial.language);
export const textSize: Signal<TextSize> = signal(initial.text);

/** Keeps <html> and the store in step with the choices; returns the function that stops it. */
export function applyPrefs(root: HTMLElement = document.documentElement): () => void {
  return effect(() => {
    root.dataset.theme = theme.value;
    root.dataset.text = textSize.value;
    root.lang = language.value;
    write({ theme: theme.value, language: language.value, text: textSize.value });
  });
}

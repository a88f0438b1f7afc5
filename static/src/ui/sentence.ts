import { fill, label, type Words, words } from "./i18n";

/** The sentence of a code; a code of a newer server is shown as it is. */
export function sentence(prefix: string, code: string): string {
  const all: Words = words;
  return fill(label(all[`${prefix}.${code}`] ?? all[`${prefix}.other`]), { code });
}

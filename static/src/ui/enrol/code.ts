/** What a person pasted as a code: the bare code, or the whole one-time link. */
export function codeFrom(pasted: string): string {
  const text = pasted.trim();
  const link = /(?:#\/?enrol\/|\/enrol#|#\/?setup\?code=)([^/?#\s]+)/.exec(text);
  return (link?.[1] ?? text).replace(/\s+/g, "");
}

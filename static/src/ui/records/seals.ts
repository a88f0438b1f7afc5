/** The label of a seal as an id: what is the same label to the eye must be the same exhibit on every tablet. */
export function sealLabel(typed: string): string {
  return typed.toUpperCase().replace(/[^A-Z0-9-]/g, "");
}

export function exhibitId(label: string): string {
  return `exhibit_seal.${label}`;
}

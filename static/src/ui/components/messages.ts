/** What is said to the person for a moment: seen as a toast, heard through a live region. */
import { signal } from "@preact/signals";

export interface Message {
  id: number;
  text: string;
  undo?: (() => void) | undefined;
}

const STAY_MS = 5000;
/** Longer where there is something to press: a gloved hand needs time. */
const STAY_UNDO_MS = 12_000;

export const messages = signal<readonly Message[]>([]);
export const spoken = signal("");
export const alarm = signal("");
let last = 0;

export function dismiss(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

/** Shows a short message, and an undo where the act can be undone: undo over confirm. */
export function toast(text: string, undo?: () => void): void {
  last += 1;
  const id = last;
  messages.value = [...messages.value.slice(-1), { id, text, undo }];
  setTimeout(() => dismiss(id), undo ? STAY_UNDO_MS : STAY_MS);
}

/** Says something to screen readers alone (what is seen elsewhere on the screen). */
export function announce(text: string): void {
  spoken.value = spoken.value === text ? `${text}\u00a0` : text;
}

/** Shows and announces at once that something failed. */
export function alertUser(text: string): void {
  alarm.value = alarm.value === text ? `${text}\u00a0` : text;
  toast(text);
}

/** Sealing and handing in go on while the person works elsewhere in the app, so how they stand is kept here. */
import { signal } from "@preact/signals";
import { courierName, type Delivery, deliver, exportOutbox } from "../../state/courier";
import { Problem, session } from "../../state/session";

export type Saving =
  | { readonly step: "sealing"; readonly done: number; readonly total: number }
  | { readonly step: "made"; readonly file: File }
  | { readonly step: "failed"; readonly code: string };

export const saving = signal<Saving | null>(null);

/** Seals what is unsent into a file, ready to be saved or shared. */
export async function makeFile(): Promise<void> {
  if (saving.value?.step === "sealing") return;
  saving.value = { step: "sealing", done: 0, total: 0 };
  try {
    const sealed = await exportOutbox((done, total) => {
      saving.value = { step: "sealing", done, total };
    });
    const name = `insats-${courierName(session.value?.device.label ?? "", new Date())}`;
    saving.value = { step: "made", file: new File([sealed], name, { type: sealed.type }) };
  } catch (error) {
    saving.value = { step: "failed", code: codeOf(error) };
  }
}

/** `name` and `file` of what somebody else made; `delivery` sums all attempts. */
export interface Handing {
  readonly file: File;
  readonly delivery: Delivery;
  readonly running: boolean;
}

export const handing = signal<Handing | null>(null);

function begun(file: File): Delivery {
  return { done: 0, size: file.size, taken: 0, refused: [], damaged: 0, problem: null };
}

/** Hands in a file, or goes on with the one that was cut. Whatever arrived already is not counted twice. */
export async function handIn(file: File, before: Delivery = begun(file)): Promise<void> {
  if (handing.value?.running) return;
  const show = (now: Delivery, running: boolean) => {
    handing.value = { file, delivery: sum(before, now), running };
  };
  show({ ...begun(file), done: before.done }, true);
  try {
    show(await deliver(file, (now) => show(now, true), before.done), false);
  } catch (error) {
    show({ ...begun(file), problem: codeOf(error) }, false);
  }
}

function sum(before: Delivery, now: Delivery): Delivery {
  return {
    ...now,
    taken: before.taken + now.taken,
    damaged: before.damaged + now.damaged,
    refused: [...new Set([...before.refused, ...now.refused])],
  };
}

function codeOf(error: unknown): string {
  return error instanceof Problem ? error.code : "internal";
}

/** The evening that every seed plays: its streams, its people, and the marks by which the books know what leaked. */

export const START = 1_527_264_000_000;
export const OP = "01639815-0000-7000-8000-000000000003";
export const SHARED = `op/${OP}/shared`;
export const PLAN = `op/${OP}/plan`;
export const POL = `op/${OP}/POL`;
export const ALK = `op/${OP}/KOM_ALK`;
export const VISITS = [1, 2].map((i) => `visit_01639815-0000-7000-8000-0000000000a${i}`);

/** As `tests/simulation/template.py` has it. */
export const PEOPLE: Record<string, Record<string, string>> = {
  alva: { [SHARED]: "writer", [POL]: "writer", ref: "reader" },
  bo: { [SHARED]: "writer", [POL]: "writer" },
  cia: { [SHARED]: "writer", [ALK]: "writer" },
  dag: { [SHARED]: "writer", [ALK]: "writer" },
  eva: { [SHARED]: "writer", [PLAN]: "writer" },
  fia: { [SHARED]: "reader", [POL]: "writer" },
  mallory: { [SHARED]: "writer", [ALK]: "writer" },
};

/** Something that must never happen; the message begins with the number of the invariant. */
export class Violation extends Error {}

/** A kept crew has been at work for so long. */
export const CREW_MS = 30_000;

/** What only ever goes up and is never recounted: the books know what it must come to. */
export const STEADY = "CIGARETTER";

/** A mark in everything that an authority keeps to itself: found anywhere else, it has leaked. */
export function mark(stream: string): string {
  return `¤${stream.split("/").at(-1)}¤`;
}

export function ownStream(user: string): string {
  return user === "cia" || user === "dag" || user === "mallory" ? ALK : POL;
}

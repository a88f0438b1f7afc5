import { frameAt, isCourierFile, MAGIC } from "../domain/courier";
import { isProblem, Problem } from "../domain/problem";
import type { Api } from "./api";

/** How a delivery stands. `done` and `size` in bytes of the file; `refused`: problem types the server found inside. */
export interface Delivery {
  readonly done: number;
  readonly size: number;
  readonly taken: number;
  readonly refused: readonly string[];
  /** Frames that the server could not open. */
  readonly damaged: number;
  /** What stopped it, as a Problem's code (`offline`, `unauthenticated`, …; `cut-short`: the file ends too early). */
  readonly problem: string | null;
}

const MAX_WAITS = 20;
const LONGEST_WAIT_MS = 60_000;

/** Sends the frames of a courier file from an offset on, as far as that goes. */
export async function deliverFile(
  api: Pick<Api, "courier">,
  file: Blob,
  onProgress: (delivery: Delivery) => void,
  from: number,
): Promise<Delivery> {
  if (!(await isCourierFile(file))) throw new Problem("not-a-courier-file");
  let now: Delivery = {
    done: Math.max(from, MAGIC.length),
    size: file.size,
    taken: 0,
    refused: [],
    damaged: 0,
    problem: null,
  };
  try {
    for (let frame = await frameAt(file, now.done); frame; frame = await frameAt(file, now.done)) {
      const bytes = new Uint8Array(await file.slice(frame.start, frame.end).arrayBuffer());
      now = { ...(await withFrame(api, now, bytes)), done: frame.end };
      onProgress(now);
    }
  } catch (error) {
    now = { ...now, problem: codeOf(error) };
  }
  return now;
}

function codeOf(error: unknown): string {
  if (error instanceof RangeError) return "cut-short";
  return isProblem(error) ? error.code : "internal";
}

/** A frame that does not open does not hold up the others. */
async function withFrame(api: Pick<Api, "courier">, now: Delivery, bytes: Uint8Array<ArrayBuffer>): Promise<Delivery> {
  try {
    const { taken, refused } = await patiently(() => api.courier(bytes));
    return { ...now, taken: now.taken + taken, refused: [...new Set([...now.refused, ...refused])] };
  } catch (error) {
    if (!isProblem(error, "malformed", "too-large")) throw error;
    return { ...now, damaged: now.damaged + 1 };
  }
}

/** The server's pace is kept: where it asks to wait, wait and go on. */
async function patiently<T>(call: () => Promise<T>): Promise<T> {
  for (let turn = 0; ; turn++) {
    try {
      return await call();
    } catch (error) {
      if (!isProblem(error, "too-many", "unavailable") || error.wait <= 0 || turn >= MAX_WAITS) throw error;
      await new Promise((resolve) => setTimeout(resolve, Math.min(error.wait, LONGEST_WAIT_MS)));
    }
  }
}

import type { CommitRow } from "../store/schema";

/** A commit as a line of a push or a courier file. `r`: the receipt that the tablet holds for it from before. */
export function wireLine({ h, b, s, receipt }: CommitRow): string {
  return `${JSON.stringify({ h, b, s, ...(receipt && { r: receipt }) })}\n`;
}

import { receiptOf } from "../store/receipts";
import type { CommitRow, Db } from "../store/schema";

/**
 * A commit as a line of a push or a courier file. `r` is the receipt from the first time, if there was one: a restored
 * server takes from it when the commit was received.
 */
export async function wireLine(db: Db, row: CommitRow): Promise<string> {
  const { h, b, s } = row;
  const r = await receiptOf(db, row);
  return `${JSON.stringify({ h, b, s, ...(r && { r }) })}\n`;
}

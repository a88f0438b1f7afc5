import { hashOf } from "../domain/commit";
import type { CommitRow, Db } from "./schema";
import type { Stores, Writing } from "./transaction";

/**
 * A receipt covers all commits of one request, so it is kept once, beside the single facts, and commits name it. A tablet
 * that was offline for an evening would otherwise keep the same proof a hundred times.
 */
const PREFIX = "receipt:";
const ALL = () => IDBKeyRange.bound(PREFIX, `${PREFIX}\uffff`);

/** Keeps a receipt; what commits name it by. */
export async function keepReceipt(tx: Writing<Stores>, receipt: string): Promise<string> {
  const id = PREFIX + hashOf(receipt);
  await tx.objectStore("meta").put(receipt, id);
  return id;
}

/** The receipt that a commit names, if it ever got one. */
export async function receiptOf(db: Db, { receipt }: CommitRow): Promise<string | undefined> {
  return receipt === undefined ? undefined : ((await db.get("meta", receipt)) as string | undefined);
}

/** Lets go of receipts that no commit with bytes names any more. Needs `meta` and `commits` in the transaction. */
export async function sweepReceipts(tx: Writing<Stores>): Promise<void> {
  const kept = (await tx.objectStore("commits").getAll()).flatMap((row) => (row.pruned ? [] : (row.receipt ?? [])));
  const named = new Set(kept);
  const keys = (await tx.objectStore("meta").getAllKeys(ALL())).filter((key) => !named.has(key));
  await Promise.all(keys.map((key) => tx.objectStore("meta").delete(key)));
}

import type { UnsealedRow } from "./schema";
import type { Tablet } from "./tablet";
import { strictly } from "./transaction";

/**
 * iPadOS sometimes drops the connection to IndexedDB for good; only a reload helps, and all that was acknowledged is
 * there after it. What was being recorded waits in web storage meanwhile and keeps its ids, so that nothing doubles.
 */
const KEY = "insats.rescue";

export function stash(storage: Storage, rows: readonly UnsealedRow[]): void {
  storage.setItem(KEY, JSON.stringify([...stashed(storage), ...rows]));
}

function stashed(storage: Storage): UnsealedRow[] {
  try {
    const rows: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(rows) ? (rows as UnsealedRow[]) : [];
  } catch {
    return [];
  }
}

/** Records what was stashed before the reload. */
export async function replay({ db }: Pick<Tablet, "db">, storage: Storage): Promise<void> {
  const rows = stashed(storage);
  if (rows.length === 0) return;
  await strictly(db, ["unsealed"], (tx) => Promise.all(rows.map((row) => tx.objectStore("unsealed").put(row))));
  storage.removeItem(KEY);
}

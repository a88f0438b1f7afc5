import type { Db, UnsealedRow } from "./schema";
import { strictly } from "./transaction";

/**
 * iPadOS sometimes drops the connection to IndexedDB for good; only a reload helps, and all that was acknowledged is
 * there after it. What was being recorded waits in web storage meanwhile and keeps its ids, so that nothing doubles.
 */
const KEY = "insats.rescue";

/** What was being recorded at that moment: one batch, whether or not it arrived. Bytes of a photo do not fit there. */
export interface Interrupted {
  readonly rows: readonly UnsealedRow[];
  readonly isPhoto: boolean;
  readonly user?: string;
}

export function stash(storage: Storage, interrupted: Interrupted): void {
  storage.setItem(KEY, JSON.stringify([...stashed(storage), interrupted]));
}

function stashed(storage: Storage): Interrupted[] {
  try {
    const found: unknown = JSON.parse(storage.getItem(KEY) ?? "[]");
    return Array.isArray(found) ? (found as Interrupted[]) : [];
  } catch {
    return [];
  }
}

/**
 * Records what was stashed before the reload, and tells what that was. What had arrived after all stays as it is: it may
 * have taken the place of an earlier change, which the stashed one does not know. A photo without its bytes is no photo.
 */
export async function replay({ db }: { readonly db: Db }, storage: Storage): Promise<Interrupted[]> {
  const interrupted = stashed(storage);
  const rows = interrupted.flatMap((each) =>
    each.isPhoto ? [] : each.rows.map((row) => ({ ...row, ...(each.user && { user: each.user }) })),
  );
  if (rows.length > 0) await record(db, rows);
  storage.removeItem(KEY);
  return interrupted;
}

function record(db: Db, rows: readonly UnsealedRow[]): Promise<void> {
  return strictly(db, ["meta", "unsealed"], async (tx) => {
    const unsealed = tx.objectStore("unsealed");
    const keys = await Promise.all(rows.map((row) => unsealed.getKey(row.change.id)));
    const missing = rows.filter((_, i) => keys[i] === undefined);
    if (missing.length === 0) return;
    await Promise.all(missing.map((row) => unsealed.put(row)));
    // Other windows must see that somebody recorded something.
    const meta = tx.objectStore("meta");
    await meta.put((((await meta.get("saves")) as number | undefined) ?? 0) + 1, "saves");
  });
}

import type { IDBPTransaction, StoreValue } from "idb";
import type { Meta, Schema } from "./schema";
import type { Stores } from "./transaction";

export type Reading = IDBPTransaction<Schema, Stores[], "readonly">;
/** The stores that hold what this tablet wrote. */
export const OWN: Stores[] = ["meta", "actors", "chains", "unsealed", "commits", "photos"];
export type OwnRows = Awaited<ReturnType<typeof readOwn>>;

export async function readOwn(tx: Reading) {
  const meta = tx.objectStore("meta");
  const fact = async <K extends keyof Meta>(key: K) => (await meta.get(key)) as Meta[K] | undefined;
  const all = <S extends Stores>(store: S): Promise<StoreValue<Schema, S>[]> => tx.objectStore(store).getAll();
  const [session, off, saves] = await Promise.all([fact("session"), fact("off"), fact("saves")]);
  const [actors, chains, photos] = await Promise.all([all("actors"), all("chains"), all("photos")]);
  const [unsealed, commits] = await Promise.all([all("unsealed"), all("commits")]);
  return { session, off, saves, actors, chains, photos, unsealed, commits };
}

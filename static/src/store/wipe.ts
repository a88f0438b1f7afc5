import type { Tablet } from "./tablet";
import { type Stores, strictly, type Writing } from "./transaction";

const CONTENT = [
  "replicas",
  "pieces",
  "unsealed",
  "commits",
  "chains",
  "photos",
  "chunks",
  "uploads",
  "actors",
] as const;

/**
 * Removes all that was recorded or read here, and who used the tablet; what it is called and the server's key stay. False, and
 * nothing is removed, while there is anything that the server has not taken into custody, whoever recorded it.
 */
export async function wipe(tablet: Tablet): Promise<boolean> {
  const stores: Stores[] = ["meta", ...CONTENT];
  const done = await strictly(tablet.db, stores, async (tx) => {
    if (!(await isDelivered(tx))) return false;
    await Promise.all(CONTENT.map((name) => tx.objectStore(name).clear()));
    const meta = tx.objectStore("meta");
    await meta.delete("session");
    await meta.put((((await meta.get("saves")) as number | undefined) ?? 0) + 1, "saves");
    return true;
  });
  if (done) {
    await tablet.memory.load(tablet.db);
    tablet.announce("all");
  }
  return done;
}

/** What was refused as bad, or does not hash to its name, lies nowhere else. */
async function isDelivered(tx: Writing<Stores>): Promise<boolean> {
  const [unsealed, commits, photos] = await Promise.all([
    tx.objectStore("unsealed").count(),
    tx.objectStore("commits").getAll(),
    tx.objectStore("photos").getAll(),
  ]);
  const isKept = commits.some((c) => !c.pruned && (!c.result || c.refused));
  return unsealed === 0 && !isKept && photos.every((p) => p.dropped || p.state === "verified");
}

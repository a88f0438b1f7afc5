/** A store and its memory for tests that need no server. */
import { base64url } from "../domain/bytes";
import { actorId } from "../domain/commit";
import { Memory } from "./memory";
import type { Interrupted } from "./rescue";
import { createSave, type Save, type Write } from "./save";
import { openStore, type UnsealedRow } from "./schema";
import type { Tablet } from "./tablet";
import { strictly } from "./transaction";

export interface TestStore {
  readonly tablet: Tablet;
  readonly memory: Memory;
  readonly save: Save;
  readonly clock: { now: number };
  readonly lost: Interrupted[];
  write(e: string, f: string, v: Write["v"], seen?: Write["seen"]): Promise<void>;
  shown(e: string, f: string): unknown[];
  unsealed(): Promise<UnsealedRow[]>;
}

export const STREAM = "op/0192f000-0000-7000-8000-000000000001/shared";
let names = 0;

/** With `name`, another window on the store of that name. */
export async function openWindow(name = `store-${++names}`): Promise<TestStore> {
  const db = await openStore(name);
  const memory = new Memory();
  const clock = { now: 1_792_310_400_000 };
  const lost: Interrupted[] = [];
  const tablet: Tablet = {
    db,
    memory,
    now: () => clock.now,
    announce: () => undefined,
    lost: (interrupted) => void lost.push(interrupted),
  };
  if ((await db.count("actors")) === 0) await furnish(tablet);
  await memory.load(db);
  const save = createSave(tablet);
  const heads = (e: string, f: string) => memory.view(STREAM, e)?.cells[f] ?? [];
  return {
    tablet,
    memory,
    save,
    clock,
    lost,
    write: (e, f, v, seen) => save(() => ({ writes: [{ stream: STREAM, e, f, v, seen: seen ?? [...heads(e, f)] }] })),
    shown: (e, f) => heads(e, f).map((h) => h[1]),
    unsealed: () => db.getAll("unsealed"),
  };
}

async function furnish({ db }: Tablet): Promise<void> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const session = {
    user: { id: "anna", name: "Anna", authority: "POL", role: "INSP" },
    device: { id: "d", label: "d" },
    token: "t",
  };
  const actor = { id: actorId(point), user: "anna", key: base64url(point), privateKey: keys.privateKey };
  const stream = {
    stream: STREAM,
    role: "writer",
    head: 0,
    cursor: 0,
    chain: `sha256:${"0".repeat(64)}`,
    reset: false,
  };
  await strictly(db, ["meta", "actors", "streams"], async (tx) => {
    await tx.objectStore("meta").put(session, "session");
    await tx.objectStore("actors").put({ ...actor, created: 0, registered: true, retired: false });
    await tx.objectStore("streams").put(stream);
  });
}

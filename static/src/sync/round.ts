import { isProblem } from "../domain/problem";
import { regainRoom } from "../store/room";
import { isFullDisk } from "../store/transaction";
import { wipe } from "../store/wipe";
import { registerActors } from "./actor";
import { sendBlobs } from "./blobs";
import type { Sync } from "./context";
import { greet } from "./hello";
import { pendingCounts, pendingOf } from "./pending";
import { pull } from "./pull";
import { push } from "./push";
import { sealAll } from "./seal";

/** Without contact, taps wait this long for their seal (ms): one commit for what belongs together, not one a tap. */
const OFFLINE_SEAL_MS = 30_000;
/** The server counts as reachable this long after a good answer (ms). */
export const CONTACT_MS = 30_000;
const HELLO_EVERY_MS = 20_000;

/** How often a tablet that was full looks whether there is room again (ms). */
const ROOM_EVERY_MS = 60_000;

/**
 * hello → push → pull → blobs. The last three fail independently; the first failure is thrown at the end. A tablet that is only
 * let deliver pulls nothing, and one that has delivered all for good is emptied.
 */
export async function runRound(sync: Sync, isUrgent: boolean, isWanted: () => boolean): Promise<void> {
  const { tablet, state } = sync;
  if (!tablet.memory.session) return;
  const failures: unknown[] = [];
  const attempt = (work: Promise<unknown>) => work.catch((error: unknown) => failures.push(error));
  const isInContact = state.lastContact !== null && tablet.now() - state.lastContact < CONTACT_MS;
  await attempt(sealAll(tablet, isInContact ? 0 : OFFLINE_SEAL_MS));
  await registerActors(sync);
  if (isUrgent || Math.abs(tablet.now() - state.lastHello) > HELLO_EVERY_MS)
    await greet(sync).catch((error: unknown) => {
      // A full disk here must not keep what is sealed from being sent.
      if (!isStorage(error)) throw error;
      failures.push(error);
    });
  await attempt(sealAll(tablet));
  const reads = state.right === "read" ? [pull] : [];
  for (const step of [push, ...reads, (s: Sync) => sendBlobs(s, isWanted)]) await attempt(step(sync));
  await makeRoom(sync);
  if (failures.length > 0) throw failures[0];
  // The board must not go on showing what has been delivered since.
  if (state.told !== pendingCounts(pendingOf(tablet.memory))) await greet(sync);
  if (state.right === "ended" && (await wipe(tablet))) state.right = "read";
}

function isStorage(error: unknown): boolean {
  return isFullDisk(error) || isProblem(error, "storage-full");
}

async function makeRoom({ tablet, state }: Sync): Promise<void> {
  if (!tablet.memory.isFull || Math.abs(tablet.now() - state.lastRoom) < ROOM_EVERY_MS) return;
  state.lastRoom = tablet.now();
  await regainRoom(tablet);
}

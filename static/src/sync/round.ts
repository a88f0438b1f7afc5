import { registerActors } from "./actor";
import { sendBlobs } from "./blobs";
import type { Sync } from "./context";
import { greet } from "./hello";
import { pendingCounts } from "./pending";
import { pull } from "./pull";
import { push } from "./push";
import { sealAll } from "./seal";

/** Without contact, taps wait this long for their seal (ms): one commit for what belongs together, not one a tap. */
const OFFLINE_SEAL_MS = 30_000;
/** The server counts as reachable this long after a good answer (ms). */
export const CONTACT_MS = 30_000;
const HELLO_EVERY_MS = 20_000;

/** hello → push → pull → blobs. The last three fail independently; the first failure is thrown at the end. */
export async function runRound(sync: Sync, isUrgent: boolean, isWanted: () => boolean): Promise<void> {
  const { tablet, state } = sync;
  if (!tablet.memory.session) return;
  const isInContact = state.lastContact !== null && tablet.now() - state.lastContact < CONTACT_MS;
  await sealAll(tablet, isInContact ? 0 : OFFLINE_SEAL_MS);
  await registerActors(sync);
  if (isUrgent || Math.abs(tablet.now() - state.lastHello) > HELLO_EVERY_MS) await greet(sync);
  await sealAll(tablet);
  const failures: unknown[] = [];
  for (const step of [push, pull, (s: Sync) => sendBlobs(s, isWanted)])
    await step(sync).catch((error: unknown) => failures.push(error));
  if (failures.length > 0) throw failures[0];
  // The board must not go on showing what has been delivered since.
  if (state.told !== pendingCounts(tablet.memory)) await greet(sync);
}

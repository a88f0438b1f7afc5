import { base64url } from "../domain/bytes";
import { actorId } from "../domain/commit";
import { isProblem } from "../domain/problem";
import { withRoom } from "../store/room";
import type { ActorRow } from "../store/schema";
import type { Tablet } from "../store/tablet";
import { strictly } from "../store/transaction";
import type { Sync } from "./context";

/** Makes a key for a user on this device. The private half cannot leave the browser; the server learns the rest later. */
export async function createActor(tablet: Tablet, user: string): Promise<ActorRow> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const row: ActorRow = {
    id: actorId(point),
    user,
    key: base64url(point),
    privateKey: keys.privateKey,
    created: tablet.now(),
    registered: false,
    retired: false,
  };
  await putActor(tablet, row);
  return row;
}

async function putActor(tablet: Tablet, row: ActorRow): Promise<void> {
  await withRoom(tablet, () => strictly(tablet.db, ["actors"], (tx) => tx.objectStore("actors").put(row)));
  tablet.memory.actor(row);
  tablet.announce("own");
}

/** Registers my keys that the server does not know yet, retired ones too: their last commits are still to be sent. */
export async function registerActors({ tablet, api }: Sync): Promise<void> {
  const mine = [...tablet.memory.actors.values()].filter((a) => tablet.memory.isMine(a.id));
  for (const row of mine.filter((a) => !a.registered)) {
    await api.registerActor(row.key);
    await putActor(tablet, { ...row, registered: true });
  }
}

/** The server (a restored one) has forgotten an actor: it is to be registered again. */
export async function forgetRegistration({ tablet, state }: Sync, actor: string): Promise<void> {
  const row = tablet.memory.actors.get(actor);
  if (!row?.registered || !tablet.memory.isMine(actor)) return;
  state.isInDoubt = true;
  await putActor(tablet, { ...row, registered: false });
}

/** The actor to name in `Insats-Actor`: the newest of mine that the server knows. */
export function namedActor({ memory }: Tablet): string | null {
  const known = [...memory.actors.values()].filter((a) => memory.isMine(a.id) && a.registered && !a.retired);
  return known.sort((a, b) => b.created - a.created)[0]?.id ?? null;
}

/** Runs a call and, where the server does not know the actor any more, registers it and runs the call again. */
export async function asKnownActor<T>(sync: Sync, call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const named = namedActor(sync.tablet);
    if (!isProblem(error, "actor-unknown") || !named) throw error;
    await forgetRegistration(sync, named);
    await registerActors(sync);
    return await call();
  }
}

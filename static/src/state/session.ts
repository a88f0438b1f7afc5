import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import { newId } from "../domain/ids";
import { Problem } from "../domain/problem";
import { layBallast } from "../store/ballast";
import { purgeStreams } from "../store/purge";
import type { Session, User } from "../store/schema";
import { readMeta, strictly } from "../store/transaction";
import { createActor } from "../sync/actor";
import type { NewAccount, SetupChoices } from "../sync/people";
import { forgetMark, lostStore, markDevice, noticeLoss, readMark } from "./loss";
import { askToPersist, measureStorage } from "./storage";
import { memory, open, type Running, running, sending } from "./tablet";
import { registerWorker } from "./update";

export type { Session, User } from "../store/schema";
export type { NewAccount, SetupChoices } from "../sync/people";
export { Problem };

/** Who is enrolled on this tablet; null until `start` has read it, and on a new tablet. */
export const session: Signal<Session | null> = signal(null);
/** Operational coordinators plan, watch and settle; they are not superusers. */
export const isSupervisor: ReadonlySignal<boolean> = computed(() =>
  ["OPKO_POL", "OPKO_KOM"].includes(session.value?.user.role ?? ""),
);

/** Administrators keep accounts and read nothing that was recorded. */
export const isAdministrator: ReadonlySignal<boolean> = computed(() =>
  ["SYSADM", "MYNADM"].includes(session.value?.user.role ?? ""),
);

/** The one who keeps the accounts of all authorities. */
export function isSystemAdministrator(): boolean {
  return session.value?.user.role === "SYSADM";
}

/** Whose tablet this was until it had delivered everything and was emptied, because their sign-in on it had ended. */
export const emptied: Signal<Session | null> = signal(null);

effect(() => {
  sending.value;
  const before = session.peek();
  session.value = memory.session;
  if (before && !memory.session) {
    emptied.value = before;
    forgetMark();
    running().engine.stop();
  }
});

/** The reserve is laid when the first screens have come to rest (ms). */
const BALLAST_AFTER_MS = 15_000;
const STORAGE_EVERY_MS = 60_000;

/**
 * Opens the store, reads it into memory and starts the sync loop. Needs no server: everything recorded and pulled before is
 * there when it resolves. Rejects with Problem `storage` where the browser gives no IndexedDB.
 */
export async function start(): Promise<void> {
  const started = await open();
  session.value = memory.session;
  noticeStore(started);
  registerWorker();
  followBrowser(started);
  void measureStorage();
  setInterval(() => void measureStorage(), STORAGE_EVERY_MS);
  if (memory.session) begin(started);
}

/** An enrolled tablet leaves its mark outside the store (those from before there were marks too); a lost store is noticed. */
function noticeStore({ tablet }: Running): void {
  const { session: enrolled } = memory;
  noticeLoss(enrolled !== null);
  if (enrolled && readMark()?.id !== enrolled.device.id) markDevice({ ...enrolled.device, enrolled: tablet.now() });
}

function begin({ tablet, engine }: Running): void {
  engine.start();
  void askToPersist();
  setTimeout(() => void layBallast(tablet.db).catch(() => undefined), BALLAST_AFTER_MS);
}

function followBrowser({ engine }: Running): void {
  addEventListener("online", () => engine.wake("online"));
  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible") engine.wake("visible");
  });
}

/**
 * Makes this the tablet of whoever the one-time code was made for. Rejects with the server's Problem (`code-invalid`,
 * `too-many`) or `offline`. Another user's replicas are removed first; what that user recorded stays until it is delivered.
 */
export async function enrol(code: string, label: string): Promise<void> {
  const { engine } = running();
  const device = { id: await deviceId(), label };
  const lost = lostStore.value;
  const told = lost ? { ...device, lost: { id: lost.id, label: lost.label } } : device;
  await settleIn(device, await engine.sync.api.enrol(code, told));
}

/** Makes the first administrator's account, and this browser theirs. Rejects as `enrol` does, and with `taken`. */
export async function setUp(code: string, account: NewAccount, label: string): Promise<void> {
  const device = { id: await deviceId(), label };
  await settleIn(device, await running().engine.sync.api.setUp(code, account, device));
}

export function setupChoices(): Promise<SetupChoices> {
  return running().engine.sync.api.setupChoices();
}

/** From now on this is the tablet of `user`. */
async function settleIn(device: Session["device"], { token, user }: { token: string; user: User }): Promise<void> {
  const { tablet, engine } = running();
  if (memory.session?.user.id !== user.id) await purgeStreams(tablet, [...memory.streams.keys()]);
  const hasActor = [...memory.actors.values()].some((a) => a.user === user.id && !a.retired);
  if (!hasActor) await createActor(tablet, user.id);
  await strictly(tablet.db, ["meta"], (tx) => tx.objectStore("meta").put({ user, device, token }, "session"));
  await memory.loadOwn(tablet.db);
  session.value = memory.session;
  markDevice({ ...device, enrolled: tablet.now() });
  tablet.announce("all");
  engine.sync.state.lastHello = 0;
  begin(running());
}

/** A name the tablet makes up once and keeps, whoever uses it. */
async function deviceId(): Promise<string> {
  const { db } = running().tablet;
  const known = await readMeta(db, "device");
  if (known) return known;
  const made = `d_${newId(Date.now())}`;
  await strictly(db, ["meta"], (tx) => tx.objectStore("meta").put(made, "device"));
  return made;
}

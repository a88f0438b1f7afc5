/** Where the app runs: installed (it may record), or in a tab (it shows how to install). */
import { computed, signal } from "@preact/signals";
import { isAdministrator, isSupervisor } from "../state/session";

const KEY = "insats.window";

/** Chromium's offer to install, kept until a person asks for it. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

function standalone(): boolean {
  if (typeof matchMedia === "undefined") return false;
  const ios = (navigator as Navigator & { standalone?: boolean }).standalone === true;
  return ios || matchMedia("(display-mode: standalone)").matches;
}

/** The development switch exists on one's own machine only. */
export function isLocal(hostname: string = location.hostname): boolean {
  return ["localhost", "127.0.0.1", "[::1]"].includes(hostname);
}

function remembered(): boolean {
  try {
    return isLocal() && localStorage.getItem(KEY) === "1";
  } catch {
    return false;
  }
}

const installed = signal(standalone());
const windowAllowed = signal(typeof location !== "undefined" && remembered());
export const offer = signal<InstallOffer | null>(null);

/** Whether this window may record. The board is watched, and accounts are kept, in a browser as well. */
export const mayRecord = computed(() => installed.value || windowAllowed.value);
export const mayWork = computed(() => mayRecord.value || isSupervisor.value || isAdministrator.value);

export function allowThisWindow(): void {
  windowAllowed.value = true;
  try {
    localStorage.setItem(KEY, "1");
  } catch {
    // Holds until the tab is closed.
  }
}

export async function install(): Promise<void> {
  await offer.value?.prompt();
  offer.value = null;
}

export function watchInstall(): void {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    offer.value = event as InstallOffer;
  });
  matchMedia("(display-mode: standalone)").addEventListener("change", () => {
    installed.value = standalone();
  });
}

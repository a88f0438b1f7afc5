import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

const ready: Signal<boolean> = signal(false);
/** A new version of the app is downloaded and waits for `applyUpdate`. */
export const updateReady: ReadonlySignal<boolean> = ready;

const WORKER = "/sw.js";
const CHECK_EVERY_MS = 3_600_000;
let waiting: ServiceWorker | null = null;

/** Activates the waiting version; the page reloads when it has taken over. Nothing that was saved is touched. */
export function applyUpdate(): void {
  waiting?.postMessage("activate");
}

/** Installs the service worker of a built app, and notices when a later one is ready. */
export function registerWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const { serviceWorker } = navigator;
  // The first worker claims the page that installed it: no reason to reload.
  const isFirst = serviceWorker.controller === null;
  let isReloading = false;
  serviceWorker.addEventListener("controllerchange", () => {
    if (isFirst && waiting === null) return;
    if (!isReloading) location.reload();
    isReloading = true;
  });
  void serviceWorker.register(trustedWorkerUrl() as string, { updateViaCache: "none" }).then(follow, () => undefined);
}

function follow(registration: ServiceWorkerRegistration): void {
  if (registration.waiting) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const installing = registration.installing;
    installing?.addEventListener("statechange", () => {
      if (installing.state === "installed" && navigator.serviceWorker.controller) offer(installing);
    });
  });
  setInterval(() => void registration.update().catch(() => undefined), CHECK_EVERY_MS);
}

function offer(worker: ServiceWorker): void {
  waiting = worker;
  ready.value = true;
}

interface TrustedTypes {
  createPolicy(
    name: string,
    rules: { createScriptURL(url: string): string },
  ): { createScriptURL(url: string): unknown };
}

/** Chromium registers no worker by plain text where Trusted Types are enforced. The policy vouches for this one address. */
function trustedWorkerUrl(): unknown {
  const { trustedTypes } = globalThis as { trustedTypes?: TrustedTypes };
  const createScriptURL = (url: string) => {
    if (url !== WORKER) throw new TypeError(`not our worker: ${url}`);
    return url;
  };
  return trustedTypes?.createPolicy("insats", { createScriptURL }).createScriptURL(WORKER) ?? WORKER;
}

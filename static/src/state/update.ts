import { type ReadonlySignal, type Signal, signal } from "@preact/signals";

const ready: Signal<boolean> = signal(false);
/** A new version of the app is downloaded and waits for `applyUpdate`. */
export const updateReady: ReadonlySignal<boolean> = ready;

const WORKER = "/sw.js";
const CHECK_EVERY_MS = 3_600_000;
const AGAIN_MS = 15_000;
const AGAIN_MOST_MS = 600_000;
const followed = new WeakSet<ServiceWorkerRegistration>();
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
  install(trustedWorkerUrl() as string, AGAIN_MS);
}

/**
 * One file that does not arrive fails the whole installation, and an app without a worker does not start offline: tried
 * again after a while, each time after twice as long, until there is a worker.
 */
function install(url: string, again: number): void {
  const retry = () => void setTimeout(() => install(url, Math.min(2 * again, AGAIN_MOST_MS)), again);
  navigator.serviceWorker.register(url, { updateViaCache: "none" }).then((found) => follow(found, retry), retry);
}

/** `failed` is called if the registration ends without ever having had a worker. */
function follow(registration: ServiceWorkerRegistration, failed: () => void): void {
  if (registration.active === null && registration.waiting === null) {
    if (registration.installing) onState(registration.installing, "redundant", failed);
    else failed();
  }
  if (followed.has(registration)) return;
  followed.add(registration);
  // The first worker waits for nobody and is no news. Whether it is the first is seen by the one before it: WebKit may have made
  // it the page's controller by the time that it says to be installed.
  if (registration.waiting && registration.active) offer(registration.waiting);
  registration.addEventListener("updatefound", () => {
    const { installing, active } = registration;
    if (installing && active) onState(installing, "installed", () => offer(installing));
  });
  setInterval(() => void registration.update().catch(() => undefined), CHECK_EVERY_MS);
}

function onState(worker: ServiceWorker, state: ServiceWorkerState, heard: () => void): void {
  worker.addEventListener("statechange", () => {
    if (worker.state === state) heard();
  });
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

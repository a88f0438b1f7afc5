/// <reference lib="webworker" />
/**
 * The app offline: one cache for each version, holding every file of the build. A new version waits until the page tells
 * it to take over, because a form may be half filled. Calls to the server are never answered from here.
 */
import { BY_WORKER } from "./sync/api";

declare const self: ServiceWorkerGlobalScope;
declare const __PRECACHE__: readonly string[];
declare const __VERSION__: string;

const PREFIX = "insats-";
const CACHE = PREFIX + __VERSION__;

self.addEventListener("install", (event) => event.waitUntil(fill()));
self.addEventListener("activate", (event) => event.waitUntil(takeOver()));
self.addEventListener("message", (event) => {
  if (event.data === "activate") void self.skipWaiting();
});
self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.headers.has(BY_WORKER)) return event.respondWith(fetch(request));
  const { origin, pathname } = new URL(request.url);
  const isOurs = request.method === "GET" && origin === location.origin && !pathname.startsWith("/api/");
  if (isOurs) event.respondWith(answer(request));
});

async function fill(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll(__PRECACHE__.map((path) => new Request(path, { cache: "reload" })));
}

async function takeOver(): Promise<void> {
  const old = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CACHE);
  await Promise.all(old.map((name) => caches.delete(name)));
  await self.clients.claim();
}

/** Every address of the app is the same page; what is not of this version comes from the network. */
async function answer(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const found = await cache.match(request.mode === "navigate" ? "/index.html" : request);
  return found ?? fetch(request);
}

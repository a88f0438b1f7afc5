import { afterEach, beforeEach, expect, it, vi } from "vitest";

type Handler = (event: Record<string, unknown>) => void;
const handlers = new Map<string, Handler>();
const stores = new Map<string, Map<string, Response>>();
const network: string[] = [];
let skipped = 0;

const pathOf = (request: Request | string) =>
  new URL(typeof request === "string" ? request : request.url, "https://insats.test").pathname;

/** Enough of a browser for the worker: its own events, caches by name, and a network that can be cut. */
beforeEach(async () => {
  for (const map of [handlers, stores]) map.clear();
  network.length = skipped = 0;
  vi.resetModules();
  vi.stubGlobal("__PRECACHE__", ["/index.html", "/assets/app.js"]);
  vi.stubGlobal("__VERSION__", "v2");
  vi.stubGlobal("location", { origin: "https://insats.test" });
  vi.stubGlobal(
    "Request",
    class extends Request {
      constructor(input: string | Request, init?: RequestInit) {
        super(typeof input === "string" ? `https://insats.test${input}` : input, init);
      }
    },
  );
  vi.stubGlobal("fetch", async (request: Request) => {
    network.push(pathOf(request));
    return new Response("network");
  });
  vi.stubGlobal("caches", {
    open,
    keys: async () => [...stores.keys()],
    delete: async (name: string) => stores.delete(name),
  });
  vi.stubGlobal("self", {
    addEventListener: (name: string, handler: Handler) => handlers.set(name, handler),
    skipWaiting: async () => void skipped++,
    clients: { claim: async () => undefined },
  });
  await import("./sw");
});
afterEach(() => vi.unstubAllGlobals());

async function open(name: string) {
  const store = stores.get(name) ?? new Map<string, Response>();
  stores.set(name, store);
  return {
    addAll: async (requests: Request[]) => {
      for (const request of requests) store.set(pathOf(request), new Response(`cached ${pathOf(request)}`));
    },
    match: async (request: Request | string) => store.get(pathOf(request))?.clone(),
  };
}

async function run(name: string, event: Record<string, unknown> = {}): Promise<unknown> {
  let work: unknown;
  const keep = (promise: unknown) => {
    work = promise;
  };
  handlers.get(name)?.({ waitUntil: keep, respondWith: keep, ...event });
  return await work;
}

async function get(path: string, mode = "cors", method = "GET", headers = {}): Promise<string | null> {
  const request = { url: `https://insats.test${path}`, method, mode, headers: new Headers(headers) };
  const response = (await run("fetch", { request })) as Response | undefined;
  return response ? response.text() : null;
}

it("keeps every file of its version and removes other versions, but nothing else", async () => {
  await open("insats-v1");
  await open("photos");
  await run("install");
  await run("activate");
  expect([...stores.keys()].sort()).toEqual(["insats-v2", "photos"]);
  expect([...(stores.get("insats-v2")?.keys() ?? [])]).toEqual(["/index.html", "/assets/app.js"]);
});

it("waits until it is told to take over", async () => {
  await run("install");
  expect(skipped).toBe(0);
  await run("message", { data: "something else" });
  expect(skipped).toBe(0);
  await run("message", { data: "activate" });
  expect(skipped).toBe(1);
});

it("answers every address of the app with the app, from the cache", async () => {
  await run("install");
  expect(await get("/visit/7?x=1", "navigate")).toBe("cached /index.html");
  expect(await get("/assets/app.js")).toBe("cached /assets/app.js");
  expect(network).toEqual([]);
  expect(await get("/assets/other.js")).toBe("network");
});

it("leaves calls to the server, other origins and other methods alone", async () => {
  await run("install");
  expect(await get("/api/v1/hello")).toBeNull();
  expect(await get("/assets/app.js", "cors", "POST")).toBeNull();
  const request = { url: "https://other.test/assets/app.js", method: "GET", mode: "cors", headers: new Headers() };
  expect(await run("fetch", { request })).toBeUndefined();
});

it("passes on a call of the page that asks for its line, and answers none itself", async () => {
  await run("install");
  for (const [path, method] of [
    ["/api/v1/hello", "GET"],
    ["/api/v1/commits", "POST"],
  ] as const)
    expect(await get(path, "cors", method, { "Insats-By-Worker": "1" })).toBe("network");
  expect(network).toEqual(["/api/v1/hello", "/api/v1/commits"]);
});

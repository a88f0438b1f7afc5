import { afterEach, describe, expect, it, vi } from "vitest";
import { BY_WORKER, type Caller, createApi } from "./api";

const caller: Caller = {
  token: () => "secret",
  actor: () => "a_1",
  pending: () => "changes=1;blobs=0",
  contact: () => undefined,
};
const problemOf = (work: Promise<unknown>) =>
  work.then(
    () => null,
    (error: unknown) => error,
  );

/** An API whose server answers like this, and what it was sent. */
function apiTo(answer: () => Response | Promise<Response>, timeouts = { short: 1_000, long: 1_000 }) {
  const sent: { path: string; init: RequestInit; headers: Headers }[] = [];
  let contacts = 0;
  const fetch = async (path: string, init: RequestInit) => {
    sent.push({ path, init, headers: new Headers(init.headers) });
    return answer();
  };
  const counting = { ...caller, contact: () => void contacts++ };
  return { api: createApi(fetch, counting, timeouts), sent, contacts: () => contacts };
}

describe("a call", () => {
  it("names the caller, is never answered from a cache, and counts as contact", async () => {
    const { api, sent, contacts } = apiTo(() => Response.json({ ok: true }));
    await api.hello();
    expect(sent[0]?.path).toBe("/api/v1/hello");
    expect(sent[0]?.headers.get("Authorization")).toBe("Bearer secret");
    expect(sent[0]?.headers.get("Insats-Actor")).toBe("a_1");
    expect(sent[0]?.headers.get("Insats-Pending")).toBe("changes=1;blobs=0");
    expect(sent[0]?.init.cache).toBe("no-store");
    expect(contacts()).toBe(1);
  });

  it("packs commits, and nothing that is small", async () => {
    const { api, sent } = apiTo(() => Response.json({}));
    const line = `${JSON.stringify({ h: "x".repeat(5_000) })}\n`;
    await api.push(line, true);
    await api.push("{}\n", true);
    await api.push(line, false);
    await api.missing(["ab"]);
    expect(sent.map((s) => s.headers.get("Content-Encoding"))).toEqual(["gzip", null, null, null]);
    const body = new Blob([sent[0]?.init.body as Uint8Array<ArrayBuffer>]);
    expect(body.size).toBeLessThan(200);
    expect(await new Response(body.stream().pipeThrough(new DecompressionStream("gzip"))).text()).toBe(line);
  });

  it("escapes what becomes part of an address", async () => {
    const { api, sent } = apiTo(() => new Response(""));
    await api.changes("op/1/shared:3,ref:4");
    await api.snapshot("op/1/ö?");
    expect(sent.map((s) => s.path)).toEqual([
      "/api/v1/changes?after=op%2F1%2Fshared%3A3%2Cref%3A4",
      "/api/v1/streams/op/1/%C3%B6%3F/snapshot",
    ]);
  });
});

describe("an answer", () => {
  it("that refuses keeps its code, detail and how long to wait", async () => {
    const body = JSON.stringify({ type: "urn:insats:too-many", title: "Too many", detail: "slow down" });
    const headers = { "Content-Type": "application/problem+json", "Retry-After": "7" };
    const { api, contacts } = apiTo(() => new Response(body, { status: 429, headers }));
    expect(await problemOf(api.hello())).toMatchObject({
      code: "too-many",
      status: 429,
      detail: "slow down",
      wait: 7_000,
    });
    expect(contacts()).toBe(1);
  });

  it("that our server did not write is no contact: a portal, a proxy, half a body", async () => {
    const page = () => new Response("<html>", { status: 200, headers: { "Content-Type": "text/html" } });
    const { api, contacts } = apiTo(() => new Response("<html>", { status: 502 }));
    expect(await problemOf(api.hello())).toMatchObject({ code: "offline", status: 502 });
    expect(contacts()).toBe(0);
    const portal = apiTo(page);
    expect(await problemOf(portal.api.hello())).toMatchObject({ code: "offline" });
    expect(portal.contacts()).toBe(0);
    expect(await problemOf(apiTo(() => new Response('{"ep')).api.hello())).toMatchObject({ code: "offline" });
  });

  it("that does not come in time is none", async () => {
    const never = (signal: AbortSignal | null | undefined) =>
      new Promise<Response>((_, reject) => signal?.addEventListener("abort", () => reject(signal.reason)));
    const api = createApi((_, init) => never(init.signal), caller, { short: 20, long: 20 });
    expect(await problemOf(api.hello())).toMatchObject({ code: "offline" });
  });
});

describe("a page whose own line is dead", () => {
  const withWorker = (controller: unknown) => vi.stubGlobal("navigator", { serviceWorker: { controller } });
  afterEach(() => vi.unstubAllGlobals());

  /** A server that is reached by the worker's line alone. */
  function half(error: Error) {
    const made = apiTo(() => {
      if (!made.sent.at(-1)?.headers.has(BY_WORKER)) throw error;
      return Response.json({ ok: true });
    });
    return made;
  }

  it("asks once more by the worker, with the same words", async () => {
    withWorker({});
    const { api, sent, contacts } = half(new TypeError("Failed to fetch"));
    await api.push("{}\n", true);
    expect(sent.map((s) => [s.path, s.init.method, s.headers.get("Authorization")])).toEqual(
      Array(2).fill(["/api/v1/commits", "POST", "Bearer secret"]),
    );
    expect(sent[1]?.init.body).toBe(sent[0]?.init.body);
    expect(contacts()).toBe(1);
  });

  it("is offline where there is no worker, where that one reaches nobody either, and where time is up", async () => {
    withWorker(null);
    expect(await problemOf(half(new TypeError("Failed to fetch")).api.hello())).toMatchObject({ code: "offline" });
    withWorker({});
    const none = apiTo(() => Promise.reject(new TypeError("Failed to fetch")));
    expect(await problemOf(none.api.hello())).toMatchObject({ code: "offline" });
    expect(none.sent.length).toBe(2);
    const late = half(new DOMException("late", "TimeoutError"));
    expect(await problemOf(late.api.hello())).toMatchObject({ code: "offline" });
    expect(late.sent.length).toBe(1);
  });

  it("does not use up a one-time code twice", async () => {
    withWorker({});
    const { api, sent } = half(new TypeError("Failed to fetch"));
    expect(await problemOf(api.enrol("code", { id: "d", label: "Alfa" }))).toMatchObject({ code: "offline" });
    expect(sent.length).toBe(1);
  });
});

import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { createApi } from "./api";
import { listen } from "./events";
import type { Poke } from "./protocol";

const pokes: Poke[] = [];
let opened = 0;
let heard = 0;
let stop: AbortController;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "Date"] });
  pokes.length = 0;
  opened = heard = 0;
  stop = new AbortController();
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

/** A connection whose bytes the test writes. */
function connections() {
  const open: { write(text: string): void; close(): void; aborted(): boolean; headers: Headers }[] = [];
  const fetch = async (_: string, init: RequestInit): Promise<Response> => {
    let controller: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({
      start: (c) => {
        controller = c;
      },
    });
    init.signal?.addEventListener("abort", () => controller.error(new DOMException("aborted", "AbortError")));
    open.push({
      write: (text) => controller.enqueue(new TextEncoder().encode(text)),
      close: () => controller.close(),
      aborted: () => init.signal?.aborted ?? false,
      headers: new Headers(init.headers),
    });
    return new Response(body);
  };
  return { open, fetch };
}

function start(fetch: ReturnType<typeof connections>["fetch"]): void {
  const caller = { token: () => "secret", actor: () => null, pending: () => "", contact: () => undefined };
  const to = {
    onPoke: (p: Poke) => pokes.push(p),
    onOpen: () => opened++,
    onByte: () => heard++,
  };
  void listen(createApi(fetch, caller), to, stop.signal);
}

describe("listening", () => {
  it("reads pokes across chunk borders, with the token in a header", async () => {
    const { open, fetch } = connections();
    start(fetch);
    await vi.waitFor(() => expect(open).toHaveLength(1));
    open[0]?.write(': hello\n\ndata: {"stream":"ref",');
    open[0]?.write('"head":3}\n\n: still here\r\n\r\ndata: nonsense\n\ndata: {"stream":"devices","head":0}\n\n');
    await vi.waitFor(() => expect(pokes).toHaveLength(2));
    expect(pokes[0]).toEqual({ stream: "ref", head: 3 });
    expect(open[0]?.headers.get("Authorization")).toBe("Bearer secret");
    expect([opened, heard > 0]).toEqual([1, true]);
  });

  it("connects again after a while when the connection ends", async () => {
    const { open, fetch } = connections();
    start(fetch);
    await vi.waitFor(() => expect(open).toHaveLength(1));
    open[0]?.close();
    await vi.advanceTimersByTimeAsync(3_000);
    expect(open).toHaveLength(2);
  });

  it("gives up a connection that is silent for 40 s", async () => {
    const { open, fetch } = connections();
    start(fetch);
    await vi.waitFor(() => expect(open).toHaveLength(1));
    await vi.advanceTimersByTimeAsync(30_000);
    open[0]?.write(": still here\n\n");
    await vi.advanceTimersByTimeAsync(30_000);
    expect(open[0]?.aborted()).toBe(false);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(open[0]?.aborted()).toBe(true);
    expect(open.length).toBeGreaterThan(1);
  });

  it("ends when it is told to", async () => {
    const { open, fetch } = connections();
    start(fetch);
    await vi.waitFor(() => expect(open).toHaveLength(1));
    stop.abort();
    await vi.advanceTimersByTimeAsync(120_000);
    expect(open).toHaveLength(1);
  });
});

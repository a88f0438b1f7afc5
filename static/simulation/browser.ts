/** A page: the real client, evaluated anew, with everything a browser gives it handed in from the simulation. */
import { readFileSync } from "node:fs";
import { runInThisContext } from "node:vm";
import { SimBlob, SimCompression, SimDecompression, SimResponse, SimTextDecoder } from "./bytes";
import { cryptoOf } from "./crypto";
import type { Device } from "./device";
import type * as Client from "./page";
import type { Random } from "./random";
import { GONE, storageOf } from "./storage";
import type { Event } from "./time";

export type ClientApi = typeof Client;

/** The time after which the app lays in its reserve of disk: 20 MiB, which no simulated device has. */
const BALLAST_MS = 15_000;

const NAMES = [
  "module",
  "exports",
  "globalThis",
  "self",
  "window",
  "indexedDB",
  "localStorage",
  "sessionStorage",
  "location",
  "navigator",
  "document",
  "addEventListener",
  "Date",
  "Math",
  "setTimeout",
  "clearTimeout",
  "setInterval",
  "clearInterval",
  "fetch",
  "crypto",
  "AbortSignal",
  "BroadcastChannel",
  "Blob",
  "Response",
  "CompressionStream",
  "DecompressionStream",
  "TextDecoderStream",
  "createImageBitmap",
  "OffscreenCanvas",
] as const;

type Factory = (...args: unknown[]) => void;
let compiled: Factory | null = null;

function client(): Factory {
  if (compiled) return compiled;
  const file = new URL("./page.cjs", import.meta.url);
  const source = `(function (${NAMES.join(", ")}) { ${readFileSync(file, "utf8")}\n})`;
  compiled = runInThisContext(source, { filename: file.pathname }) as Factory;
  return compiled;
}

export class Page {
  readonly device: Device;
  readonly random: Random;
  isDead = false;
  /** A window that the system does not let run: nothing of it happens until it is thawed. */
  isFrozen = false;
  api!: ClientApi;
  #end: () => void = () => undefined;
  /** Resolves when the page dies: what was asked of it is never answered. */
  readonly gone = new Promise<void>((resolve) => {
    this.#end = resolve;
  });
  readonly #timers = new Map<number, Event>();
  #thawed: (() => void)[] = [];
  #timer = 0;
  readonly #online: (() => void)[] = [];
  readonly #visible: (() => void)[] = [];
  readonly channels: { listener: ((event: { data: unknown }) => void) | null }[] = [];

  constructor(device: Device, random: Random) {
    this.device = device;
    this.random = random;
  }

  /** Loads the app. The store is open and the sync loop runs when the promise resolves. */
  async load(): Promise<void> {
    const module = { exports: {} };
    const env = this.#environment(module);
    client()(...NAMES.map((name) => env[name]));
    this.api = module.exports as ClientApi;
    await this.api.start();
  }

  /** The process ends: nothing of this page has any effect from now on. */
  kill(): void {
    if (this.isDead) return;
    this.isDead = true;
    this.#end();
    for (const event of this.#timers.values()) event.run = null;
    this.#timers.clear();
    this.device.forget(this);
  }

  thaw(): void {
    this.isFrozen = false;
    const waiting = this.#thawed;
    this.#thawed = [];
    for (const run of waiting) this.run(run);
  }

  /** Runs what happens to this page: never once it is dead, later while it is frozen. */
  run(work: () => void): void {
    if (this.isDead) return;
    if (this.isFrozen) this.#thawed.push(work);
    else work();
  }

  tell(what: "online" | "visible"): void {
    for (const listener of what === "online" ? this.#online : this.#visible) this.run(listener);
  }

  after(ms: number, work: () => void): number {
    const id = ++this.#timer;
    const event = this.device.world.agenda.after(ms, () => {
      this.#timers.delete(id);
      this.run(work);
    });
    this.#timers.set(id, event);
    return id;
  }

  cancel(id: number | undefined): void {
    const event = this.#timers.get(id ?? 0);
    if (event) event.run = null;
    this.#timers.delete(id ?? 0);
  }

  #environment(module: { exports: object }): Record<string, unknown> {
    const { device } = this;
    const now = () => device.now();
    class PageDate extends Date {
      constructor(...args: ConstructorParameters<typeof Date> | []) {
        if (args.length === 0) super(now());
        else super(...args);
      }
      static override now(): number {
        return now();
      }
    }
    const setTimeout = (work: () => void, ms = 0) => {
      if (this.isDead || ms === BALLAST_MS) return 0;
      return this.after(ms, work);
    };
    const setInterval = (work: () => void, ms: number) => {
      if (this.isDead) return 0;
      const id = ++this.#timer;
      const again = () => {
        const event = this.device.world.agenda.after(ms, () => {
          this.run(work);
          if (this.#timers.has(id)) again();
        });
        this.#timers.set(id, event);
      };
      again();
      return id;
    };
    const clear = (id?: number) => this.cancel(id);
    const env: Record<string, unknown> = {
      module,
      exports: module.exports,
      indexedDB: device.disk.indexedDB(this),
      localStorage: this.#sealed(device.disk.storage()),
      sessionStorage: this.#sealed(storageOf(device.session)),
      location: { reload: () => device.reload(this) },
      navigator: { locks: device.locks.of(this) },
      document: {
        visibilityState: "visible",
        addEventListener: (type: string, listener: () => void) => {
          if (type === "visibilitychange") this.#visible.push(listener);
        },
      },
      addEventListener: (type: string, listener: () => void) => {
        if (type === "online") this.#online.push(listener);
      },
      Date: PageDate,
      Math: Object.assign(Object.create(Math) as Math, { random: () => this.random.unit() }),
      setTimeout,
      clearTimeout: clear,
      setInterval,
      clearInterval: clear,
      fetch: (input: string, init: RequestInit) => device.network.fetch(this, input, init),
      crypto: cryptoOf(this.random),
      AbortSignal: { timeout: (ms: number) => this.#timeout(ms), any },
      BroadcastChannel: this.#channel(),
      Blob: SimBlob,
      Response: SimResponse,
      CompressionStream: SimCompression,
      DecompressionStream: SimDecompression,
      TextDecoderStream: SimTextDecoder,
      createImageBitmap: async (file: SimBlob) => ({ width: 8, height: 6, raw: file.raw, close: () => undefined }),
      OffscreenCanvas: Canvas,
    };
    env.globalThis = env.self = env.window = env;
    return env;
  }

  #sealed<T extends object>(target: T): T {
    return new Proxy(target, {
      get: (from, name) => {
        if (this.isDead) throw new DOMException(GONE, "InvalidStateError");
        return Reflect.get(from, name);
      },
    });
  }

  /** `AbortSignal.timeout`; the timer is let go of when the call it guards is over. */
  #timeout(ms: number): AbortSignal {
    const controller = new AbortController();
    const id = this.after(ms, () => controller.abort(new DOMException("took too long", "TimeoutError")));
    guards.set(controller.signal, () => this.cancel(id));
    return controller.signal;
  }

  #channel(): unknown {
    const page = this;
    return class {
      listener: ((event: { data: unknown }) => void) | null = null;
      constructor() {
        page.channels.push(this);
      }
      addEventListener(_: string, listener: (event: { data: unknown }) => void): void {
        this.listener = listener;
      }
      postMessage(data: unknown): void {
        if (!page.isDead) page.device.broadcast(page, structuredClone(data));
      }
    };
  }
}

const guards = new WeakMap<AbortSignal, () => void>();

/** The call that this signal guarded is over. */
export function release(signal: AbortSignal | null | undefined): void {
  if (signal) guards.get(signal)?.();
}

function any(signals: AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  for (const signal of signals) {
    if (signal.aborted) controller.abort(signal.reason);
    signal.addEventListener("abort", () => controller.abort(signal.reason));
  }
  return controller.signal;
}

/** A canvas that draws nothing: the small picture of a photo is a few of its bytes. */
class Canvas {
  #raw: Uint8Array = new Uint8Array();

  getContext() {
    return {
      drawImage: (picture: { raw: Uint8Array }) => {
        this.#raw = picture.raw;
      },
    };
  }

  async convertToBlob(): Promise<SimBlob> {
    return new SimBlob([new Uint8Array([0xff, 0xd8, 0xff, 0xee]), this.#raw.slice(-24)], { type: "image/jpeg" });
  }
}

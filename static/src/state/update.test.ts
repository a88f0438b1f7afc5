import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

/** As much of a browser as registers workers; `outcomes` says what becomes of each attempt, in order. */
class Container extends EventTarget {
  controller: object | null = null;
  attempts = 0;
  registration: Registration | null = null;

  constructor(private readonly outcomes: readonly ("refused" | "failed" | "installed")[]) {
    super();
  }

  register(): Promise<Registration> {
    const outcome = this.outcomes[this.attempts++];
    if (outcome === undefined) throw new Error("one attempt too many");
    if (outcome === "refused") return Promise.reject(new TypeError("no network"));
    const registration = new Registration();
    this.registration = registration;
    setTimeout(() => registration.end(outcome === "failed" ? "redundant" : "activated"), 50);
    return Promise.resolve(registration);
  }
}

class Registration extends EventTarget {
  installing: Worker | null = new Worker();
  waiting: Worker | null = null;
  active: Worker | null = null;

  end(state: string): void {
    const { installing } = this;
    if (state === "activated") this.active = installing;
    this.installing = null;
    installing?.become(state);
  }

  /** A worker begins to install, and the page hears of it. */
  find(): Worker {
    this.installing = new Worker();
    this.dispatchEvent(new Event("updatefound"));
    return this.installing;
  }

  update = () => Promise.resolve();
}

class Worker extends EventTarget {
  state = "installing";

  become(state: string): void {
    this.state = state;
    this.dispatchEvent(new Event("statechange"));
  }
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.resetModules();
  vi.stubEnv("PROD", true);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllEnvs();
  vi.unstubAllGlobals();
});

async function register(...outcomes: ("refused" | "failed" | "installed")[]): Promise<Container> {
  const container = new Container(outcomes);
  const createPolicy = vi.fn((_: string, rules: object) => rules);
  vi.stubGlobal("navigator", { serviceWorker: container });
  vi.stubGlobal("trustedTypes", { createPolicy });
  const { registerWorker } = await import("./update");
  registerWorker();
  // An hour has hourly checks in it, but no more attempts than there are outcomes.
  await vi.advanceTimersByTimeAsync(4_000_000);
  expect(createPolicy).toHaveBeenCalledTimes(1);
  return container;
}

it("registers once where that works", async () => {
  expect((await register("installed")).attempts).toBe(1);
});

it("registers again until there is a worker, whatever was in the way", async () => {
  expect((await register("refused", "failed", "refused", "failed", "installed")).attempts).toBe(5);
});

it("waits longer each time", async () => {
  const container = new Container(["failed", "refused", "failed", "installed"]);
  vi.stubGlobal("navigator", { serviceWorker: container });
  const { registerWorker } = await import("./update");
  registerWorker();
  const after: number[] = [];
  for (let seconds = 0; seconds < 200; seconds += 1) {
    const before = container.attempts;
    await vi.advanceTimersByTimeAsync(1_000);
    if (container.attempts > before) after.push(seconds);
  }
  expect(after).toEqual([15, 45, 105]);
});

describe("a worker that is installed", () => {
  const reload = vi.fn();

  async function registered() {
    vi.stubGlobal("location", { reload });
    reload.mockClear();
    const container = new Container(["installed"]);
    vi.stubGlobal("navigator", { serviceWorker: container });
    const { registerWorker, updateReady } = await import("./update");
    registerWorker();
    await vi.advanceTimersByTimeAsync(0);
    const { registration } = container;
    if (!registration) throw new Error("nothing is registered");
    return { container, registration, updateReady };
  }

  /** As WebKit does it now and then: the worker is the page's controller before the page hears that it is installed. */
  function takeOver(container: Container, registration: Registration, worker: Worker): void {
    container.controller = worker;
    worker.become("installed");
    registration.active = worker;
    container.dispatchEvent(new Event("controllerchange"));
  }

  it("is no update if it is the first, and loads nothing again under somebody who is enrolling", async () => {
    const { container, registration, updateReady } = await registered();
    takeOver(container, registration, registration.find());
    expect(updateReady.value).toBe(false);
    expect(reload).not.toHaveBeenCalled();
  });

  it("is none either if the page finds it waiting for its own start", async () => {
    const container = new Container(["installed"]);
    vi.stubGlobal("location", { reload });
    reload.mockClear();
    vi.stubGlobal("navigator", { serviceWorker: container });
    const { registerWorker, updateReady } = await import("./update");
    registerWorker();
    const { registration } = container;
    if (!registration) throw new Error("nothing is registered");
    const worker = registration.installing as Worker;
    registration.installing = null;
    registration.waiting = worker;
    await vi.advanceTimersByTimeAsync(0);
    takeOver(container, registration, worker);
    expect(updateReady.value).toBe(false);
    expect(reload).not.toHaveBeenCalled();
  });

  it("is an update if there is one before it: the page is loaded again when it has taken over", async () => {
    const { container, registration, updateReady } = await registered();
    registration.end("activated");
    container.controller = registration.active;
    const worker = registration.find();
    worker.become("installed");
    expect(updateReady.value).toBe(true);
    expect(reload).not.toHaveBeenCalled();
    takeOver(container, registration, worker);
    expect(reload).toHaveBeenCalledTimes(1);
  });
});

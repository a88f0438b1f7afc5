/** Time of the world and what is to happen in it. Nothing here waits: the next event is now. */

const nativeImmediate = globalThis.setImmediate;
let tasks = 0;

/** Lets us see when the tablets' stores have come to rest: fake-indexeddb takes `setImmediate` from here. */
export function watchTasks(): void {
  const counted = (work: (...args: unknown[]) => void, ...args: unknown[]) => {
    tasks += 1;
    return nativeImmediate(() => {
      tasks -= 1;
      work(...args);
    });
  };
  globalThis.setImmediate = counted as unknown as typeof setImmediate;
}

/** Until no page has anything left to do but wait for an event. */
export async function settle(): Promise<void> {
  do await new Promise<void>((resolve) => nativeImmediate(resolve));
  while (tasks > 0);
}

export interface Event {
  readonly at: number;
  readonly order: number;
  run: (() => void) | null;
}

/** Events by time; those of one moment in the order they were planned. */
export class Agenda {
  now: number;
  #order = 0;
  /** Events that have happened. */
  count = 0;
  readonly #heap: Event[] = [];

  constructor(now: number) {
    this.now = now;
  }

  after(ms: number, run: () => void): Event {
    const event: Event = { at: this.now + Math.max(0, ms), order: this.#order++, run };
    const heap = this.#heap;
    let i = heap.push(event) - 1;
    while (i > 0) {
      const up = (i - 1) >> 1;
      if (!isBefore(event, heap[up] as Event)) break;
      heap[i] = heap[up] as Event;
      i = up;
    }
    heap[i] = event;
    return event;
  }

  /** When the next event is due; infinity if there is none. */
  next(): number {
    while (this.#heap[0] && this.#heap[0].run === null) this.#pop();
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  /** Runs the next event at its time; false if there is none. */
  step(): boolean {
    if (this.next() === Number.POSITIVE_INFINITY) return false;
    const event = this.#pop();
    this.now = Math.max(this.now, event.at);
    const { run } = event;
    event.run = null;
    this.count += 1;
    run?.();
    return true;
  }

  #pop(): Event {
    const heap = this.#heap;
    const top = heap[0] as Event;
    const last = heap.pop() as Event;
    if (heap.length === 0) return top;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && isBefore(heap[down + 1] as Event, heap[down] as Event)) down += 1;
      if (!isBefore(heap[down] as Event, last)) break;
      heap[i] = heap[down] as Event;
      i = down;
    }
    heap[i] = last;
    return top;
  }
}

function isBefore(a: Event, b: Event): boolean {
  return a.at === b.at ? a.order < b.order : a.at < b.at;
}

/** Web Locks of one device: requests in order, `ifAvailable`, `steal`, `signal`; a page that dies lets go of all. */

interface Options {
  ifAvailable?: boolean;
  steal?: boolean;
  signal?: AbortSignal;
}

/** A window: what still runs of one that has gone gets no lock. */
interface Owner {
  readonly isDead: boolean;
}

interface Claim {
  readonly owner: Owner;
  readonly work: (lock: object | null) => Promise<unknown> | unknown;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

export class Locks {
  readonly #held = new Map<string, Claim>();
  readonly #waiting = new Map<string, Claim[]>();

  /** `navigator.locks` of one page. */
  of(owner: Owner) {
    const request = (name: string, a: Options | Claim["work"], b?: Claim["work"]) => {
      const options = typeof a === "function" ? {} : a;
      const work = typeof a === "function" ? a : (b as Claim["work"]);
      return new Promise<unknown>((resolve, reject) => this.#request(name, options, { owner, work, resolve, reject }));
    };
    return { request };
  }

  release(owner: Owner): void {
    for (const [name, claims] of this.#waiting)
      this.#waiting.set(
        name,
        claims.filter((claim) => claim.owner !== owner),
      );
    for (const [name, claim] of [...this.#held]) if (claim.owner === owner) this.#letGo(name, claim);
  }

  #request(name: string, options: Options, claim: Claim): void {
    if (claim.owner.isDead) return;
    const holder = this.#held.get(name);
    if (holder && options.ifAvailable) void this.#run(name, claim, null);
    else if (holder && options.steal) {
      holder.reject(new DOMException("stolen", "AbortError"));
      this.#grant(name, claim);
    } else if (holder) this.#wait(name, options, claim);
    else this.#grant(name, claim);
  }

  #wait(name: string, { signal }: Options, claim: Claim): void {
    const queue = this.#waiting.get(name) ?? [];
    this.#waiting.set(name, [...queue, claim]);
    signal?.addEventListener("abort", () => {
      const left = this.#waiting.get(name) ?? [];
      if (!left.includes(claim)) return;
      this.#waiting.set(
        name,
        left.filter((other) => other !== claim),
      );
      claim.reject(signal.reason);
    });
  }

  #grant(name: string, claim: Claim): void {
    this.#held.set(name, claim);
    void this.#run(name, claim, { name });
  }

  async #run(name: string, claim: Claim, lock: object | null): Promise<void> {
    try {
      claim.resolve(await claim.work(lock));
    } catch (error) {
      claim.reject(error);
    } finally {
      if (lock) this.#letGo(name, claim);
    }
  }

  #letGo(name: string, claim: Claim): void {
    if (this.#held.get(name) !== claim) return;
    this.#held.delete(name);
    const [next, ...rest] = this.#waiting.get(name) ?? [];
    this.#waiting.set(name, rest);
    if (next) this.#grant(name, next);
  }
}

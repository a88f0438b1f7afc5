/** Chance that can be repeated: the same name gives the same numbers, whatever else was drawn (sfc32). */
export class Random {
  readonly #name: string;
  #a: number;
  #b: number;
  #c: number;
  #d = 1;

  constructor(name: string) {
    this.#name = name;
    this.#a = hash(name, 0x9e3779b9);
    this.#b = hash(name, 0x85ebca6b);
    this.#c = hash(name, 0xc2b2ae35);
    for (let i = 0; i < 12; i++) this.bits();
  }

  /** A generator of its own for one purpose, so that drawing more here changes nothing there. */
  fork(purpose: string): Random {
    return new Random(`${this.#name}/${purpose}`);
  }

  /** 32 bits. */
  bits(): number {
    const t = (this.#a + this.#b + this.#d) | 0;
    this.#d = (this.#d + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + t;
    this.#c |= 0;
    return t >>> 0;
  }

  /** At least 0, below 1. */
  unit(): number {
    return this.bits() / 2 ** 32;
  }

  chance(p: number): boolean {
    return this.unit() < p;
  }

  /** An integer, both ends included. */
  int(low: number, high: number): number {
    return low + Math.floor(this.unit() * (high - low + 1));
  }

  pick<T>(items: readonly T[]): T {
    const item = items[this.int(0, items.length - 1)];
    if (item === undefined) throw new Error("nothing to pick from");
    return item;
  }

  /** By weight; weights of 0 are never picked. */
  weighted<T>(items: readonly (readonly [T, number])[]): T {
    let at = this.unit() * items.reduce((sum, [, weight]) => sum + weight, 0);
    for (const [item, weight] of items) {
      at -= weight;
      if (at < 0) return item;
    }
    return (items.at(-1) as readonly [T, number])[0];
  }

  fill(bytes: Uint8Array): void {
    for (let i = 0; i < bytes.length; i++) bytes[i] = this.bits() >>> 11;
  }
}

function hash(text: string, seed: number): number {
  let h = seed;
  for (let i = 0; i < text.length; i++) {
    h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
    h ^= h >>> 13;
  }
  return h | 0;
}

/** Blob, Response and their streams without threads: what the client uses of them, with everything at once. */
import { gunzipSync, gzipSync } from "node:zlib";

interface Bytes {
  readonly bytes: Uint8Array;
  pipeThrough(step: Step): Bytes;
}

interface Step {
  apply(bytes: Uint8Array): Uint8Array;
}

function streamOf(bytes: Uint8Array): Bytes {
  return { bytes, pipeThrough: (step) => streamOf(step.apply(bytes)) };
}

export class SimBlob {
  readonly type: string;
  readonly #bytes: Uint8Array;

  constructor(parts: readonly (ArrayBuffer | Uint8Array | SimBlob | string)[] = [], options: { type?: string } = {}) {
    this.type = options.type ?? "";
    this.#bytes = new Uint8Array(Buffer.concat(parts.map(bytesOf)));
  }

  get size(): number {
    return this.#bytes.length;
  }

  get raw(): Uint8Array {
    return this.#bytes;
  }

  slice(from: number, to: number): SimBlob {
    return new SimBlob([this.#bytes.slice(from, to)]);
  }

  stream(): Bytes {
    return streamOf(this.#bytes);
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#bytes).buffer;
  }

  async text(): Promise<string> {
    return Buffer.from(this.#bytes).toString();
  }
}

function bytesOf(part: ArrayBuffer | Uint8Array | SimBlob | string): Uint8Array {
  if (typeof part === "string") return Buffer.from(part);
  if (part instanceof SimBlob) return part.raw;
  return part instanceof Uint8Array ? part : new Uint8Array(part);
}

export class SimCompression {
  apply(bytes: Uint8Array): Uint8Array {
    return gzipSync(bytes, { level: 1 });
  }
}

export class SimDecompression {
  apply(bytes: Uint8Array): Uint8Array {
    return gunzipSync(bytes);
  }
}

export class SimTextDecoder {
  apply(bytes: Uint8Array): Uint8Array {
    return bytes;
  }
}

/** An open answer whose parts arrive one by one. */
export class Pokes {
  readonly #parts: string[] = [];
  #waiting: ((part: { value?: string; done: boolean }) => void) | null = null;
  #isOver = false;

  push(text: string): void {
    if (this.#waiting) this.#answer({ value: text, done: false });
    else this.#parts.push(text);
  }

  end(): void {
    this.#isOver = true;
    if (this.#waiting) this.#answer({ done: true });
  }

  #answer(part: { value?: string; done: boolean }): void {
    const answer = this.#waiting;
    this.#waiting = null;
    answer?.(part);
  }

  pipeThrough(): this {
    return this;
  }

  getReader() {
    return {
      read: () =>
        new Promise<{ value?: string; done: boolean }>((resolve) => {
          const part = this.#parts.shift();
          if (part !== undefined) resolve({ value: part, done: false });
          else if (this.#isOver) resolve({ done: true });
          else this.#waiting = resolve;
        }),
    };
  }
}

export class SimResponse {
  readonly status: number;
  readonly ok: boolean;
  readonly headers: { get(name: string): string | null };
  readonly body: Pokes | null;
  readonly #bytes: Uint8Array;

  constructor(
    content: Uint8Array | Bytes | Pokes,
    init: { status?: number; headers?: Readonly<Record<string, string>> } = {},
  ) {
    this.status = init.status ?? 200;
    this.ok = this.status >= 200 && this.status < 300;
    this.body = content instanceof Pokes ? content : null;
    this.#bytes = content instanceof Pokes ? new Uint8Array() : content instanceof Uint8Array ? content : content.bytes;
    this.headers = { get: (name) => init.headers?.[name.toLowerCase()] ?? null };
  }

  async arrayBuffer(): Promise<ArrayBuffer> {
    return new Uint8Array(this.#bytes).buffer;
  }

  async text(): Promise<string> {
    return Buffer.from(this.#bytes).toString();
  }

  async json(): Promise<unknown> {
    return JSON.parse(await this.text());
  }

  async blob(): Promise<SimBlob> {
    return new SimBlob([this.#bytes]);
  }
}

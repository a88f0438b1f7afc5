/** The other end of the pipe: the real server in its own process. Every call is one step of it and returns when it is done. */
import { readSync, writeSync } from "node:fs";
import { gunzipSync } from "node:zlib";

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly open: boolean;
  readonly crashed?: boolean;
  readonly fired: boolean;
  readonly body: Buffer;
  /** The connection ended in the middle of the request: nobody heard this. */
  readonly isCut?: boolean;
}

/** How the server is to fail in the middle of a request. `nth` counts its transactions, statements or file jobs from 0. */
export interface ServerFault {
  readonly kind: "before" | "after" | "full" | "full-commit" | "full-file" | "crash-file";
  readonly nth: number;
  readonly whole?: boolean;
  readonly lasting?: boolean;
}

export interface StoredCommit {
  readonly hash: string;
  readonly actor: string;
  readonly stream: string;
  readonly n: number;
  readonly seq: number | null;
  readonly received: number;
  readonly forked: boolean;
  readonly h: string;
  readonly b: string;
  readonly changes: Record<string, { verdict: string; code?: string }>;
}

export interface Entry {
  readonly stream: string;
  readonly seq: number;
  readonly commit: string;
  readonly skip: string[];
  readonly only?: string[];
}

export interface Audit {
  readonly faults: string[];
  readonly commits: StoredCommit[];
  readonly entries: Entry[];
  readonly streams: Record<string, { head: number; chain: string }>;
  readonly cells: Record<string, Record<string, Record<string, [string, unknown, string, number, number, number][]>>>;
  readonly epoch: string;
  readonly held: { commit: string; change: string; decided: string | null; reason: string | null }[];
  /** Photos that a verified backup has. */
  readonly stable: string[];
}

/** Where the server stands, which costs next to nothing to ask. */
export type Look = Pick<Audit, "streams" | "held">;

type Poke = [id: number, text: string | null];

export class Server {
  readonly #in: number;
  readonly #out: number;
  /** Told of what streams of pokes have sent; null: the stream has ended. */
  onPoke: (id: number, text: string | null) => void = () => undefined;

  constructor(input: number, output: number) {
    this.#in = input;
    this.#out = output;
  }

  do<T>(what: string, now: number, more: Record<string, unknown> = {}, body?: Uint8Array): T & { body: Buffer } {
    const head = Buffer.from(JSON.stringify({ do: what, now: Math.floor(now), ...more }));
    const size = body?.length ?? 0;
    const frame = Buffer.alloc(8 + head.length + size);
    frame.writeUInt32BE(head.length, 0);
    frame.set(head, 4);
    frame.writeUInt32BE(size, 4 + head.length);
    if (body) frame.set(body, 8 + head.length);
    for (let at = 0; at < frame.length; ) at += writeSync(this.#out, frame, at);
    const answer = JSON.parse(this.#read().toString()) as T & { pokes: Poke[] };
    const data = plain(answer, this.#read());
    for (const [id, text] of answer.pokes) this.onPoke(id, text);
    return { ...answer, body: data };
  }

  #read(): Buffer {
    const size = this.#bytes(4).readUInt32BE(0);
    return this.#bytes(size);
  }

  #bytes(size: number): Buffer {
    const buffer = Buffer.alloc(size);
    for (let at = 0; at < size; ) {
      const got = readSync(this.#in, buffer, at, size - at, null);
      if (got === 0) throw new Error("the server's process has ended; its error stands above");
      at += got;
    }
    return buffer;
  }
}

/** As fetch hands it on: unpacked. */
function plain(answer: object, body: Buffer): Buffer {
  const { headers } = answer as { headers?: Record<string, string> };
  return headers?.["content-encoding"] === "gzip" && body.length > 0 ? gunzipSync(body) : body;
}

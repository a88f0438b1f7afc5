/** What sits on the way and answers instead of the server, or changes what it says. */
import { gunzipSync } from "node:zlib";
import { hashOf } from "../src/domain/commit";
import { canonical } from "../src/domain/json";
import type { Answer } from "./server";

/** The next request to such an address is answered by this; `ask` lets the server have it. */
export interface Middlebox {
  readonly target: string;
  readonly answer: (body: Uint8Array, ask: () => Answer) => Answer;
}

/** Somebody says in the server's name that all commits were received, and throws them away. */
export function impostor(target: string, now: number): Middlebox {
  const answer = (body: Uint8Array): Answer => {
    const text = (body[0] === 0x1f ? gunzipSync(body) : Buffer.from(body)).toString();
    const results = text
      .split("\n")
      .filter((line) => line !== "")
      .map((line) => resultOf((JSON.parse(line) as { h: string }).h, now));
    const payload = { epoch: "e0", results: results.map((r) => ({ ...r, changes: hashOf(canonical(r.changes)) })) };
    const receipt = [packed({ alg: "ES256" }), packed(payload), Buffer.alloc(64, 7).toString("base64url")].join(".");
    const told = JSON.stringify({ epoch: "e0", results, errors: [], receipt, heads: {} });
    return {
      status: 200,
      headers: { "content-type": "application/json" },
      open: false,
      fired: false,
      body: Buffer.from(told),
    };
  };
  return { target, answer };
}

function resultOf(h: string, received: number) {
  const { actor, stream, n } = JSON.parse(h) as { actor: string; stream: string; n: number };
  return { actor, stream, n, hash: hashOf(h), seq: null, received, forked: false, changes: {} };
}

function packed(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}

/** The server takes the commits, and the tablet is told that it cannot read their signatures. */
export function complaining(target: string): Middlebox {
  const answer = (_: Uint8Array, ask: () => Answer): Answer => {
    const told = ask();
    const said = JSON.parse(told.body.toString()) as { results: { actor: string; stream: string; n: number }[] };
    const errors = said.results.map(({ actor, stream, n }, i) => ({
      ...{ type: "urn:insats:bad-signature", detail: "", line: i + 1 },
      ...{ actor, stream, n },
    }));
    return { ...told, body: Buffer.from(JSON.stringify({ ...said, results: [], errors })) };
  };
  return { target, answer };
}

/** One word of the answer is another one of the same length. */
export function spoiled(target: string, word: string, other: string): Middlebox {
  const answer = (_: Uint8Array, ask: () => Answer): Answer => {
    const told = ask();
    return { ...told, body: Buffer.from(told.body.toString().replaceAll(word, other)) };
  };
  return { target, answer };
}

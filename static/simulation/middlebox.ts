/** What sits on the way and answers instead of the server, or changes what it says. */
import { generateKeyPairSync, sign } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { hashOf } from "../src/domain/commit";
import { canonical } from "../src/domain/json";
import type { Answer } from "./server";

/** The next request to such an address is answered by this; `ask` lets the server have it. */
export interface Middlebox {
  readonly target: string;
  readonly answer: (body: Uint8Array, ask: () => Answer) => Answer;
}

type Results = ReturnType<typeof resultOf>[];

/**
 * Somebody says in the server's name that all commits were received, and throws them away; to the next `hello` they add
 * that a backup has all of it. `receiptOf` forges the receipt.
 */
export function impostors(now: number, receiptOf: (results: Results) => string): Middlebox[] {
  const claimed: Results = [];
  const push = (body: Uint8Array): Answer => {
    const text = (body[0] === 0x1f ? gunzipSync(body) : Buffer.from(body)).toString();
    const lines = text.split("\n").filter((line) => line !== "");
    const results = lines.map((line) => resultOf((JSON.parse(line) as { h: string }).h, now));
    claimed.push(...results);
    const told = JSON.stringify({ epoch: EPOCH, results, errors: [], receipt: receiptOf(results), heads: {} });
    const headers = { "content-type": "application/json" };
    return { status: 200, headers, open: false, fired: false, body: Buffer.from(told) };
  };
  const hello = (_: Uint8Array, ask: () => Answer): Answer => {
    const told = ask();
    const said = JSON.parse(told.body.toString()) as { streams: Record<string, object> };
    for (const { stream, n, hash } of claimed)
      said.streams[stream] = { ...said.streams[stream], mine: { n, head: hash, stable: n } };
    return { ...told, body: Buffer.from(JSON.stringify(said)) };
  };
  return [
    { target: "/commits", answer: push },
    { target: "/hello", answer: hello },
  ];
}

const EPOCH = "e0";

/** Receipts that the server never gave: none, one that nobody signed, and one that somebody else signed. */
export const FORGERIES: readonly ((results: Results) => string)[] = [
  () => "",
  (results) => [...tokenOf(results), Buffer.alloc(64, 7).toString("base64url")].join("."),
  (results) => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const token = tokenOf(results);
    const signature = sign("sha256", Buffer.from(token.join(".")), { key: privateKey, dsaEncoding: "ieee-p1363" });
    return [...token, signature.toString("base64url")].join(".");
  },
];

function tokenOf(results: Results): string[] {
  const signed = results.map((r) => ({ ...r, changes: hashOf(canonical(r.changes)) }));
  return [packed({ alg: "ES256" }), packed({ epoch: EPOCH, results: signed })];
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

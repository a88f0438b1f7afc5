import { expect, it } from "vitest";
import { base64url, unbase64url, unhex } from "./bytes";
import { actorId, FIRST_CHAIN, hashOf, nextChain, publicKey, readBody, type SealInput, seal, verify } from "./commit";
import { commitVectors } from "./testing";

const changes = [
  { id: "0192f000-0001-7000-8000-000000000000", e: "note_1", f: "text", v: "Räka", at: 1, replaces: [] },
  {
    id: "0192f000-0002-7000-8000-000000000000",
    e: "note_1",
    f: "text",
    v: null,
    at: 2,
    replaces: ["0192f000-0001-7000-8000-000000000000"],
  },
];

async function actor(): Promise<{ keys: CryptoKeyPair; input: SealInput }> {
  const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, false, ["sign", "verify"]);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const who = { actor: actorId(point), key: base64url(point) };
  return { keys, input: { ...who, stream: "ref", n: 1, prev: "", app: "t", sent: 3, off: -4, changes } };
}

it("reads what the server's language sealed", async () => {
  const key = await publicKey(commitVectors.key);
  expect(actorId(unbase64url(commitVectors.key))).toBe(commitVectors.actor);
  for (const { h, b, s, hash } of commitVectors.commits) {
    expect(await verify(key, s, h)).toBe(true);
    expect(hashOf(h)).toBe(hash);
    expect(hashOf(b)).toBe((JSON.parse(h) as { body: string }).body);
  }
});

it("follows the server's chain", () => {
  let chain: Uint8Array = unhex(FIRST_CHAIN.slice(7));
  for (const step of commitVectors.chain) {
    chain = nextChain(chain, step.r);
    expect(`sha256:${Buffer.from(chain).toString("hex")}`).toBe(step.chain);
  }
});

it("seals what verifies, with the key in the first commit only", async () => {
  const { keys, input } = await actor();
  const first = await seal(keys.privateKey, input);
  const second = await seal(keys.privateKey, { ...input, n: 2, prev: first.hash });
  expect(JSON.parse(first.h)).toMatchObject({
    v: 1,
    alg: "ES256",
    n: 1,
    prev: "",
    off: -4,
    changes: 2,
    key: input.key,
  });
  expect(JSON.parse(second.h)).not.toHaveProperty("key");
  expect(await verify(await publicKey(input.key), second.s, second.h)).toBe(true);
  expect(await verify(await publicKey(input.key), second.s, first.h)).toBe(false);
  expect(await verify(await publicKey(input.key), "not base64!", first.h)).toBe(false);
});

it("leaves an empty replaces out and reads its own body back", async () => {
  const { keys, input } = await actor();
  const { b } = await seal(keys.privateKey, input);
  expect(b.split("\n")[0]).not.toContain("replaces");
  expect(readBody(`${b}not json\n`).map((c) => c.change.id)).toEqual(changes.map((c) => c.id));
});

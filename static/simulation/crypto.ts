/**
 * WebCrypto without threads: every call has its result at once, and keys follow from chance that can be repeated. The curve
 * is the real one; a signature's bytes are random by nature, so nothing that is compared between runs may hold them.
 */
import {
  createCipheriv,
  createDecipheriv,
  createECDH,
  createHash,
  createPrivateKey,
  createPublicKey,
  hkdfSync,
  type KeyObject,
  sign,
  verify,
} from "node:crypto";
import type { Random } from "./random";

/** What stands for a CryptoKey: plain data, because the store clones it. */
interface SimKey {
  readonly type: "private" | "public";
  readonly point: string;
  readonly d?: string;
}

/** Bytes that one call makes random. */
const MOST_RANDOM = 64;

const known = new Map<string, KeyObject>();

function nodeKey({ point, d }: SimKey): KeyObject {
  const name = d ?? point;
  const found = known.get(name);
  if (found) return found;
  const raw = Buffer.from(point, "base64url");
  const jwk = {
    kty: "EC",
    crv: "P-256",
    x: raw.subarray(1, 33).toString("base64url"),
    y: raw.subarray(33).toString("base64url"),
    ...(d && { d }),
  };
  const made = d ? createPrivateKey({ key: jwk, format: "jwk" }) : createPublicKey({ key: jwk, format: "jwk" });
  if (known.size > 200) known.clear();
  known.set(name, made);
  return made;
}

function keyPair(random: Random): { privateKey: SimKey; publicKey: SimKey } {
  const ecdh = createECDH("prime256v1");
  const secret = Buffer.alloc(32);
  random.fill(secret);
  secret[0] = (secret[0] ?? 0) & 0x7f; // below the order of the curve
  ecdh.setPrivateKey(secret);
  const point = ecdh.getPublicKey().toString("base64url");
  return {
    privateKey: { type: "private", point, d: secret.toString("base64url") },
    publicKey: { type: "public", point },
  };
}

function bytesOf(buffer: Uint8Array): ArrayBuffer {
  return new Uint8Array(buffer).buffer;
}

type Bytes = ArrayBuffer | Uint8Array;

function view(data: Bytes): Uint8Array {
  return data instanceof Uint8Array ? data : new Uint8Array(data);
}

interface Gcm {
  readonly iv: Bytes;
  readonly additionalData: Bytes;
}

/** `crypto` as a page sees it. */
export function cryptoOf(random: Random) {
  const subtle = {
    generateKey: async () => keyPair(random),
    exportKey: async (_: string, key: SimKey) => bytesOf(Buffer.from(key.point, "base64url")),
    importKey: async (_: string, data: Bytes, how: unknown) => {
      if (how === "HKDF") return view(data);
      const key: SimKey = { type: "public", point: Buffer.from(view(data)).toString("base64url") };
      nodeKey(key);
      return key;
    },
    sign: async (_: unknown, key: SimKey, data: Bytes) =>
      bytesOf(sign("sha256", view(data), { key: nodeKey(key), dsaEncoding: "ieee-p1363" })),
    verify: async (_: unknown, key: SimKey, signature: Bytes, data: Bytes) =>
      verify("sha256", view(data), { key: nodeKey(key), dsaEncoding: "ieee-p1363" }, view(signature)),
    deriveBits: async ({ public: theirs }: { public: SimKey }, mine: SimKey) => {
      const ecdh = createECDH("prime256v1");
      ecdh.setPrivateKey(Buffer.from(mine.d ?? "", "base64url"));
      return bytesOf(ecdh.computeSecret(Buffer.from(theirs.point, "base64url")));
    },
    deriveKey: async ({ salt, info }: { salt: Bytes; info: Bytes }, secret: Uint8Array) =>
      new Uint8Array(hkdfSync("sha256", secret, view(salt), view(info), 32)),
    encrypt: async ({ iv, additionalData }: Gcm, key: Uint8Array, data: Bytes) => {
      const cipher = createCipheriv("aes-256-gcm", key, view(iv)).setAAD(view(additionalData));
      return bytesOf(Buffer.concat([cipher.update(view(data)), cipher.final(), cipher.getAuthTag()]));
    },
    decrypt: async ({ iv, additionalData }: Gcm, key: Uint8Array, data: Bytes) => {
      const bytes = view(data);
      const cipher = createDecipheriv("aes-256-gcm", key, view(iv)).setAAD(view(additionalData));
      cipher.setAuthTag(bytes.subarray(-16));
      return bytesOf(Buffer.concat([cipher.update(bytes.subarray(0, -16)), cipher.final()]));
    },
    digest: async (_: string, data: Bytes) => bytesOf(createHash("sha256").update(view(data)).digest()),
  };
  const getRandomValues = <T extends Uint8Array>(target: T): T => {
    // Nothing that asks for more needs it to be random here: it is the reserve of disk, a mebibyte at a time.
    random.fill(target.subarray(0, MOST_RANDOM));
    return target;
  };
  return { subtle, getRandomValues };
}

/** A key pair outside any page, with what it takes to sign as an actor. */
export function hostileKey(random: Random): { point: string; sign(text: string): string } {
  const { privateKey } = keyPair(random);
  return {
    point: privateKey.point,
    sign: (text) =>
      sign("sha256", Buffer.from(text), { key: nodeKey(privateKey), dsaEncoding: "ieee-p1363" }).toString("base64url"),
  };
}

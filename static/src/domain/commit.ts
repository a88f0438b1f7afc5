import { base64url, concat, hex, sha256, sha256Hex, unbase64url, utf8 } from "./bytes";
import { type Change, line } from "./change";

export const LIMIT_CHANGES = 500;
export const LIMIT_COMMIT_BYTES = 1_048_576;
export const LIMIT_CHANGE_BYTES = 65_536;
/** Room that a header takes of a commit's bytes; real ones are below 700. */
export const HEADER_BYTES = 2_048;

const ECDSA = { name: "ECDSA", hash: "SHA-256" };
const P256 = { name: "ECDSA", namedCurve: "P-256" };

/** What travels and is stored verbatim: header and body exactly as signed, signature, and `sha256:<hex>` of the header. */
export interface Sealed {
  readonly h: string;
  readonly b: string;
  readonly s: string;
  readonly hash: string;
}

/** `prev` is `""` for the first commit of a chain, which then carries `key`, the raw public point. Times in ms. */
export interface SealInput {
  readonly actor: string;
  readonly key: string;
  readonly stream: string;
  readonly n: number;
  readonly prev: string;
  readonly app: string;
  readonly sent: number;
  readonly off: number;
  readonly changes: readonly Change[];
}

export interface Header {
  readonly actor: string;
  readonly stream: string;
  readonly n: number;
  readonly prev: string;
  readonly off: number;
  readonly body: string;
}

/** Seals changes into one commit. Never call it inside an IndexedDB transaction: WebKit ends the transaction. */
export async function seal(privateKey: CryptoKey, input: SealInput): Promise<Sealed> {
  const b = input.changes.map((change) => `${line(change)}\n`).join("");
  const { actor, stream, n, prev, app, sent, off } = input;
  const header = { v: 1, alg: "ES256", actor, stream, n, prev, app, sent, off, changes: input.changes.length };
  const h = JSON.stringify({ ...header, body: hashOf(b), ...(n === 1 && { key: input.key }) });
  const signature = await crypto.subtle.sign(ECDSA, privateKey, utf8(h));
  return { h, b, s: base64url(new Uint8Array(signature)), hash: hashOf(h) };
}

export function hashOf(text: string): string {
  return `sha256:${sha256Hex(text)}`;
}

/** An actor's id: half of the hash of its raw public point. */
export function actorId(point: Uint8Array): string {
  return `a_${hex(sha256(point)).slice(0, 32)}`;
}

/** The public key of a raw point in base64url; rejects for what is not a point of P-256. */
export function publicKey(point: string): Promise<CryptoKey> {
  return crypto.subtle.importKey("raw", unbase64url(point), P256, false, ["verify"]);
}

export async function verify(key: CryptoKey, signature: string, signed: string): Promise<boolean> {
  try {
    return await crypto.subtle.verify(ECDSA, key, unbase64url(signature), utf8(signed));
  } catch {
    // Not base64url: as good as a wrong signature.
    return false;
  }
}

export const FIRST_CHAIN = `sha256:${"0".repeat(64)}`;

/** chain(k) = SHA-256(chain(k−1) ‖ SHA-256(r)) over raw digests. */
export function nextChain(chain: Uint8Array, r: string): Uint8Array {
  return sha256(concat(chain, sha256(utf8(r))));
}

/** A change of a body with the name that verdicts give it where it has no readable id: `#<line>`, counted from 1. */
export interface NumberedChange {
  readonly change: Change;
  readonly nameless: string;
}

/** Reads the changes of a body. Lines that cannot be read are left out: the server refuses them too. */
export function readBody(b: string): NumberedChange[] {
  return b.split("\n").flatMap((text, i) => {
    const change = readLine(text);
    return change ? [{ change, nameless: `#${i + 1}` }] : [];
  });
}

function readLine(text: string): Change | null {
  try {
    const value = text ? (JSON.parse(text) as Change | null) : null;
    return typeof value?.id === "string" && typeof value.e === "string" && typeof value.f === "string" ? value : null;
  } catch {
    return null;
  }
}

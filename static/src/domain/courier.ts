import { concat, unbase64url, utf8 } from "./bytes";

/**
 * The courier file: what a tablet holds and has not delivered, sealed to the server, so that anybody may carry it. Magic,
 * then frames: length (4 bytes, big-endian), ephemeral point (65), IV (12), AES-256-GCM text with its tag.
 */
export const MAGIC = "INSATS1\n";
export const MAX_FRAME = 5 * 1_048_576;
/** Plain bytes of commit lines in one frame. */
export const MAX_LINES = 4 * 1_048_576;
/** Bytes of a photo in one frame. */
export const MAX_PHOTO = 1_048_576;

const INFO = "insats courier v1";
const POINT_BYTES = 65;
const IV_BYTES = 12;
const LENGTH_BYTES = 4;
const CURVE = { name: "ECDH", namedCurve: "P-256" };

/** Seals frames of one file, each with its own IV. */
export interface Sealer {
  /** A frame with its length before it. */
  frame(plain: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>>;
}

/** `seal`: the server's ECDH point in base64url. Rejects for what is not a point of P-256. */
export async function sealer(seal: string, ephemeral?: CryptoKeyPair): Promise<Sealer> {
  const keys = ephemeral ?? (await crypto.subtle.generateKey(CURVE, false, ["deriveBits"]));
  const server = await crypto.subtle.importKey("raw", unbase64url(seal), CURVE, false, []);
  const point = new Uint8Array(await crypto.subtle.exportKey("raw", keys.publicKey));
  const key = await fileKey(keys.privateKey, server, "encrypt");
  return {
    frame: async (plain) => {
      const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
      const text = new Uint8Array(await crypto.subtle.encrypt(cipher(iv), key, plain));
      return concat(lengthBytes(POINT_BYTES + IV_BYTES + text.length), point, iv, text);
    },
  };
}

/** Opens a frame (without its length) with the server's private key: what the server does, here for the tests. */
export async function openFrame(privateKey: CryptoKey, frame: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  const point = await crypto.subtle.importKey("raw", frame.slice(0, POINT_BYTES), CURVE, false, []);
  const key = await fileKey(privateKey, point, "decrypt");
  const iv = frame.slice(POINT_BYTES, POINT_BYTES + IV_BYTES);
  return new Uint8Array(await crypto.subtle.decrypt(cipher(iv), key, frame.slice(POINT_BYTES + IV_BYTES)));
}

async function fileKey(mine: CryptoKey, theirs: CryptoKey, use: "encrypt" | "decrypt"): Promise<CryptoKey> {
  const secret = await crypto.subtle.deriveBits({ name: "ECDH", public: theirs }, mine, 256);
  const material = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveKey"]);
  const how = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: utf8(INFO) };
  return crypto.subtle.deriveKey(how, material, { name: "AES-GCM", length: 256 }, false, [use]);
}

function cipher(iv: Uint8Array<ArrayBuffer>): AesGcmParams {
  return { name: "AES-GCM", iv, additionalData: utf8(MAGIC) };
}

function lengthBytes(length: number): Uint8Array {
  const bytes = new Uint8Array(LENGTH_BYTES);
  new DataView(bytes.buffer).setUint32(0, length);
  return bytes;
}

/** One piece of a photo as it stands in a frame. `actor`: who took it, if that is known. */
export interface PhotoPart {
  readonly sha256: string;
  readonly size: number;
  readonly mime: string;
  readonly offset: number;
  readonly actor?: string | undefined;
}

export function commitsFrame(lines: readonly string[]): Uint8Array<ArrayBuffer> {
  return utf8(`{"kind":"commits"}\n${lines.join("")}`);
}

export function photoFrame(
  { sha256, size, mime, offset, actor }: PhotoPart,
  bytes: Uint8Array,
): Uint8Array<ArrayBuffer> {
  return concat(utf8(`${JSON.stringify({ kind: "photo", sha256, size, mime, offset, actor })}\n`), bytes);
}

/** Where the next frame of a file begins and ends; null at the end of the file, RangeError where it is damaged. */
export async function frameAt(file: Blob, offset: number): Promise<{ start: number; end: number } | null> {
  if (offset >= file.size) return null;
  const head = await file.slice(offset, offset + LENGTH_BYTES).arrayBuffer();
  const length = head.byteLength === LENGTH_BYTES ? new DataView(head).getUint32(0) : 0;
  const start = offset + LENGTH_BYTES;
  if (length <= POINT_BYTES + IV_BYTES || length > MAX_FRAME || start + length > file.size)
    throw new RangeError("the file is cut short or damaged");
  return { start, end: start + length };
}

export async function isCourierFile(file: Blob): Promise<boolean> {
  return (await file.slice(0, MAGIC.length).text()) === MAGIC;
}

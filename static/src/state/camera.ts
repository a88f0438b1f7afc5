/** From the camera's file to what is stored: hashes over the bytes as delivered, and a small picture for lists. */
import { hex } from "../domain/bytes";
import type { Json } from "../domain/json";
import { Problem } from "../domain/problem";
import type { NewBlob } from "../store/photos";
import { regainRoom } from "../store/room";
import type { Tablet } from "../store/tablet";

const MAX_BYTES = 26_214_400;
const THUMB_PIXELS = 480;
const THUMB_QUALITY = 0.7;

export interface PreparedPhoto {
  readonly blobs: readonly NewBlob[];
  readonly fields: Readonly<Record<string, Json>>;
}

/** Pictures are decoded one at a time: twenty of 48 megapixels at once are more than a tablet has. */
let last: Promise<unknown> = Promise.resolve();

export function preparePhoto(tablet: Tablet, stream: string, file: Blob): Promise<PreparedPhoto> {
  const turn = last.then(() => prepare(tablet, stream, file));
  last = turn.catch(() => undefined);
  return turn;
}

async function prepare(tablet: Tablet, stream: string, file: Blob): Promise<PreparedPhoto> {
  if (file.size > MAX_BYTES) throw new Problem("too-large", 413);
  await needRoom(tablet);
  const bytes = await file.arrayBuffer();
  const mime = mimeOf(new Uint8Array(bytes, 0, Math.min(16, bytes.byteLength)));
  if (!mime) throw new Problem("unsupported-media", 415);
  const added = tablet.now();
  const original = await blobOf(bytes, mime, "blob", stream, added);
  const small = await thumbnailOf(new Blob([bytes], { type: mime }));
  const thumb = small && (await blobOf(small.bytes, "image/jpeg", "thumb", stream, added));
  return {
    blobs: thumb ? [original, thumb] : [original],
    fields: {
      taken: added,
      blob: referenceTo(original),
      ...(thumb && { thumb: referenceTo(thumb) }),
      ...(small && { width: small.width, height: small.height }),
    },
  };
}

/** How often it is tried to lay the reserve again for a photo (ms): each try writes most of what is left of the disk. */
const TRY_EVERY_MS = 15_000;
let tried = Number.NEGATIVE_INFINITY;

/** Photos stop before words and counts do: without the reserve (or room to lay it again) none is taken. */
async function needRoom(tablet: Tablet): Promise<void> {
  if (!tablet.memory.isFull) return;
  const isSoon = performance.now() - tried < TRY_EVERY_MS;
  tried = isSoon ? tried : performance.now();
  if (isSoon || !(await regainRoom(tablet))) throw new Problem("storage-full");
}

/** By the first bytes: what a picker says of a file is not always so. */
function mimeOf(start: Uint8Array): string | null {
  if (start[0] === 0xff && start[1] === 0xd8 && start[2] === 0xff) return "image/jpeg";
  const brand = String.fromCharCode(...start.subarray(4, 12));
  return /^ftyp(heic|heix|heim|heis|hevc|mif1|msf1)/.test(brand) ? "image/heic" : null;
}

async function blobOf(
  bytes: ArrayBuffer,
  mime: string,
  kind: NewBlob["kind"],
  stream: string,
  added: number,
): Promise<NewBlob> {
  const sha256 = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  return { sha256, mime, kind, bytes, stream, added };
}

function referenceTo({ sha256, bytes, mime }: NewBlob): Json {
  return { sha256, size: bytes.byteLength, mime };
}

interface Thumbnail {
  readonly bytes: ArrayBuffer;
  readonly width: number;
  readonly height: number;
}

/** A JPEG of at most 480 pixels and the size of the original; null where this browser cannot decode the picture (HEIC). */
async function thumbnailOf(file: Blob): Promise<Thumbnail | null> {
  try {
    const picture = await createImageBitmap(file, { imageOrientation: "from-image" });
    const { width, height } = picture;
    const scale = Math.min(1, THUMB_PIXELS / Math.max(width, height));
    const small = draw(picture, Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
    picture.close();
    const jpeg = await small.convertToBlob({ type: "image/jpeg", quality: THUMB_QUALITY });
    return { bytes: await jpeg.arrayBuffer(), width, height };
  } catch {
    return null;
  }
}

function draw(picture: ImageBitmap, width: number, height: number): OffscreenCanvas {
  const canvas = new OffscreenCanvas(width, height);
  canvas.getContext("2d")?.drawImage(picture, 0, 0, width, height);
  return canvas;
}

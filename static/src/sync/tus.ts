import { base64, utf8 } from "../domain/bytes";
import { Problem } from "../domain/problem";
import type { Api } from "./api";

/** tus 1.0 (creation, creation-with-upload, checksum). Chunks come straight from the store, each with its own checksum. */
const VERSION = { "Tus-Resumable": "1.0.0" };

export interface Upload {
  readonly url: string;
  readonly offset: number;
}

/** Opens an upload by its first bytes, or continues the server's own one of the same photo. */
export async function create(
  api: Api,
  blob: { sha256: string; size: number; mime: string },
  first: Uint8Array<ArrayBuffer>,
): Promise<Upload> {
  const metadata = `sha256 ${base64(utf8(blob.sha256))},mime ${base64(utf8(blob.mime))}`;
  const headers = { "Upload-Length": String(blob.size), "Upload-Metadata": metadata };
  const response = await sendBytes(api, "POST", "/blobs/uploads", first, headers);
  const url = response.headers.get("Location");
  if (!url) throw new Problem("offline", 0, "an upload without an address");
  return { url: pathOf(url), offset: offsetOf(response) };
}

/** The address below our own origin: a token is never sent elsewhere. */
function pathOf(url: string): string {
  const { pathname } = new URL(url, "http://insats.invalid");
  return pathname;
}

/** Where an upload stands; null where the server does not know it any more. */
export async function resume(api: Api, url: string): Promise<Upload | null> {
  try {
    const response = await api.call(url, { method: "HEAD", headers: VERSION });
    return { url, offset: offsetOf(response) };
  } catch (error) {
    // A HEAD has no body to say more: gone, expired or another's are all "start again".
    if (error instanceof Problem && (error.status === 404 || error.status === 410)) return null;
    throw error;
  }
}

/** Sends bytes from an offset on; where the upload stands then. */
export async function send(api: Api, { url, offset }: Upload, bytes: Uint8Array<ArrayBuffer>): Promise<Upload> {
  const response = await sendBytes(api, "PATCH", url, bytes, { "Upload-Offset": String(offset) });
  return { url, offset: offsetOf(response) };
}

async function sendBytes(
  api: Api,
  method: string,
  path: string,
  body: Uint8Array<ArrayBuffer>,
  more: Record<string, string>,
): Promise<Response> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const headers = { ...VERSION, ...more, "Upload-Checksum": `sha256 ${base64(digest)}` };
  return api.call(path, { method, body, type: "application/offset+octet-stream", timeout: api.long, headers });
}

function offsetOf(response: Response): number {
  const offset = Number(response.headers.get("Upload-Offset") ?? "NaN");
  if (!Number.isSafeInteger(offset)) throw new Problem("offline", 0, "an upload that does not say where it stands");
  return offset;
}

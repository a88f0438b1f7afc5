/** The blobs of the server of the tests: tus uploads and what is verified. */
import { hex, sha256 } from "../domain/bytes";
import { json, problem, textOf, uploadAnswer } from "./testAnswers";
import type { State } from "./testState";

interface Upload {
  readonly url: string;
  readonly sha256: string;
  readonly size: number;
  readonly parts: Uint8Array[];
  offset: number;
}

export class TestBlobs {
  readonly #uploads = new Map<string, Upload>();
  #created = 0;

  async answer(state: State, route: string, init: RequestInit, headers: Headers): Promise<Response> {
    if (route === "/blobs/missing") {
      const asked = (JSON.parse(await textOf(init)) as { sha256: string[] }).sha256;
      const verified = asked.filter((h) => state.blobs.has(h));
      const stable = asked.filter((h) => state.stableBlobs.has(h));
      return json({ missing: asked.filter((h) => !verified.includes(h)), partial: {}, verified, stable });
    }
    if (route.endsWith("/view")) return viewOf(state.blobs.get(route.split("/")[2] ?? ""));
    const bytes = new Uint8Array((init.body as Uint8Array<ArrayBuffer> | null | undefined) ?? []);
    if (route === "/blobs/uploads") return this.#create(state, bytes, headers);
    const upload = this.#uploads.get(route);
    if (!upload) return problem("not-found", 404);
    if (init.method === "HEAD") return uploadAnswer(200, upload.offset);
    if (Number(headers.get("Upload-Offset")) !== upload.offset) return problem("upload-offset", 409);
    return this.#take(state, upload, bytes, headers) ?? uploadAnswer(204, upload.offset);
  }

  /** The first bytes come along; what is here of the same photo already is kept. */
  #create(state: State, bytes: Uint8Array, headers: Headers): Response {
    const name = atob(headers.get("Upload-Metadata")?.split(",")[0]?.split(" ")[1] ?? "");
    const size = Number(headers.get("Upload-Length"));
    if (!isAsPromised(bytes, headers)) return problem("checksum-mismatch", 460);
    const isSound = (u: Upload) => u.offset < u.size || state.blobs.has(u.sha256);
    const known = [...this.#uploads.values()].find((u) => u.sha256 === name && u.size === size && isSound(u));
    const upload = known ?? { url: `/blobs/uploads/${++this.#created}`, sha256: name, size, parts: [], offset: 0 };
    this.#uploads.set(upload.url, upload);
    const refused = bytes.length > upload.offset && this.#add(state, upload, bytes.slice(upload.offset));
    return refused || uploadAnswer(201, upload.offset, { Location: `http://elsewhere.example/api/v1${upload.url}` });
  }

  #take(state: State, upload: Upload, bytes: Uint8Array, headers: Headers): Response | null {
    return isAsPromised(bytes, headers) ? this.#add(state, upload, bytes) : problem("checksum-mismatch", 460);
  }

  #add(state: State, upload: Upload, bytes: Uint8Array): Response | null {
    upload.parts.push(bytes);
    upload.offset += bytes.length;
    if (upload.offset < upload.size) return null;
    const whole = new Uint8Array(Buffer.concat(upload.parts));
    if (hex(sha256(whole)) !== upload.sha256) {
      this.#uploads.delete(upload.url);
      return problem("checksum-mismatch", 460);
    }
    state.blobs.set(upload.sha256, whole);
    return null;
  }
}

/** What begins as a JPEG is one here; its view is another file. */
function viewOf(bytes: Uint8Array | undefined): Response {
  if (!bytes) return problem("not-found", 404);
  if (bytes[0] !== 0xff) return problem("photo-not-shown", 422);
  return new Response("view", { headers: { "Content-Type": "image/jpeg" } });
}

function isAsPromised(bytes: Uint8Array, headers: Headers): boolean {
  return headers.get("Upload-Checksum") === `sha256 ${Buffer.from(sha256(bytes)).toString("base64")}`;
}

/** The blobs of the server of the tests: tus uploads and what is verified. */
import { hex, sha256 } from "../domain/bytes";
import { json, problem, textOf, uploadAnswer } from "./testAnswers";
import type { State } from "./testState";

type Uploads = Map<string, { sha256: string; size: number; parts: Uint8Array[]; offset: number }>;

export class TestBlobs {
  readonly #uploads: Uploads = new Map();

  async answer(state: State, route: string, init: RequestInit, headers: Headers): Promise<Response> {
    if (route === "/blobs/missing") {
      const asked = (JSON.parse(await textOf(init)) as { sha256: string[] }).sha256;
      const verified = asked.filter((h) => state.blobs.has(h));
      const stable = asked.filter((h) => state.stableBlobs.has(h));
      return json({ missing: asked.filter((h) => !verified.includes(h)), partial: {}, verified, stable });
    }
    if (route === "/blobs/uploads") return this.#create(headers);
    const upload = this.#uploads.get(route);
    if (!upload) return problem("not-found", 404);
    if (init.method === "HEAD") return uploadAnswer(200, upload.offset);
    return this.#patch(state, route, new Uint8Array(init.body as Uint8Array<ArrayBuffer>), headers);
  }

  #create(headers: Headers): Response {
    const metadata = headers.get("Upload-Metadata")?.split(",")[0]?.split(" ")[1] ?? "";
    const url = `/blobs/uploads/${this.#uploads.size + 1}`;
    const size = Number(headers.get("Upload-Length"));
    this.#uploads.set(url, { sha256: atob(metadata), size, parts: [], offset: 0 });
    return uploadAnswer(201, 0, { Location: `http://elsewhere.example/api/v1${url}` });
  }

  #patch(state: State, url: string, bytes: Uint8Array, headers: Headers): Response {
    const upload = this.#uploads.get(url);
    if (!upload || Number(headers.get("Upload-Offset")) !== upload.offset) return problem("upload-offset", 409);
    const checksum = `sha256 ${Buffer.from(sha256(bytes)).toString("base64")}`;
    if (headers.get("Upload-Checksum") !== checksum) return problem("checksum-mismatch", 460);
    upload.parts.push(bytes);
    upload.offset += bytes.length;
    if (upload.offset < upload.size) return uploadAnswer(204, upload.offset);
    const whole = new Uint8Array(Buffer.concat(upload.parts));
    this.#uploads.delete(url);
    if (hex(sha256(whole)) !== upload.sha256) return problem("checksum-mismatch", 460);
    state.blobs.set(upload.sha256, whole);
    this.#uploads.set(url, upload);
    return uploadAnswer(204, upload.offset);
  }
}

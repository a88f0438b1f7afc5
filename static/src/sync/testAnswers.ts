/** How the server of the tests answers and reads. */
export function uploadAnswer(status: number, offset: number, more: Record<string, string> = {}): Response {
  return new Response(null, { status, headers: { "Upload-Offset": String(offset), ...more } });
}

export function newKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
}

export function newSealKeys(): Promise<CryptoKeyPair> {
  return crypto.subtle.generateKey({ name: "ECDH", namedCurve: "P-256" }, true, ["deriveBits"]);
}

export async function pointOf(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.exportKey("raw", key));
}

export function bytesOf(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, "base64url"));
}

export function json(value: unknown): Response {
  return Response.json(value);
}

export function problem(code: string, status: number, more: Record<string, unknown> = {}): Response {
  const headers = { "Content-Type": "application/problem+json" };
  return new Response(JSON.stringify({ type: `urn:insats:${code}`, ...more }), { status, headers });
}

export async function textOf(init: RequestInit): Promise<string> {
  const bytes = new Blob([init.body as Uint8Array<ArrayBuffer>]);
  if (new Headers(init.headers).get("Content-Encoding") !== "gzip") return bytes.text();
  return new Response(bytes.stream().pipeThrough(new DecompressionStream("gzip"))).text();
}

import { describe, expect, it, vi } from "vitest";
import { base64url, hex, sha256, unbase64url, utf8 } from "./bytes";
import { commitsFrame, frameAt, isCourierFile, MAGIC, openFrame, photoFrame, sealer } from "./courier";
import { courierVectors as vectors } from "./testing";

const CURVE = { name: "ECDH", namedCurve: "P-256" };

async function keys({ d, point }: { d: string; point: string }): Promise<CryptoKeyPair> {
  const raw = unbase64url(point);
  const jwk = { kty: "EC", crv: "P-256", x: base64url(raw.slice(1, 33)), y: base64url(raw.slice(33)), d };
  return {
    privateKey: await crypto.subtle.importKey("jwk", jwk, CURVE, true, ["deriveBits"]),
    publicKey: await crypto.subtle.importKey("raw", raw, CURVE, true, []),
  };
}

describe("a frame", () => {
  it.each(vectors.frames)("is sealed as the server's twin seals it: $name", async ({ iv, plain, frame }) => {
    vi.spyOn(crypto, "getRandomValues").mockImplementationOnce((array) => {
      (array as Uint8Array).set(unbase64url(iv));
      return array;
    });
    const seal = await sealer(vectors.seal.point, await keys(vectors.ephemeral));
    const sealed = await seal.frame(unbase64url(plain));
    expect(base64url(sealed.subarray(4))).toBe(frame);
    expect(new DataView(sealed.buffer).getUint32(0)).toBe(sealed.length - 4);
  });

  it("opens with the server's key, and not when a bit of it has changed", async () => {
    const { privateKey } = await keys(vectors.seal);
    const [first] = vectors.frames;
    const frame = unbase64url(first?.frame ?? "");
    expect(base64url(await openFrame(privateKey, frame))).toBe(first?.plain);
    frame[frame.length - 20] = (frame[frame.length - 20] ?? 0) ^ 1;
    await expect(openFrame(privateKey, frame)).rejects.toThrow();
  });

  it("says what it carries in its first line", () => {
    expect(new TextDecoder().decode(commitsFrame(["{}\n", "{}\n"]))).toBe('{"kind":"commits"}\n{}\n{}\n');
    const part = { sha256: "ab", size: 3, mime: "image/jpeg", offset: 0 };
    const text = new TextDecoder().decode(photoFrame({ ...part, actor: "a_1" }, utf8("xyz")));
    expect(text).toBe('{"kind":"photo","sha256":"ab","size":3,"mime":"image/jpeg","offset":0,"actor":"a_1"}\nxyz');
    expect(new TextDecoder().decode(photoFrame(part, utf8("xyz")))).not.toContain("actor");
  });
});

describe("a file", () => {
  const file = new Blob([unbase64url(vectors.file)]);

  it("is read frame by frame to its end", async () => {
    expect(await isCourierFile(file)).toBe(true);
    expect(hex(sha256(new Uint8Array(await file.arrayBuffer())))).toBe(vectors.file_sha256);
    const found: string[] = [];
    for (let at = await frameAt(file, MAGIC.length); at; at = await frameAt(file, at.end))
      found.push(base64url(new Uint8Array(await file.slice(at.start, at.end).arrayBuffer())));
    expect(found).toEqual(vectors.frames.map(({ frame }) => frame));
  });

  it("that ends too early, or has a length out of range, is damaged from there on", async () => {
    await expect(frameAt(file.slice(0, 100), MAGIC.length)).rejects.toThrow(RangeError);
    await expect(frameAt(file.slice(0, 10), MAGIC.length)).rejects.toThrow(RangeError);
    await expect(frameAt(new Blob([MAGIC, new Uint8Array([255, 0, 0, 0, 1])]), MAGIC.length)).rejects.toThrow(
      RangeError,
    );
    expect(await isCourierFile(new Blob(["PK..."]))).toBe(false);
  });
});

import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { hex, sha256 } from "../domain/bytes";
import { CHUNK_BYTES, type NewBlob, readBlob } from "../store/photos";
import { openTablet, settle, type TestTablet } from "./testing";
import { OP, POL, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
let server: TestServer;
let anna: TestTablet;

beforeEach(async () => {
  server = new TestServer();
  server.members.set("anna", { ref: "reader", [SHARED]: "writer", [POL]: "writer" });
  anna = await openTablet(server, "anna");
  await settle(anna);
});

const isChunk = (call: string) => call.startsWith("PATCH") || call === "POST /blobs/uploads";
const chunks = () => server.calls.filter(isChunk);

function blob(size: number, kind: NewBlob["kind"], seed = 1): NewBlob {
  const bytes = Uint8Array.from({ length: size }, (_, i) => (i * seed) % 251);
  return {
    sha256: hex(sha256(bytes)),
    mime: "image/jpeg",
    kind,
    bytes: bytes.buffer,
    stream: POL,
    added: anna.clock.now,
  };
}

async function takePhoto(blobs: readonly NewBlob[], id = `photo_${OP}`): Promise<void> {
  const reference = ({ sha256: hash, bytes }: NewBlob) => ({
    sha256: hash,
    size: bytes.byteLength,
    mime: "image/jpeg",
  });
  const cells = blobs.map((b) => ({ stream: POL, e: id, f: b.kind, v: reference(b), seen: [] }));
  await anna.save(() => ({ writes: [{ stream: POL, e: id, f: "visit", v: VISIT, seen: [] }, ...cells], blobs }));
}

const stateOf = (b: NewBlob) => anna.memory.photos.get(b.sha256)?.state;
const stored = async (b: NewBlob) => anna.tablet.db.getAllKeys("chunks", IDBKeyRange.bound([b.sha256], [b.sha256, []]));

describe("a photo", () => {
  it("lies in chunks as it was delivered", async () => {
    const original = blob(CHUNK_BYTES * 2 + 17, "blob");
    await takePhoto([original]);
    expect(await stored(original)).toHaveLength(3);
    const row = anna.memory.photos.get(original.sha256);
    const read = row && (await readBlob(anna.tablet.db, row));
    expect(hex(sha256(new Uint8Array((await read?.arrayBuffer()) ?? new ArrayBuffer())))).toBe(original.sha256);
  });

  it("is uploaded after its thumbnail, chunk by chunk", async () => {
    const [thumb, original] = [blob(5_000, "thumb", 3), blob(CHUNK_BYTES * 2 + 17, "blob")];
    await takePhoto([original, thumb]);
    await settle(anna);
    expect([...server.state.blobs.keys()]).toEqual([thumb.sha256, original.sha256]);
    expect(chunks()).toHaveLength(4);
    expect([stateOf(thumb), stateOf(original)]).toEqual(["verified", "verified"]);
  });

  it("goes on where it stopped, also after the app was closed", async () => {
    const original = blob(CHUNK_BYTES * 4, "blob");
    await takePhoto([original]);
    server.faults.drop = (call) => isChunk(call) && chunks().length >= 2;
    await anna.round();
    expect(stateOf(original)).toBe("local");
    server.faults.drop = () => false;
    anna = await openTablet(server, "anna", anna.tablet.db.name);
    await settle(anna);
    expect(stateOf(original)).toBe("verified");
    expect(chunks().length).toBeLessThanOrEqual(5);
  });

  it("survives lost answers and requests that are sent twice", async () => {
    const original = blob(CHUNK_BYTES * 3, "blob");
    await takePhoto([original]);
    let losses = 2;
    server.faults.lose = (call) => isChunk(call) && losses-- > 0;
    for (let i = 0; i < 3; i++) await anna.round();
    server.faults.twice = true;
    for (let i = 0; i < 4; i++) await anna.round();
    expect(stateOf(original)).toBe("verified");
    expect(server.state.blobs.get(original.sha256)?.length).toBe(original.bytes.byteLength);
  });

  it("that fits into a chunk is one request, and nothing of it is left to resume", async () => {
    const small = blob(300_000, "blob");
    await takePhoto([small]);
    await settle(anna);
    expect(server.calls.filter((call) => call.includes("/blobs/uploads"))).toEqual(["POST /blobs/uploads"]);
    expect(stateOf(small)).toBe("verified");
    expect(await anna.tablet.db.count("uploads")).toBe(0);
  });

  it("whose creation was cut in the middle of its bytes sends that chunk once more, half as large", async () => {
    const original = blob(CHUNK_BYTES * 2, "blob");
    await takePhoto([original]);
    let cuts = 1;
    server.faults.cut = (call) => call === "POST /blobs/uploads" && cuts-- > 0;
    await anna.round();
    expect([stateOf(original), chunks().length]).toEqual(["local", 1]);
    await settle(anna);
    expect(stateOf(original)).toBe("verified");
    expect(chunks().slice(1)).toEqual([
      "POST /blobs/uploads",
      expect.stringMatching(/^PATCH/),
      expect.stringMatching(/^PATCH/),
    ]);
    expect(server.state.blobs.get(original.sha256)?.length).toBe(original.bytes.byteLength);
  });

  it("whose creation's answer was lost goes on behind what arrived, with one chunk sent again", async () => {
    const original = blob(CHUNK_BYTES * 3, "blob");
    await takePhoto([original]);
    let losses = 1;
    server.faults.lose = (call) => call === "POST /blobs/uploads" && losses-- > 0;
    await anna.round();
    expect(stateOf(original)).toBe("local");
    await settle(anna);
    expect(stateOf(original)).toBe("verified");
    expect(chunks()).toEqual([
      "POST /blobs/uploads",
      "POST /blobs/uploads",
      expect.stringMatching(/^PATCH/),
      expect.stringMatching(/^PATCH/),
    ]);
  });

  it("whose whole creation arrived without an answer is not sent again", async () => {
    const small = blob(300_000, "blob");
    await takePhoto([small]);
    let losses = 1;
    server.faults.lose = (call) => call === "POST /blobs/uploads" && losses-- > 0;
    await anna.round();
    await settle(anna);
    expect([stateOf(small), chunks().length]).toEqual(["verified", 1]);
  });

  it("with the same bytes as another one is stored and sent once", async () => {
    const original = blob(2_000, "blob");
    await takePhoto([original], "photo_a");
    await takePhoto([original], "photo_b");
    await settle(anna);
    expect(anna.memory.photos.get(original.sha256)?.refs.map((r) => r.entity)).toEqual(["photo_a", "photo_b"]);
    expect(chunks()).toHaveLength(1);
  });

  it("whose bytes were damaged here is called so, and the others go on", async () => {
    const [bad, good] = [blob(2_000, "blob"), blob(3_000, "blob", 7)];
    await takePhoto([bad], "photo_a");
    await takePhoto([good], "photo_b");
    await anna.tablet.db.put("chunks", new Uint8Array(2_000).buffer, [bad.sha256, 0]);
    await settle(anna);
    expect([stateOf(bad), stateOf(good)]).toEqual(["mismatch", "verified"]);
  });

  it("goes on sending what is whole here, however often the way spoils it", async () => {
    await takePhoto([blob(2_000, "blob")]);
    const real = server.fetch;
    let spoiled = 0;
    const fetch: typeof real = (path, init) => {
      if (!path.endsWith("/blobs/uploads") || spoiled++ >= 4) return real(path, init);
      const body = Uint8Array.from(init.body as Uint8Array);
      body[7] = (body[7] ?? 0) ^ 1;
      return real(path, { ...init, body });
    };
    anna = await openTablet(Object.assign(Object.create(server) as TestServer, { fetch }), "anna", anna.tablet.db.name);
    for (let round = 0; round < 6; round++) await anna.round();
    expect(spoiled).toBeGreaterThan(4);
    expect([...anna.tablet.memory.photos.values()].map((row) => row.state)).toEqual(["verified"]);
  });

  it("does not hold up words: a tap between two chunks goes first", async () => {
    await takePhoto([blob(CHUNK_BYTES * 3, "blob")]);
    const real = server.fetch;
    let taps = 0;
    const fetch: typeof real = async (path, init) => {
      const answer = await real(path, init);
      if (isChunk(`${init.method} ${path.replace("/api/v1", "")}`) && taps++ === 0) {
        await anna.write(SHARED, VISIT, "status", "INNE");
        anna.engine.wake("save");
      }
      return answer;
    };
    anna = await openTablet(Object.assign(Object.create(server) as TestServer, { fetch }), "anna", anna.tablet.db.name);
    await anna.round();
    const calls = server.calls.filter((call) => isChunk(call) || call === "POST /commits");
    expect(calls).toEqual([
      "POST /commits",
      "POST /blobs/uploads",
      "POST /commits",
      expect.stringMatching(/^PATCH/),
      expect.stringMatching(/^PATCH/),
    ]);
  });
});

describe("the original", () => {
  it("is deleted only when it is verified and a backup covers what references it; the thumbnail stays", async () => {
    const [thumb, original] = [blob(5_000, "thumb", 3), blob(9_000, "blob")];
    await takePhoto([original, thumb]);
    await settle(anna);
    expect(await stored(original)).toHaveLength(1);
    server.makeStable();
    await settle(anna);
    expect(await stored(original)).toHaveLength(0);
    expect(await stored(thumb)).toHaveLength(1);
    expect(anna.memory.photos.get(original.sha256)?.dropped).toBe(true);
  });

  it("stays while the server has not verified it, whatever backups cover", async () => {
    const original = blob(9_000, "blob");
    server.faults.drop = (call) => call.includes("/blobs");
    await takePhoto([original]);
    await settle(anna);
    server.makeStable();
    await settle(anna);
    expect(await stored(original)).toHaveLength(1);
    server.faults.drop = () => false;
    await settle(anna);
    expect(await stored(original)).toHaveLength(1);
    server.makeStable();
    anna.clock.now += 60_000;
    await settle(anna);
    expect(await stored(original)).toHaveLength(0);
  });

  it("stays while no backup has its bytes, though one covers what names it", async () => {
    const original = blob(9_000, "blob");
    await takePhoto([original]);
    await settle(anna);
    for (const chain of server.state.chains.values()) chain.stable = chain.n;
    await settle(anna);
    expect(await stored(original)).toHaveLength(1);
    const asked = server.calls.filter((call) => call === "POST /blobs/missing").length;
    await settle(anna);
    expect(server.calls.filter((call) => call === "POST /blobs/missing")).toHaveLength(asked);
    server.state.stableBlobs.add(original.sha256);
    anna.clock.now += 60_000;
    await settle(anna);
    expect(await stored(original)).toHaveLength(0);
  });

  it("stays when a restored server covers less than the one before", async () => {
    const [first, original] = [blob(4_000, "blob", 5), blob(9_000, "blob")];
    await takePhoto([first], "photo_a");
    await settle(anna);
    const backup = server.backup();
    await takePhoto([original], "photo_b");
    await settle(anna);
    for (const chain of server.state.chains.values()) chain.stable = chain.n;
    await settle(anna);
    expect(anna.memory.photos.get(original.sha256)?.refs).toMatchObject([{ stable: true }]);
    server.restore(backup);
    server.state.blobs.set(original.sha256, new Uint8Array(original.bytes));
    server.state.stableBlobs.add(original.sha256);
    anna.clock.now += 60_000;
    await settle(anna);
    expect(stateOf(original)).toBe("verified");
    expect(await stored(original)).toHaveLength(1);
  });

  it("is asked for again after a rollback that nobody announced", async () => {
    const original = blob(9_000, "blob");
    const backup = server.backup();
    await takePhoto([original]);
    await settle(anna);
    server.state = backup;
    await settle(anna);
    expect(server.state.blobs.has(original.sha256)).toBe(true);
  });

  it("is sent again when a restored server has lost it", async () => {
    const original = blob(9_000, "blob");
    const backup = server.backup();
    await takePhoto([original]);
    await settle(anna);
    server.restore(backup);
    await settle(anna);
    expect(server.state.blobs.has(original.sha256)).toBe(true);
  });
});

import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it, vi } from "vitest";
import { hex, sha256 } from "../domain/bytes";
import { MAGIC } from "../domain/courier";
import { isProblem } from "../domain/problem";
import { CHUNK_BYTES } from "../store/photos";
import { type Delivery, deliverFile } from "./deliver";
import { exportFile } from "./export";
import { openTablet, settle, stateOfCell, type TestTablet } from "./testing";
import { OP, POL, SHARED, TestServer } from "./testServer";

const VISIT = `visit_${OP}`;
let server: TestServer;
let anna: TestTablet;
let bo: TestTablet;

beforeEach(async () => {
  server = new TestServer();
  server.members.set("anna", { [SHARED]: "writer", [POL]: "writer" });
  server.members.set("bo", { [SHARED]: "writer" });
  anna = await openTablet(server, "anna");
  bo = await openTablet(server, "bo");
  await settle(anna, bo);
});

const save = (progress: (done: number, total: number) => void = () => undefined) => exportFile(anna.tablet, progress);
const deliver = (file: Blob, from = 0, told: Delivery[] = []) =>
  deliverFile(bo.engine.sync.api, file, (delivery) => told.push(delivery), from);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: unknown) => (isProblem(error) ? error.code : String(error)),
  );

async function takePhoto(size: number): Promise<string> {
  const bytes = Uint8Array.from({ length: size }, (_, i) => i % 251);
  const hash = hex(sha256(bytes));
  const blob = { sha256: hash, mime: "image/jpeg", kind: "blob" as const, bytes: bytes.buffer, stream: POL, added: 1 };
  const v = { sha256: hash, size, mime: "image/jpeg" };
  await anna.save(() => ({ writes: [{ stream: POL, e: `photo_${OP}`, f: "blob", v, seen: [] }], blobs: [blob] }));
  return hash;
}

async function everything({ tablet }: TestTablet, ...but: string[]): Promise<string> {
  const stores = [...tablet.db.objectStoreNames].filter((store) => !but.includes(store));
  return JSON.stringify(await Promise.all(stores.map((store) => tablet.db.getAll(store))));
}

describe("a courier file", () => {
  it("brings what a tablet could not send, carried by somebody who may not read it", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await anna.write(POL, "note_1", "text", "secret of the police");
    const photo = await takePhoto(CHUNK_BYTES * 2 + 5);
    const file = await save();
    expect(await file.text()).not.toContain("secret of the police");
    expect(await deliver(file)).toMatchObject({
      done: file.size,
      size: file.size,
      taken: 5,
      refused: [],
      problem: null,
    });
    expect(server.stream(POL).log).toHaveLength(1);
    const carried = new Uint8Array(Buffer.concat(server.carried.get(photo) ?? []));
    expect(hex(sha256(carried))).toBe(photo);
    await settle(bo);
    expect(bo.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(await everything(bo)).not.toContain("secret of the police");
  });

  it("changes nothing on the tablet that made it but the sealing, and may be made again", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    await takePhoto(100);
    const first = await save();
    const before = await everything(anna);
    const second = await save();
    expect(await everything(anna)).toBe(before);
    expect(await second.slice(0, 200).text()).not.toBe(await first.slice(0, 200).text());
    await deliver(first);
    await deliver(second);
    await settle(anna, bo);
    expect(server.stream(SHARED).log).toHaveLength(1);
    expect(stateOfCell(anna, SHARED, VISIT, "status")).toBe("received");
  });

  it("holds what no backup covers, with its receipt, and not the rest", async () => {
    await anna.write(SHARED, VISIT, "status", "PAVAG");
    await settle(anna);
    server.makeStable();
    await settle(anna);
    expect(await codeOf(save())).toBe("empty");
    await anna.write(SHARED, VISIT, "status", "INNE");
    await settle(anna);
    await deliver(await save());
    expect(server.pushes.at(-1)).toMatch(/^\{"h":.*"r":"[^"]+"\}\n$/);
  });

  it("is for the server whose key was learned, and for no other", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    const file = await save();
    const other = new TestServer();
    other.members.set("bo", { [SHARED]: "writer" });
    const there = await openTablet(other, "bo");
    expect(await deliverFile(there.engine.sync.api, file, () => undefined, 0)).toMatchObject({ taken: 0, damaged: 1 });
    const fresh = await openTablet(other, "carl");
    expect(await codeOf(exportFile(fresh.tablet, () => undefined))).toBe("no-seal-key");
  });

  it("tells how far it is, frame by frame", async () => {
    await takePhoto(CHUNK_BYTES * 3);
    const told: [number, number][] = [];
    await save((done, total) => told.push([done, total]));
    expect(told).toHaveLength(4);
    expect(told.at(-1)).toEqual([CHUNK_BYTES * 3 + 1, CHUNK_BYTES * 3 + 1]);
  });
});

describe("a delivery", () => {
  it("that loses the line says how far it came, and goes on from there", async () => {
    await takePhoto(CHUNK_BYTES * 3);
    const file = await save();
    let calls = 0;
    server.faults.drop = (call) => call === "POST /courier" && ++calls > 2;
    const told: Delivery[] = [];
    const first = await deliver(file, 0, told);
    expect(first).toMatchObject({ taken: 2, problem: "offline" });
    expect(told.map(({ done }) => done)).toEqual([expect.any(Number), first.done]);
    server.faults.drop = () => false;
    expect(await deliver(file, first.done)).toMatchObject({ taken: 2, done: file.size, problem: null });
    expect(await deliver(file)).toMatchObject({ taken: 4, done: file.size, problem: null });
  });

  it("of a file that is cut short or is none says so", async () => {
    await takePhoto(CHUNK_BYTES);
    const file = await save();
    expect(await deliver(file.slice(0, file.size - 10))).toMatchObject({ taken: 1, problem: "cut-short" });
    expect(await codeOf(deliver(new Blob(["PK\u0003\u0004"])))).toBe("not-a-courier-file");
  });

  it("goes on behind a frame that does not open", async () => {
    await takePhoto(CHUNK_BYTES);
    const file = new Uint8Array(await (await save()).arrayBuffer());
    file[MAGIC.length + 100] = (file[MAGIC.length + 100] ?? 0) ^ 1;
    expect(await deliver(new Blob([file]))).toMatchObject({ taken: 1, damaged: 1, problem: null });
  });

  it("waits when the server asks for it, and then goes on", async () => {
    await anna.write(SHARED, VISIT, "status", "INNE");
    const file = await save();
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    let refusals = 2;
    const real = server.fetch;
    const headers = { "Content-Type": "application/problem+json", "Retry-After": "5" };
    const refusal = () => new Response('{"type":"urn:insats:too-many"}', { status: 429, headers });
    const fetch: typeof real = async (path, init) =>
      path.endsWith("/courier") && refusals-- > 0 ? refusal() : real(path, init);
    const there = await openTablet({ fetch }, "bo");
    const delivering = deliverFile(there.engine.sync.api, file, () => undefined, 0);
    for (let i = 0; i < 20; i++) await vi.advanceTimersByTimeAsync(1_000);
    vi.useRealTimers();
    expect(await delivering).toMatchObject({ taken: 1, problem: null });
  });
});

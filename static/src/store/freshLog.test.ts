import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { beginFreshLog } from "./freshLog";
import { chunkRange } from "./photos";
import { openWindow } from "./testing";
import { writeMeta } from "./transaction";

const CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
const SAFARI =
  "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1";

/** Files of the site's own on a disk with so much left; what is left of them afterwards. */
function aDisk(free: number): Map<string, number> {
  const files = new Map<string, number>();
  const folder = {
    getFileHandle: async (name: string) => ({
      createWritable: async () => ({
        write: async (data: ArrayBuffer) => {
          files.set(`${name}.swap`, data.byteLength);
          await new Promise((resolve) => setTimeout(resolve, 10));
          if (data.byteLength > free) throw new DOMException("full", "QuotaExceededError");
        },
        abort: async () => files.delete(`${name}.swap`),
      }),
    }),
  };
  const root = { getDirectoryHandle: async () => folder, removeEntry: async () => files.clear() };
  vi.stubGlobal("navigator", { storage: { getDirectory: async () => root } });
  return files;
}

async function bytesWritten(agent: string): Promise<number> {
  const { tablet } = await openWindow();
  const put = vi.spyOn(IDBObjectStore.prototype, "put");
  await beginFreshLog(tablet.db, agent);
  const sizes = put.mock.calls.map(([value]) => (value as ArrayBuffer).byteLength);
  put.mockRestore();
  expect(Math.max(0, ...sizes)).toBeLessThan(65_536);
  expect(await tablet.db.count("chunks", chunkRange("fresh log"))).toBe(0);
  return sizes.reduce((sum, size) => sum + size, 0);
}

describe("a fresh log", () => {
  afterEach(() => vi.unstubAllGlobals());

  it("takes more than LevelDB holds in memory, and leaves nothing behind", async () => {
    const files = aDisk(100_000_000);
    expect(await bytesWritten(CHROME)).toBeGreaterThan(4 * 1024 * 1024);
    expect(files.size).toBe(0);
  });

  it("is of no use where IndexedDB is no LevelDB", async () => {
    aDisk(100_000_000);
    expect(await bytesWritten(SAFARI)).toBe(0);
  });

  it("is done without where twice as much does not fit, and where nothing tells", async () => {
    const files = aDisk(9_600_000);
    expect(await bytesWritten(CHROME)).toBe(0);
    expect(files.size).toBe(0);
    vi.stubGlobal("navigator", {});
    expect(await bytesWritten(CHROME)).toBe(0);
  });

  it("keeps every other write waiting while the file that proves the room may have filled the disk", async () => {
    const files = aDisk(9_600_000);
    const { tablet } = await openWindow();
    const seen: number[] = [];
    const put = IDBObjectStore.prototype.put;
    vi.spyOn(IDBObjectStore.prototype, "put").mockImplementation(function (this: IDBObjectStore, ...args) {
      seen.push(files.size);
      return put.apply(this, args);
    });
    const begun = beginFreshLog(tablet.db, CHROME);
    while (files.size === 0) await Promise.resolve();
    await Promise.all([writeMeta(tablet.db, "saves", 7), writeMeta(tablet.db, "saves", 8), begun]);
    expect(seen).toEqual([0, 0]);
    expect(await tablet.db.get("meta", "saves")).toBe(8);
    vi.restoreAllMocks();
  });

  it("keeps nobody waiting for a browser that does not answer", async () => {
    const never = new Promise<never>(() => undefined);
    vi.stubGlobal("navigator", { storage: { getDirectory: () => never } });
    const { tablet } = await openWindow();
    void beginFreshLog(tablet.db, CHROME, 20);
    await writeMeta(tablet.db, "saves", 9);
    expect(await tablet.db.get("meta", "saves")).toBe(9);
  });

  it("is done without where the store takes nothing", async () => {
    aDisk(100_000_000);
    const { tablet } = await openWindow();
    vi.spyOn(tablet.db, "transaction").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await expect(beginFreshLog(tablet.db, CHROME)).resolves.toBeUndefined();
  });
});

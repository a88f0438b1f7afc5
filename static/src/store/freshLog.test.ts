import "fake-indexeddb/auto";
import { describe, expect, it, vi } from "vitest";
import { beginFreshLog } from "./freshLog";
import { chunkRange } from "./photos";
import { openWindow } from "./testing";

const CHROME = "Mozilla/5.0 (Linux; Android 15) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Safari/537.36";
const SAFARI =
  "Mozilla/5.0 (iPad; CPU OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1";

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
  it("takes more than LevelDB holds in memory, and leaves nothing behind", async () => {
    expect(await bytesWritten(CHROME)).toBeGreaterThan(4 * 1024 * 1024);
  });

  it("is of no use where IndexedDB is no LevelDB", async () => {
    expect(await bytesWritten(SAFARI)).toBe(0);
  });

  it("is done without where there is no room for it", async () => {
    const { tablet } = await openWindow();
    vi.spyOn(tablet.db, "transaction").mockImplementation(() => {
      throw new DOMException("full", "QuotaExceededError");
    });
    await expect(beginFreshLog(tablet.db, CHROME)).resolves.toBeUndefined();
  });
});

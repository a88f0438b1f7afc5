import "fake-indexeddb/auto";
import { afterEach, expect, it, vi } from "vitest";
import { SHARED } from "../sync/testServer";
import { openPage, VISIT } from "./testing";

afterEach(() => vi.unstubAllGlobals());

it("says what is taken anew and what is sent again, and nothing when all is as it should be", async () => {
  const page = await openPage();
  const { catchUp } = await import("./catchup");
  await page.record(SHARED, [
    { e: VISIT, f: "status", v: "INNE", seen: page.heads(page.entity(SHARED, VISIT), "status") },
  ]);
  await page.sync();
  expect(catchUp.value).toEqual({ fetching: null, resending: 0 });

  const [row] = [...page.memory.commits.values()];
  if (!row?.result) throw new Error("the commit was acknowledged");
  const { result: _result, ...again } = row;
  page.memory.committed([again]);
  expect(catchUp.value.resending).toBe(1);
  page.memory.committed([{ ...again, pruned: true }]);
  expect(catchUp.value.resending).toBe(0);

  const stream = page.memory.streams.get(SHARED);
  if (!stream) throw new Error("the stream is here");
  page.memory.streams.set(SHARED, { ...stream, reset: true });
  page.memory.announceStatus();
  expect(catchUp.value.fetching).toEqual({ done: page.memory.streams.size - 1, total: page.memory.streams.size });
});

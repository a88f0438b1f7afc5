import { expect, it, vi } from "vitest";

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const NOW = 1_792_310_400_000;

/** A writer that has written nothing yet. */
async function writer() {
  vi.resetModules();
  return import("./ids");
}

it("makes UUIDv7 of the moment", async () => {
  const { newId } = await writer();
  const id = newId(NOW);
  expect(id).toMatch(UUID7);
  expect(Number.parseInt(id.replace("-", "").slice(0, 12), 16)).toBe(NOW);
});

it("rises even when the clock goes back or stands still", async () => {
  const { newId } = await writer();
  const ids = [NOW, NOW, NOW - 86_400_000, 0, NOW + 1].map((now) => newId(now));
  expect(ids).toEqual([...ids].sort());
  expect(new Set(ids).size).toBe(5);
  expect(ids.every((id) => UUID7.test(id))).toBe(true);
});

it("is above everything it replaces, from whatever clock", async () => {
  const { newId } = await writer();
  const future = "01ffffff-ffff-7fff-bfff-ffffffffffff";
  const id = newId(NOW, ["0192f000-0001-7000-8000-000000000000", future]);
  expect(id > future).toBe(true);
  expect(id).toMatch(UUID7);
});

it("is not the same on two tablets behind the same fast clock", async () => {
  const future = "01ffffff-ffff-7fff-bfff-ffffffffffff";
  const taken = [(await writer()).newId(NOW, [future]), (await writer()).newId(NOW, [future])];
  expect(taken[0]).not.toBe(taken[1]);
});

it("is not carried to the end of the number space by a hostile id", async () => {
  const { newId } = await writer();
  expect(newId(NOW, ["ffffffff-ffff-7fff-bfff-ffffffffffff"]) < "0200").toBe(true);
  expect(newId(NOW, ["ffffffff-ffff-7fff-bfff-fffffffffffe"])).toBe("ffffffff-ffff-7fff-bfff-ffffffffffff");
  expect(newId(NOW) < "0200").toBe(true);
});

it("continues after what this writer used before a restart", async () => {
  const { continueAfter, newId } = await writer();
  continueAfter("01aaaaaa-0000-7000-8000-000000000000");
  continueAfter("ffffffff-ffff-7fff-bfff-ffffffffffff");
  expect(newId(NOW) > "01aaaaaa-0000-7000-8000-000000000000").toBe(true);
});

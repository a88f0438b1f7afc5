import { expect, it } from "vitest";
import { byConcern, LOW_BYTES, SILENT_MS, tabletOf, watchOf } from "./concern";
import { device } from "./testing";

const HOUR = 3_600_000;
const start = 100 * HOUR;
const end = start + 7 * HOUR;
const live = watchOf("PAGAR", start, end);
const after = watchOf("EFTER", start, end);
const now = start + HOUR;

it("calls a tablet silent after five minutes, not before", () => {
  expect(tabletOf(device({ last_seen: now - SILENT_MS }), live, now).concern).toBe("ok");
  expect(tabletOf(device({ last_seen: now - SILENT_MS - 1 }), live, now).concern).toBe("silent");
});

it("doubts the totals while a tablet is silent or holds something", () => {
  const tablets = [
    tabletOf(device({ id: "fine", last_seen: now }), live, now),
    tabletOf(device({ id: "photos", last_seen: now, pending_blobs: 1 }), live, now),
    tabletOf(device({ id: "silent", last_seen: now - HOUR }), live, now),
  ];
  expect(tablets.filter((tablet) => tablet.doubtful).map(({ device: { id } }) => id)).toEqual(["photos", "silent"]);
});

it("does not expect a word from a tablet that was not there, unless it holds something", () => {
  const old = { last_seen: start - 24 * HOUR };
  expect(tabletOf(device(old), live, now)).toMatchObject({ concern: "unused", silent: false });
  expect(tabletOf(device({ ...old, pending_changes: 1 }), live, now)).toMatchObject({
    concern: "silent",
    holding: true,
  });
});

it("still doubts after the evening whoever fell silent during it", () => {
  const late = end + 48 * HOUR;
  expect(tabletOf(device({ last_seen: end - 1 }), after, late).concern).toBe("silent");
  expect(tabletOf(device({ last_seen: end + 1 }), after, late).concern).toBe("quiet");
  expect(tabletOf(device({ last_seen: end + 1, pending_changes: 2 }), after, late).concern).toBe("holds");
});

it("tells what is on its way in from what stays behind", () => {
  const holding = (oldest: number | null) =>
    tabletOf(device({ last_seen: now, pending_changes: 2, oldest }), live, now);
  expect(holding(5)).toMatchObject({ concern: "sends", doubtful: true });
  expect(holding(60)).toMatchObject({ concern: "holds", doubtful: true });
  expect(holding(null).concern).toBe("holds");
});

it("does not doubt an evening for what was written after it", () => {
  const late = end + 48 * HOUR;
  const holding = (oldest: number | null) => device({ last_seen: late, pending_changes: 1, oldest });
  expect(tabletOf(holding(3600), after, late)).toMatchObject({ holding: true, doubtful: false });
  expect(tabletOf(holding(49 * 3600), after, late).doubtful).toBe(true);
  expect(tabletOf(holding(null), after, late).doubtful).toBe(true);
  expect(tabletOf(holding(3600), live, now).doubtful).toBe(true);
});

it("asks nothing of tablets before the evening", () => {
  const before = watchOf("BESLUT", start, end);
  expect(tabletOf(device({ last_seen: 0 }), before, start - HOUR)).toMatchObject({ silent: false, concern: "quiet" });
});

it("warns of low storage only where it is known", () => {
  const free = (n: number | null) => tabletOf(device({ last_seen: now, free: n }), live, now).concern;
  expect([free(LOW_BYTES - 1), free(LOW_BYTES), free(null)]).toEqual(["full", "ok", "ok"]);
});

it("puts the most worrying first: silent with work, silent, holding, low, fine", () => {
  const tablets = [
    device({ id: "fine", last_seen: now }),
    device({ id: "low", last_seen: now, free: 1 }),
    device({ id: "holding", last_seen: now, pending_changes: 1 }),
    device({ id: "silent", last_seen: now - 2 * HOUR }),
    device({ id: "silent with work", last_seen: now - HOUR, pending_changes: 3 }),
  ].map((each) => tabletOf(each, live, now));
  const order = byConcern(tablets).map(({ device: { id } }) => id);
  expect(order).toEqual(["silent with work", "silent", "holding", "low", "fine"]);
});

it("lets an evening end after midnight", () => {
  expect(watchOf("PAGAR", start, start - 20 * HOUR).end).toBe(start + 4 * HOUR);
});

it("names a tablet whose store is gone: with what it held before all others, without it among the last", () => {
  const lost = (changes: number) => device({ last_seen: now - HOUR, lost: { at: now - HOUR, changes, blobs: 0 } });
  expect(tabletOf(lost(3), live, now)).toMatchObject({ concern: "lost", doubtful: true, silent: false });
  expect(tabletOf(lost(0), live, now)).toMatchObject({ concern: "emptied", doubtful: false });
  const silent = device({ id: "silent", last_seen: now - HOUR, pending_changes: 9 });
  const order = byConcern([lost(0), silent, lost(3)].map((each) => tabletOf(each, live, now)));
  expect(order.map(({ concern }) => concern)).toEqual(["lost", "silent", "emptied"]);
});

it("does not doubt an evening for a store lost before it, or for what was written after it", () => {
  const lost = (at: number, oldest: number) => device({ last_seen: at, oldest, lost: { at, changes: 2, blobs: 0 } });
  expect(tabletOf(lost(start - 48 * HOUR, 60), live, now).doubtful).toBe(false);
  expect(tabletOf(lost(end + 48 * HOUR, 3600), after, end + 50 * HOUR).doubtful).toBe(false);
  expect(tabletOf(lost(end + 48 * HOUR, 49 * 3600), after, end + 50 * HOUR).doubtful).toBe(true);
});

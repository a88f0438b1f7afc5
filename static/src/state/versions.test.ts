import "fake-indexeddb/auto";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../domain/json";
import type { Problem } from "../domain/problem";
import { linesOf, versionHash, versionIds } from "../domain/versions";
import { openTablet, type TestTablet } from "../sync/testing";
import { OP, SHARED } from "../sync/testServer";
import { openPage, type Page, VISIT } from "./testing";

const SUBMISSION = `submission_${OP}`;
const APPROVAL = `approval_${OP}`;
let page: Page;
let bo: TestTablet;

beforeEach(async () => {
  page = await openPage();
  bo = await openTablet(page.server, "bo");
  await bo.round();
});
afterEach(() => vi.unstubAllGlobals());

const set = (f: string, v: Json) => {
  const seen = page.heads(page.entity(SHARED, VISIT), f);
  return page.record(SHARED, [{ e: VISIT, f, v, seen }]);
};
const version = () => page.versionOf(SHARED, VISIT);
const codeOf = (work: Promise<unknown>) =>
  work.then(
    () => "done",
    (error: Problem) => error.code,
  );
const submit = () => page.submit(OP, VISIT, SHARED);
const approve = () => page.approve(OP, VISIT, SHARED);

async function foreign(f: string, v: Json): Promise<void> {
  await bo.round();
  await bo.write(SHARED, VISIT, f, v);
  await bo.round();
}

/** What the server holds of the visit up to an entry: what an approval must come to. */
function hashAt(seq: number): string {
  const world = Object.entries(page.server.stream(SHARED).world);
  return versionHash(linesOf(world, VISIT).filter(({ head }) => (head[5] ?? 0) <= seq));
}

describe("a submission", () => {
  it("names what was on the screen, unsent or not", async () => {
    await set("status", "KLART");
    await submit();
    const of = page.value(page.entity(SHARED, SUBMISSION), "of") as { ids: string[]; hash: string; visit: string };
    const lines = linesOf(
      page.allEntities(SHARED).map((e) => [e.id, e.cells] as const),
      VISIT,
    );
    expect(of).toEqual({ visit: VISIT, ids: versionIds(lines), hash: versionHash(lines) });
    expect(of.ids).toHaveLength(1);
    expect(version()).toMatchObject({ submitted: { by: expect.stringMatching(/^a_/) }, late: [], approved: null });
  });

  it("leaves as late what came after it, until it is submitted again", async () => {
    await submit();
    await page.sync();
    await foreign("persons", 7);
    await page.sync();
    await set("team", "L1");
    expect(
      version()
        .late.map(({ field }) => field)
        .sort(),
    ).toEqual(["persons", "team"]);
    await submit();
    expect(version().late).toEqual([]);
  });

  it("of nothing, or of too much, is refused", async () => {
    const nowhere = "visit_0192f000-0000-7000-8000-00000000dead";
    expect(await codeOf(page.submit(OP, nowhere, SHARED))).toBe("empty");
    const writes = Array.from({ length: 1_600 }, (_, i) => ({ e: VISIT, f: `f${i}`, v: i, seen: [] }));
    await page.record(SHARED, writes);
    expect(await codeOf(submit())).toBe("too_many");
  });
});

describe("an approval", () => {
  it("names the version of the replica, once own changes are in it", async () => {
    await set("status", "KLART");
    expect(await codeOf(approve())).toBe("unsent");
    await page.sync();
    expect(page.approvalProblem(SHARED, VISIT)).toBeNull();
    await approve();
    const seq = page.server.stream(SHARED).head;
    const of = page.value(page.entity(SHARED, APPROVAL), "of");
    expect(of).toEqual({ visit: VISIT, seq, hash: hashAt(seq) });
    expect(version()).toMatchObject({ approved: { seq }, unapproved: [] });
  });

  it("waits for a replica that is behind, or whose own change has its result and no place yet", async () => {
    await foreign("persons", 7);
    page.server.faults.drop = (call) => call.startsWith("GET /changes");
    await page.sync();
    expect(await codeOf(approve())).toBe("behind");
    page.server.faults.drop = () => false;
    await page.sync();
    expect(await codeOf(approve())).toBe("done");
  });

  it("shows what came in between as not approved, and what is held since as amendments", async () => {
    await approve();
    await foreign("persons", 7);
    await page.sync();
    expect(version().unapproved.map(({ field }) => field)).toEqual(["persons"]);
    page.server.faults.judge = ({ f }) => (f === "team" ? { verdict: "held", code: "after_approval" } : null);
    await set("team", "L1");
    await page.sync();
    expect(version().amendments).toMatchObject([{ entity: VISIT, field: "team", mine: true }]);
    expect(version().unapproved.map(({ field }) => field)).toEqual(["persons"]);
    await foreign("team", "L2");
    await page.refreshHeld();
    expect(version().amendments).toMatchObject([{ mine: true }, { entity: VISIT, field: "team", mine: false }]);
  });

  it("of what the server does not have does not count, until it is given again", async () => {
    page.server.faults.judge = ({ f }) => (f === "of" ? { verdict: "held", code: "stale_approval" } : null);
    await approve();
    expect(version()).toMatchObject({ approved: { by: expect.any(String) }, stale: false });
    await page.sync();
    expect(version()).toMatchObject({ approved: null, unapproved: [], stale: true });
    page.server.faults.judge = () => null;
    await approve();
    await page.sync();
    expect(version()).toMatchObject({ approved: { by: expect.any(String) }, unapproved: [], stale: false });
  });

  it.each([0, 99])("that names place %i of a lost log covers what stood before itself", async (seq) => {
    await set("status", "KLART");
    await page.sync();
    const hash = hashAt(page.server.stream(SHARED).head);
    await bo.round();
    await bo.write(SHARED, APPROVAL, "of", { visit: VISIT, seq, hash });
    await bo.round();
    await page.sync();
    expect(version()).toMatchObject({ approved: { seq }, unapproved: [] });
    await foreign("persons", 7);
    await page.sync();
    expect(version().unapproved.map(({ field }) => field)).toEqual(["persons"]);
  });

  it("is lifted, and given again", async () => {
    await approve();
    await page.sync();
    await page.withdrawApproval(OP, VISIT, SHARED, "wrong visit");
    expect(version().approved).toBeNull();
    await page.sync();
    await set("persons", 9);
    await page.sync();
    await approve();
    const seq = page.memory.streams.get(SHARED)?.cursor;
    expect(version()).toMatchObject({ approved: { seq }, unapproved: [] });
    await page.sync();
    expect(page.server.stream(SHARED).world[APPROVAL]?.["@"]?.map((h) => h[1])).toEqual([null]);
    expect(page.server.stream(SHARED).world[APPROVAL]?.of).toHaveLength(1);
  });
});

import "fake-indexeddb/auto";
import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { openTablet, settle, type TestTablet } from "../sync/testing";
import { SHARED } from "../sync/testServer";
import { openPage, type Page, VISIT } from "./testing";

let page: Page;
let bo: TestTablet;

beforeEach(async () => {
  page = await openPage();
  page.server.roles.set("anna", "LAGLED");
  await page.sync();
  bo = await openTablet(page.server, "bo");
  await bo.round();
  page.server.faults.judge = ({ f }) => (f === "team" ? { verdict: "held", code: "unknown_field" } : null);
});
afterEach(() => vi.unstubAllGlobals());

async function heldByBo(v: string): Promise<void> {
  await bo.write(SHARED, VISIT, "team", v);
  await bo.round();
}

describe("what waits for a decision", () => {
  it("is asked for while somebody looks, and leaves the list with the decision, sent or not", async () => {
    await heldByBo("L1");
    const seen: number[] = [];
    const stop = effect(() => void seen.push(page.heldForDecision.value.length));
    await vi.waitFor(() => expect(seen.at(-1)).toBe(1));
    const [item] = page.heldForDecision.value;
    expect(item).toMatchObject({ code: "unknown_field", user: { id: "bo" }, change: { f: "team", v: "L1" } });
    page.server.faults.down = true;
    if (item) await page.decide(item, true, "asked him");
    expect(seen.at(-1)).toBe(0);
    await page.refreshHeld();
    expect(page.heldForDecision.value).toEqual([]);
    page.server.faults.down = false;
    await page.sync();
    await settle(bo);
    expect(bo.values(SHARED, VISIT, "team")).toEqual(["L1"]);
    expect(page.decisionAbout(SHARED, item?.change.id ?? "")).toMatchObject({ admit: true, reason: "asked him" });
    stop();
  });

  it("is for deciders who write there", () => {
    expect(page.mayDecide(SHARED)).toBe(true);
    page.session.value = {
      ...page.session.value,
      user: { id: "anna", name: "", authority: "POL", role: "INSP" },
    } as never;
    expect(page.mayDecide(SHARED)).toBe(false);
    expect(page.mayDecide("ref")).toBe(false);
  });
});

describe("what was decided about one's own", () => {
  async function decideAs(admit: boolean): Promise<void> {
    for (const { stream, commit, change } of (await bo.engine.sync.api.held()).held)
      await bo.write(stream, `admission_${change.id}`, "verdict", { commit, admit, reason: "because" });
    await bo.round();
    await page.sync();
  }

  beforeEach(async () => {
    await page.record(SHARED, [{ e: VISIT, f: "team", v: "L1", seen: [] }]);
    await page.sync();
    expect(page.status.value.held).toMatchObject([{ state: "held", code: "unknown_field" }]);
  });

  it("turns the item, and is told with its reason", async () => {
    await decideAs(false);
    expect(page.ownDecisions.value).toMatchObject([
      { stream: SHARED, entity: VISIT, field: "team", verdict: "denied", reason: "because" },
    ]);
    expect(page.items.value[0]).toMatchObject({
      state: "rejected",
      code: "denied",
      decision: "denied",
      reason: "because",
    });
    expect([page.status.value.held, page.status.value.rejected]).toEqual([[], []]);
    expect(page.heads(page.entity(SHARED, VISIT), "team")).toEqual([]);
  });

  it("leaves an admitted change received like any other", async () => {
    await decideAs(true);
    expect(page.items.value[0]).toMatchObject({ state: "received", decision: "admitted" });
    expect(page.isPending(page.entity(SHARED, VISIT), "team")).toBe("received");
    expect(page.value(page.entity(SHARED, VISIT), "team")).toBe("L1");
  });
});

import "fake-indexeddb/auto";
import { effect } from "@preact/signals";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Problem } from "../domain/problem";
import { openTablet } from "../sync/testing";
import { OP, POL, SHARED } from "../sync/testServer";
import { openPage, type Page, plant, VISIT } from "./testing";

let page: Page;

beforeEach(async () => {
  page = await openPage();
});
afterEach(() => vi.unstubAllGlobals());

const set = (f: string, v: string) => {
  const seen = page.heads(page.entity(SHARED, VISIT), f);
  return page.record(SHARED, [{ e: VISIT, f, v, seen }]);
};

describe("reading", () => {
  it("follows the stream that was read, and no other", async () => {
    const read: unknown[] = [];
    let other = 0;
    const stop = effect(() => void read.push(page.value(page.entity(SHARED, VISIT), "status")));
    const stopOther = effect(() => {
      page.entity(POL, "photo_1");
      other += 1;
    });
    await set("status", "INNE");
    expect(read).toEqual(["PLANERAT", "INNE"]);
    expect(other).toBe(1);
    stop();
    stopOther();
  });

  it("knows the evening, its code lists and the newest templates", () => {
    const [op] = page.operations.value;
    expect(op).toMatchObject({
      id: OP,
      number: 3,
      date: "2018-05-25",
      status: "PAGAR",
      authorities: ["POL"],
      teams: [],
    });
    expect(page.operationId.value).toBe(OP);
    expect([page.shared(OP), page.own(OP), page.plan(OP)]).toEqual([SHARED, POL, `op/${OP}/plan`]);
    expect(page.code("offences", "NARK_INNEHAV")?.press).toBe("NARK");
    expect(page.code("offences", "constructor")).toBeUndefined();
    expect(page.codes("offences").map((c) => c.id)).toEqual(["SPEL_OLOVLIG", "NARK_INNEHAV"]);
    expect(page.answerSet("yn").map((c) => c.id)).toEqual(["JA", "NEJ"]);
    expect(page.template("ALK@9")).toMatchObject({ ref: "ALK@9", id: "ALK", version: 9, share: "EGEN" });
    expect(page.templatesFor("POL", "BAR").map((t) => t.ref)).toEqual(["ALK@10", "ANK@1"]);
    expect(page.templatesFor("POL", "KIOSK").map((t) => t.ref)).toEqual(["ANK@1"]);
    expect(page.templatesFor("SKV", "BAR")).toEqual([]);
  });

  it("chooses the newest evening that is not over", async () => {
    const later = OP.replace(/1$/, "2");
    page.server.members.set("anna", { ref: "reader", [SHARED]: "writer", [`op/${later}/shared`]: "writer" });
    plant(page.server, `op/${later}/shared`, {
      [`operation_${later}`]: { date: "2018-09-01", status: "UTV", title: { sv: "", en: "" } },
    });
    await page.sync();
    expect(page.operations.value.map((op) => op.id)).toEqual([later, OP]);
    expect(page.operationId.value).toBe(OP);
    page.operationId.value = later;
    await set("status", "INNE");
    expect(page.operationId.value).toBe(later);
  });

  it("names actors: mine at once, the others as the server says", async () => {
    const mine = [...page.memory.actors.keys()][0] ?? "";
    expect(page.actorName(SHARED, mine)).toEqual({ name: "anna", authority: "POL", device: "Platta 1" });
    expect(page.actorName(POL, "a_bo")).toBeUndefined();
    const bo = await openTablet(page.server, "bo");
    await bo.round();
    await bo.write(SHARED, "actor_a_bo", "name", "Bo");
    await bo.round();
    await page.sync();
    expect(page.actorName(POL, "a_bo")).toEqual({ name: "Bo", authority: "", device: "" });
  });

  it("tells the digest of a replica as the server does", async () => {
    await set("status", "INNE");
    await page.sync();
    expect(page.replicaDigest(SHARED)).toEqual({
      seq: page.server.stream(SHARED).head,
      digest: page.server.digest(SHARED),
    });
  });
});

describe("what is said of a change", () => {
  const said = () => page.isPending(page.entity(SHARED, VISIT), "status");

  it("goes from this tablet to received to backed up", async () => {
    expect(said()).toBe("received");
    await set("status", "INNE");
    expect(said()).toBe("local");
    expect(page.items.value).toMatchObject([{ stream: SHARED, n: null, entities: [VISIT], state: "local" }]);
    expect(page.status.value).toMatchObject({ unsentChanges: 1, unsentPhotos: 0 });
    expect(page.status.value.oldestUnsent).toBeGreaterThan(0);
    await page.sync();
    expect(said()).toBe("received");
    expect(page.items.value).toMatchObject([{ n: 1, state: "received" }]);
    expect(page.status.value).toMatchObject({ unsentChanges: 0, oldestUnsent: null, connected: true, problem: null });
    page.server.makeStable();
    await page.sync();
    expect(said()).toBe("backed-up");
    expect(page.items.value).toMatchObject([{ n: 1, state: "backed-up" }]);
  });

  it("names what a person has to look at, with its reason", async () => {
    page.server.faults.judge = ({ v }) =>
      v === "BAD" ? { verdict: "rejected", code: "schema" } : { verdict: "held", code: "no_authority" };
    await set("status", "INNE");
    await page.sync();
    await page.record(SHARED, [{ e: VISIT, f: "team", v: "BAD", seen: [] }]);
    await page.sync();
    expect(said()).toBe("held");
    expect(page.status.value.held).toMatchObject([{ n: 1, code: "no_authority" }]);
    expect(page.status.value.rejected).toMatchObject([{ n: 2, code: "schema" }]);
  });

  it("does not call a server reachable that has been silent for half a minute", async () => {
    vi.useFakeTimers({ now: Date.now(), toFake: ["setInterval", "clearInterval", "Date"] });
    const stop = effect(() => void page.status.value);
    expect(page.status.value.connected).toBe(true);
    vi.advanceTimersByTime(36_000);
    expect(page.status.value.connected).toBe(false);
    stop();
    vi.useRealTimers();
  });
});

describe("enrolment", () => {
  it("of another user removes the first one's replicas and delivers what is left", async () => {
    await page.record(POL, [{ e: "note_1", f: "text", v: "of anna", seen: [] }]);
    page.server.members.set("bo", { ref: "reader", [SHARED]: "writer" });
    const real = page.server.fetch;
    const answer = { token: "bo", user: { id: "bo", name: "Bo", authority: "KOM_ALK", role: "OPKO_KOM" } };
    vi.stubGlobal("fetch", (path: string, init: RequestInit) =>
      path.endsWith("/enrol") ? Promise.resolve(Response.json(answer)) : real(path, init),
    );
    expect(page.isSupervisor.value).toBe(false);
    await page.enrol("code", "Platta 2");
    expect(page.session.value).toMatchObject({ user: { id: "bo" }, device: { label: "Platta 2" }, token: "bo" });
    expect(page.isSupervisor.value).toBe(true);
    await page.sync();
    await page.sync();
    page.engine.stop();
    expect(page.entity(POL, "note_1")).toBeUndefined();
    expect(page.streams()).toEqual([SHARED, "ref"].sort());
    expect(JSON.stringify(page.server.stream(POL).log)).toContain("of anna");
    expect(page.items.value).toEqual([]);
  });

  it("with a bad code says so and changes nothing", async () => {
    const refusal = JSON.stringify({ type: "urn:insats:code-invalid", detail: "used" });
    const headers = { "Content-Type": "application/problem+json" };
    vi.stubGlobal("fetch", () => Promise.resolve(new Response(refusal, { status: 401, headers })));
    const error = await page.enrol("code", "x").catch((e: Problem) => e);
    expect(error).toMatchObject({ code: "code-invalid", status: 401, detail: "used" });
    expect(page.session.value?.user.id).toBe("anna");
  });
});

describe("the board", () => {
  it("asks for the tablets while somebody looks", async () => {
    const real = page.server.fetch;
    let asked = 0;
    const tablets = [{ id: "d_1", label: "Platta 1", pending_changes: 3 }];
    vi.stubGlobal("fetch", (path: string, init: RequestInit) => {
      if (!path.endsWith("/devices")) return real(path, init);
      asked += 1;
      return Promise.resolve(Response.json(tablets));
    });
    const stop = effect(() => void page.devices.value);
    await vi.waitFor(() => expect(page.devices.peek()).toEqual(tablets));
    stop();
    expect(asked).toBe(1);
  });
});

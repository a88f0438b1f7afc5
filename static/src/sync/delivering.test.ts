import "fake-indexeddb/auto";
import { beforeEach, describe, expect, it } from "vitest";
import { openTablet, settle, stateOfCell, type TestTablet } from "./testing";
import { POL, SHARED, TestServer } from "./testServer";

const VISIT = "visit_01639815-0000-7000-8000-000000000001";
const NOTE = "note_01639815-0000-7000-8000-000000000001";

let server: TestServer;
let anna: TestTablet;

beforeEach(async () => {
  server = new TestServer();
  for (const user of ["anna", "bo"]) server.members.set(user, { ref: "reader", [SHARED]: "writer", [POL]: "writer" });
  anna = await openTablet(server, "anna");
  await anna.write(SHARED, VISIT, "status", "INNE");
  await settle(anna);
});

async function count(tablet: TestTablet): Promise<number> {
  const names = [...tablet.tablet.db.objectStoreNames].filter((name) => name !== "meta");
  const counts = await Promise.all(names.map((name) => tablet.tablet.db.count(name)));
  return counts.reduce((sum, n) => sum + n, 0);
}

describe("a session that has lapsed", () => {
  it("sends what is recorded, keeps what it has read and asks for nothing", async () => {
    const bo = await openTablet(server, "bo");
    server.rights.set("anna", "lapsed");
    await bo.write(SHARED, VISIT, "team", "L1");
    await anna.write(POL, NOTE, "text", "skrivet efteråt");
    await settle(bo, anna, bo);
    server.calls.length = 0;
    await anna.round();
    expect(server.calls.filter((call) => /changes|snapshot/.test(call))).toEqual([]);
    expect(anna.problem()).toBe("lapsed");
    expect(bo.values(POL, NOTE, "text")).toEqual(["skrivet efteråt"]);
    expect(anna.values(SHARED, VISIT, "status")).toEqual(["INNE"]);
    expect(anna.values(SHARED, VISIT, "team")).toEqual([]);
  });

  it("reads again when somebody has signed in again", async () => {
    server.rights.set("anna", "lapsed");
    await settle(anna);
    server.rights.delete("anna");
    await settle(anna);
    expect(anna.problem()).toBeNull();
    expect(server.calls.at(-1)).toMatch(/hello|changes|missing/);
  });
});

describe("a session that has ended", () => {
  it("delivers everything, whoever recorded it, and then nothing is left of anybody", async () => {
    await anna.write(POL, NOTE, "text", "osänt");
    server.rights.set("anna", "ended");
    expect(await count(anna)).toBeGreaterThan(0);
    await settle(anna);
    const [name] = [...server.state.chains.keys()].filter((key) => key.endsWith(POL));
    expect(name).toBeDefined();
    expect(await count(anna)).toBe(0);
    expect(anna.memory.session).toBeNull();
    expect(anna.memory.view(SHARED, VISIT)).toBeUndefined();
    await expect(anna.write(POL, NOTE, "text", "mer")).rejects.toMatchObject({ code: "not-enrolled" });
  });

  it("is not emptied while the server has not answered for all of it", async () => {
    server.rights.set("anna", "ended");
    server.faults.lose = (call) => call.includes("/commits");
    await anna.write(POL, NOTE, "text", "osänt");
    await settle(anna);
    expect(anna.memory.session).not.toBeNull();
    expect(stateOfCell(anna, POL, NOTE, "text")).toBe("local");
    server.faults.lose = () => false;
    await settle(anna);
    expect(anna.memory.session).toBeNull();
  });

  it("keeps what the server refuses to take into custody", async () => {
    server.rights.set("anna", "ended");
    server.faults.envelope = () => "malformed";
    await anna.write(POL, NOTE, "text", "skadat");
    for (let i = 0; i < 12; i++) await anna.round();
    expect(anna.memory.session).not.toBeNull();
    expect(anna.problem()).toBe("ended");
    expect(stateOfCell(anna, POL, NOTE, "text")).toBe("rejected");
  });
});

describe("who is let in again", () => {
  it("signs with a key that is trusted", async () => {
    const [old] = [...anna.memory.actors.keys()];
    server.revoked.add(old ?? "");
    await anna.write(POL, NOTE, "text", "efter återkomsten");
    await settle(anna);
    const actors = [...anna.memory.actors.values()];
    expect(actors.map((a) => [a.id === old, a.retired, a.registered])).toContainEqual([true, true, true]);
    expect(actors.filter((a) => !a.retired && a.registered)).toHaveLength(1);
    await settle(anna);
    expect([...anna.memory.actors.values()]).toHaveLength(2);
    expect(stateOfCell(anna, POL, NOTE, "text")).toBe("received");
  });
});

import "fake-indexeddb/auto";
import { afterEach, describe, expect, it, vi } from "vitest";
import { stash } from "../store/rescue";
import { webStorage } from "../store/testing";

interface Sent {
  readonly code: string;
  readonly device: { id: string; label: string; lost?: { id: string; label: string } };
}

/** The app starts on a tablet with this web storage and, where `forgets`, an empty database. */
async function start(web: Storage, forgets: boolean) {
  vi.resetModules();
  if (forgets) vi.stubGlobal("indexedDB", new (await import("fake-indexeddb")).IDBFactory());
  const sent: Sent[] = [];
  const user = { id: "anna", name: "Anna", authority: "POL", role: "INSP" };
  vi.stubGlobal("localStorage", web);
  vi.stubGlobal("document", { addEventListener: () => undefined, visibilityState: "visible" });
  vi.stubGlobal("addEventListener", () => undefined);
  vi.stubGlobal("setInterval", () => 0);
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (!path.endsWith("/enrol")) throw new TypeError("offline");
    sent.push(JSON.parse(new TextDecoder().decode(init.body as Uint8Array)) as Sent);
    return Response.json({ token: "t", user });
  });
  const session = await import("./session");
  const loss = await import("./loss");
  const tablet = await import("./tablet");
  await session.start();
  const leave = () => {
    tablet.running().engine.stop();
    tablet.running().tablet.db.close();
  };
  return { ...session, ...loss, sent, leave, memory: tablet.memory };
}

afterEach(() => vi.unstubAllGlobals());

describe("a tablet's store", () => {
  it("that is lost is noticed by what lies outside it, and the server is told who this was", async () => {
    const web = webStorage();
    const first = await start(web, true);
    expect(first.lostStore.value).toBeNull();
    await first.enrol("CODE", "Platta 7");
    expect(first.sent[0]?.device.lost).toBeUndefined();
    const { id } = first.sent[0]?.device ?? { id: "" };
    first.leave();

    const same = await start(web, false);
    expect(same.lostStore.value).toBeNull();
    same.leave();

    const emptied = await start(web, true);
    expect(emptied.session.value).toBeNull();
    expect(emptied.lostStore.value).toMatchObject({ id, label: "Platta 7", enrolled: expect.any(Number) });
    await emptied.enrol("CODE2", "Platta 7b");
    expect(emptied.sent[0]?.device).toMatchObject({ label: "Platta 7b", lost: { id, label: "Platta 7" } });
    expect(emptied.sent[0]?.device.id).not.toBe(id);
    expect(emptied.lostStore.value).toBeNull();
    emptied.leave();

    const later = await start(web, false);
    expect(later.lostStore.value).toBeNull();
    later.leave();
  });

  it("is not called lost by a code that was not accepted, and stays lost after it", async () => {
    const web = webStorage();
    web.setItem("insats.device", JSON.stringify({ id: "d_1", label: "Platta 1", enrolled: 5 }));
    const page = await start(web, true);
    vi.stubGlobal("fetch", async () => new Response("", { status: 502 }));
    await expect(page.enrol("X", "Platta 1")).rejects.toMatchObject({ code: "offline" });
    expect(page.lostStore.value).toEqual({ id: "d_1", label: "Platta 1", enrolled: 5 });
    page.leave();
    const again = await start(web, false);
    expect(again.lostStore.value).toMatchObject({ id: "d_1" });
    again.leave();
  });

  it("is not missed where web storage is damaged or closed", async () => {
    const web = webStorage();
    web.setItem("insats.device", "{");
    const page = await start(web, true);
    expect(page.lostStore.value).toBeNull();
    web.setItem = () => {
      throw new DOMException("closed", "SecurityError");
    };
    await page.enrol("CODE", "Platta 1");
    expect(page.session.value?.device.label).toBe("Platta 1");
    page.leave();
  });
});

describe("what was being recorded when the database was lost", () => {
  it("is recorded by the next start, which says so; a photo has to be taken again", async () => {
    const web = webStorage();
    const first = await start(web, true);
    await first.enrol("CODE", "Platta 7");
    const actor = [...first.memory.actors.keys()][0] ?? "";
    first.leave();
    const change = { id: "0192f000-0000-7000-8000-000000000009", e: "visit_1", f: "status", v: "INNE", at: 1 };
    stash(web, { rows: [{ change, stream: "op/1/shared", actor, saved: 1 }], isPhoto: false });
    stash(web, { rows: [{ change: { ...change, id: "x" }, stream: "op/1/POL", actor, saved: 1 }], isPhoto: true });
    const again = await start(web, false);
    expect(again.rescued.value).toEqual({ recordings: 1, photos: 1 });
    expect(again.memory.own.get(change.id)?.change.v).toBe("INNE");
    again.leave();
    const third = await start(web, false);
    expect(third.rescued.value).toBeNull();
    third.leave();
  });
});

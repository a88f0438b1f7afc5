/** The state modules as one page has them, fresh for each test, on a server in memory. */
import { vi } from "vitest";
import { hex, unhex } from "../domain/bytes";
import { nextChain } from "../domain/commit";
import type { Json } from "../domain/json";
import type { Cells } from "../domain/merge";
import { strictly } from "../store/transaction";
import { createActor } from "../sync/actor";
import { OP, POL, SHARED, TestServer } from "../sync/testServer";

export const VISIT = `visit_${OP}`;

const words = (id: string, more: Record<string, Json> = {}) => ({ id, sv: id, en: id, ...more });

/** What the server's `ref` stream holds: enough code lists and templates for the tests. */
const REF: Record<string, Record<string, Json>> = {
  codelist_offences: { items: [words("SPEL_OLOVLIG", { press: "SPEL" }), words("NARK_INNEHAV", { press: "NARK" })] },
  codelist_answer_sets: { items: { yn: [words("JA"), words("NEJ")] } },
  "template_ALK@1": {
    sv: "Alkohol",
    en: "Alcohol",
    authorities: ["KOM_ALK", "POL"],
    premises: ["BAR"],
    share: "EGEN",
    questions: [],
  },
  "template_ALK@10": {
    sv: "Alkohol",
    en: "Alcohol",
    authorities: ["KOM_ALK", "POL"],
    premises: ["BAR"],
    share: "EGEN",
    questions: [],
  },
  "template_ALK@9": {
    sv: "Alkohol",
    en: "Alcohol",
    authorities: ["KOM_ALK", "POL"],
    premises: ["BAR"],
    share: "EGEN",
    questions: [],
  },
  "template_ANK@1": {
    sv: "Ankomst",
    en: "Arrival",
    authorities: ["POL"],
    premises: ["ANY"],
    share: "GEM",
    questions: [],
  },
};

/** Puts entities on the server as if somebody had written them long ago; tablets get them by snapshot. */
export function plant(server: TestServer, stream: string, entities: Record<string, Record<string, Json>>): void {
  const target = server.stream(stream);
  for (const [e, fields] of Object.entries(entities)) {
    const cells: Cells = target.world[e] ?? {};
    for (const [f, v] of Object.entries(fields))
      cells[f] = [
        [`0192e000-0000-7000-8000-${String(target.head).padStart(12, "0")}`, v, "a_other", 1, 1, target.head + 1],
      ];
    target.world[e] = cells;
    target.head += 1;
    target.chain = `sha256:${hex(nextChain(unhex(target.chain.slice(7)), ""))}`;
    target.log.push({ r: "", h: "", b: "", s: "" });
  }
}

export async function openPage(user = "anna") {
  vi.resetModules();
  vi.stubGlobal("indexedDB", new (await import("fake-indexeddb")).IDBFactory());
  const server = new TestServer();
  server.members.set("anna", { ref: "reader", [SHARED]: "writer", [POL]: "writer" });
  server.members.set("bo", { ref: "reader", [SHARED]: "writer" });
  plant(server, "ref", REF);
  plant(server, SHARED, {
    [`operation_${OP}`]: {
      number: 3,
      title: words("Insats"),
      date: "2018-05-25",
      status: "PAGAR",
      authorities: ["POL"],
    },
    [VISIT]: { status: "PLANERAT" },
  });
  vi.stubGlobal("fetch", server.fetch);
  const page = await import("./tablet");
  const { tablet, engine } = await page.open();
  await enrolAs(tablet, user);
  await engine.round("start");
  const state = {
    ...(await import("./replica")),
    ...(await import("./operation")),
    ...(await import("./recording")),
    ...(await import("./photos")),
    ...(await import("./status")),
    ...(await import("./board")),
    ...(await import("./session")),
    ...(await import("./decisions")),
    ...(await import("./versions")),
    ...(await import("./courier")),
  };
  return { server, tablet, engine, memory: page.memory, sync: () => engine.round("person"), ...state };
}

async function enrolAs(tablet: Parameters<typeof createActor>[0], user: string): Promise<void> {
  const person = { id: user, name: "Anna Ek", authority: "POL", role: "INSP" };
  const session = { user: person, device: { id: "d_1", label: "Platta 1" }, token: user };
  await strictly(tablet.db, ["meta"], (tx) => tx.objectStore("meta").put(session, "session"));
  await tablet.memory.loadOwn(tablet.db);
  await createActor(tablet, user);
}

export type Page = Awaited<ReturnType<typeof openPage>>;

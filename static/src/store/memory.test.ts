import "fake-indexeddb/auto";
import { expect, it } from "vitest";
import type { Head } from "../domain/merge";
import type { CommitRow, StreamRow } from "./schema";
import { openWindow, STREAM } from "./testing";

const id = (n: number) => `0192f000-${n.toString(16).padStart(4, "0")}-7000-8000-000000000000`;
const head = (n: number, v: string): Head => [id(n), v, "a_other", n, n, n];
const stream = (cursor: number): StreamRow => ({
  stream: STREAM,
  role: "writer",
  head: cursor,
  cursor,
  chain: "",
  reset: false,
});

function commit(n: number, v: string, more: Partial<CommitRow> = {}): CommitRow {
  const change = { id: id(n), e: "visit_1", f: "status", v, at: n };
  const b = `${JSON.stringify(change)}\n`;
  return {
    actor: "a",
    stream: STREAM,
    n,
    hash: `h${n}`,
    h: "",
    b,
    s: "",
    sealed: n,
    at: n,
    count: 1,
    entities: ["visit_1"],
    ...more,
  };
}

it("lays own commits over the replica until it has come to where they lie", async () => {
  const { memory, shown } = await openWindow();
  memory.pulled(stream(1), new Map([["visit_1", { status: [head(1, "PAVAG")] }]]));
  const result = { seq: 3, received: 0, forked: false, changes: {} };
  memory.committed([commit(2, "INNE", { result, placed: { seq: 3, skip: [] } })]);
  expect(shown("visit_1", "status")).toEqual(["PAVAG", "INNE"]);
  // By the time the replica stands at 3, somebody has replaced both, in entries that touch the entity only at 2.
  memory.pulled(stream(2), new Map([["visit_1", { status: [head(5, "KLART")] }]]));
  expect(shown("visit_1", "status")).toEqual(["INNE", "KLART"]);
  memory.pulled(stream(3), new Map());
  expect(shown("visit_1", "status")).toEqual(["KLART"]);
});

it("does not let an older picture of the store replace a newer one", async () => {
  const { tablet, memory, write, shown } = await openWindow();
  const reading = memory.loadOwn(tablet.db);
  await write("visit_1", "status", "INNE");
  await reading;
  expect(shown("visit_1", "status")).toEqual(["INNE"]);
});

it("tells who listens which stream changed, also one that is gone", async () => {
  const { tablet, memory, write } = await openWindow();
  const told: string[] = [];
  memory.listen({ stream: (name) => told.push(name), status: () => undefined });
  await write("visit_1", "status", "INNE");
  expect(told).toEqual([STREAM]);
  await tablet.db.delete("replicas", STREAM);
  told.length = 0;
  await memory.load(tablet.db);
  expect(told).toContain(STREAM);
  expect(memory.view(STREAM, "visit_1")).toBeUndefined();
});

it("lists entities of a kind by id, own ones that nobody else has included", async () => {
  const { memory, write } = await openWindow();
  memory.pulled(stream(1), new Map([["visit_2", { status: [head(1, "PAVAG")] }]]));
  await write("visit_1", "status", "INNE");
  await write("tally_1", "entry", 1);
  expect(memory.list(STREAM, "visit").map((e) => e.id)).toEqual(["visit_1", "visit_2"]);
  expect(memory.kinds(STREAM)).toEqual(["tally", "visit"]);
});

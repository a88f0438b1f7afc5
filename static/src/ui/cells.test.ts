import { beforeEach, describe, expect, it, vi } from "vitest";
import type { Json } from "../domain/json";
import type { Cells, Head } from "../domain/merge";
import type { Draft } from "../state/recording";
import { attempt, snap, write, writeFields } from "./cells";
import { begin, flush, plainText } from "./draft";

/** A small record: one stream, strict about what is replaced, like the real one. */
const store = vi.hoisted(() => {
  const cells = new Map<string, Record<string, Head[]>>();
  const log: Draft[][] = [];
  const state = { fails: 0, next: 0 };
  const id = () => `id-${String(++state.next).padStart(4, "0")}`;
  const put = (e: string, f: string, v: unknown, actor: string, seq: number | null, seen: readonly Head[] = []) => {
    const entity = cells.get(e) ?? {};
    const gone = new Set(seen.map((head) => head[0]));
    const head = [id(), v, actor, 0, state.next, seq] as unknown as Head;
    cells.set(e, { ...entity, [f]: [...(entity[f] ?? []).filter((each) => !gone.has(each[0])), head] });
  };
  return { cells, log, state, put };
});

vi.mock("../state/recording", () => ({
  record: async (_stream: string, drafts: Draft[]) => {
    await Promise.resolve();
    if (store.state.fails > 0) {
      store.state.fails -= 1;
      throw new Error("full");
    }
    store.log.push(drafts);
    for (const { e, f, v, seen } of drafts) store.put(e, f, v, "me", null, seen);
  },
}));
vi.mock("../state/replica", () => ({
  entity: (stream: string, id: string) => {
    const cells = store.cells.get(id);
    return cells && { id, kind: id.split("_")[0], stream, cells, void: false, review: false };
  },
  heads: (view: { cells: Cells } | undefined, field: string) => view?.cells[field] ?? [],
}));
vi.mock("../state/session", () => ({ Problem: class extends Error {}, session: { value: null } }));

const CELL = { stream: "s", id: "checklist_1", field: "Q1" };

function shown(field = "Q1"): readonly Head[] {
  return store.cells.get("checklist_1")?.[field] ?? [];
}

function values(field = "Q1"): Json[] {
  return shown(field).map((head) => head[1]);
}

beforeEach(() => {
  store.cells.clear();
  store.log.length = 0;
  store.state.fails = 0;
  // Ids go on from test to test, as they do in life: what one test wrote is nothing to the next.
});

describe("a write", () => {
  it("replaces what was rendered", async () => {
    store.put("checklist_1", "Q1", "JA", "other", 1);
    await write(CELL, "NEJ", shown());
    expect(values()).toEqual(["NEJ"]);
  });

  it("leaves alone what came after the render", async () => {
    store.put("checklist_1", "Q1", "JA", "other", 1);
    const rendered = shown();
    store.put("checklist_1", "Q1", "EA", "third", 2);
    await write(CELL, "NEJ", rendered);
    expect(values()).toEqual(["EA", "NEJ"]);
  });

  it("of a second quick tap replaces the first, although nothing was rendered between", async () => {
    const rendered = shown();
    await Promise.all([write(CELL, "JA", rendered), write(CELL, "NEJ", rendered)]);
    expect(values()).toEqual(["NEJ"]);
  });

  it("keeps equal values of others apart from one's own", async () => {
    const rendered = shown();
    await write(CELL, "JA", rendered);
    store.put("checklist_1", "Q1", "JA", "other", 7);
    await write(CELL, "NEJ", rendered);
    expect(values()).toEqual(["JA", "NEJ"]);
  });

  it("gives a new entity its first cells once", async () => {
    const cell = { ...CELL, birth: { visit: "visit_1", template: "ALK@1" } };
    await Promise.all([write(cell, "JA", []), write({ ...cell, field: "Q2" }, "NEJ", [])]);
    expect(store.log.map((drafts) => drafts.map((draft) => draft.f))).toEqual([["visit", "template", "Q1"], ["Q2"]]);
  });

  it("that fails is told and does not hold up the next", async () => {
    store.state.fails = 1;
    expect(await attempt(write(CELL, "JA", []))).toBeUndefined();
    expect(await attempt(write(CELL, "NEJ", []))).toBeDefined();
    expect(values()).toEqual(["NEJ"]);
  });
});

describe("undo", () => {
  it("brings back all fields that were shown, in one transaction", async () => {
    store.put("checklist_1", "a", 1, "other", 1);
    store.put("checklist_1", "b", 2, "other", 2);
    const cells = store.cells.get("checklist_1") ?? {};
    const view = { id: "checklist_1", kind: "checklist", stream: "s", cells, void: false, review: false };
    const undo = await writeFields({ stream: "s", id: "checklist_1" }, { a: 10, b: 20 }, snap(view));
    await undo();
    expect([values("a"), values("b")]).toEqual([[1], [2]]);
    expect(store.log).toHaveLength(2);
  });

  it("takes back only one's own", async () => {
    const undo = await writeFields({ stream: "s", id: "checklist_1" }, { Q1: "JA" }, {});
    store.put("checklist_1", "Q1", "NEJ", "other", 3);
    await undo();
    expect(values()).toEqual(["NEJ", null]);
  });
});

describe("a stretch of typing", () => {
  it("saves each pause and leaves one value", async () => {
    const session = begin(shown(), plainText);
    for (const text of ["h", "he", "hej"]) {
      session.text = text;
      expect(await flush(session, CELL, plainText)).toBe("kept");
    }
    expect(values()).toEqual(["hej"]);
  });

  it("does not replace what another wrote after it began", async () => {
    const session = begin(shown(), plainText);
    store.put("checklist_1", "Q1", "deras", "other", 5);
    for (const text of ["mi", "min"]) {
      session.text = text;
      await flush(session, CELL, plainText);
    }
    expect(values()).toEqual(["deras", "min"]);
  });

  it("writes nothing while nothing changed", async () => {
    store.put("checklist_1", "Q1", "text", "other", 1);
    expect(await flush(begin(shown(), plainText), CELL, plainText)).toBe("kept");
    expect(store.log).toHaveLength(0);
  });

  it("tries again after a failure", async () => {
    const session = begin(shown(), plainText);
    session.text = "viktigt";
    store.state.fails = 1;
    expect(await flush(session, CELL, plainText)).toBe("failed");
    expect(await flush(session, CELL, plainText)).toBe("kept");
    expect(values()).toEqual(["viktigt"]);
  });

  it("keeps what cannot be stored on the screen and out of the record", async () => {
    const session = begin(shown(), { show: () => "", read: () => undefined });
    session.text = "1:";
    expect(await flush(session, CELL, { show: () => "", read: () => undefined })).toBe("invalid");
    expect(store.log).toHaveLength(0);
  });
});

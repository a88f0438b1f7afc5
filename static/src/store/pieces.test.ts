import { describe, expect, it } from "vitest";
import type { Cells } from "../domain/merge";
import { blocksOf, lineOf, pieceOf, readPieces } from "./pieces";

const cells = (v: string): Cells => ({ text: [["1", v, "a_1", 1, 1, 1]] });
const ids = Array.from({ length: 40 }, (_, i) => `note_${i}`);
const long = "å".repeat(20_000);

describe("the pieces of a replica", () => {
  it("give back every entity of a snapshot, whatever it holds, in few records that are not too large", () => {
    const lines = ids.map((id) => lineOf(id, cells(`${id} "\n\u2028 ${long}`)));
    const blocks = blocksOf("ref", lines);
    expect(blocks.map((b) => b.part)).toEqual([0, 1, 2, 3]);
    for (const block of blocks) expect(block.lines.length).toBeLessThan(300_000);
    expect([...readPieces(blocks)]).toEqual(ids.map((id) => [id, cells(`${id} "\n\u2028 ${long}`)]));
    expect(blocksOf("ref", [])).toEqual([]);
  });

  it("that came later count, and a field may be called anything", () => {
    const odd = JSON.parse('{"__proto__":[["2","x","a_1",1,1,2]]}') as Cells;
    const blocks = blocksOf("ref", [lineOf("note_1", cells("old")), lineOf("note_2", cells("kept"))]);
    const rows = readPieces([...blocks, pieceOf("ref", "note_1", odd)]);
    expect(JSON.stringify(rows.get("note_1"))).toBe(JSON.stringify(odd));
    expect(rows.get("note_2")).toEqual(cells("kept"));
  });

  it("that are larger than a block are a block of their own", () => {
    const lines = [lineOf("a_1", cells("x".repeat(300_000))), lineOf("a_2", cells("y"))];
    expect([...readPieces(blocksOf("ref", lines)).keys()]).toEqual(["a_1", "a_2"]);
  });
});

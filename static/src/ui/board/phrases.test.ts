import { expect, it } from "vitest";
import { fill } from "../i18n";
import { board } from "../words/board";
import { byRegime } from "./byRegime";
import { factsOf } from "./facts";
import { hasSide, hasTable, roomFor } from "./room";
import { device, scales, view } from "./testing";
import { heldText, span } from "./words";

it("has every phrase in both languages with the same names in it", () => {
  const names = (text: string) => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1]).sort();
  for (const [key, phrase] of Object.entries(board)) {
    expect(phrase.sv.trim(), key).not.toBe("");
    expect(names(phrase.en), key).toEqual(names(phrase.sv));
  }
  expect(fill(board["whole.more"].sv, { n: 3 })).toBe("och 3 till");
});

it("gives the visits a table only where its columns fit", () => {
  expect([20, 50, 70, 85, 110].map(roomFor)).toEqual(["narrow", "small", "middle", "wide", "huge"]);
  expect(["narrow", "small", "middle", "wide", "huge"].map((room) => hasTable(room as "narrow"))).toEqual([
    false,
    false,
    true,
    true,
    true,
  ]);
  expect(hasSide("middle")).toBe(false);
});

it("groups the authorities by regime, a search first", () => {
  const party = (authority: string, regime: string | null) =>
    view(`party_1.${authority}`, { visit: "visit_1", authority, regime });
  const entities = [view("visit_1", {}), party("KOM_ALK", "TILLSYN"), party("POL", "HUSRANNSAKAN"), party("SKV", null)];
  const parties = factsOf(entities, scales).visits[0]?.parties ?? [];
  expect(byRegime(parties).map(([regime, group]) => [regime, group.map((each) => each.authority)])).toEqual([
    ["HUSRANNSAKAN", ["POL"]],
    ["TILLSYN", ["KOM_ALK"]],
    [undefined, ["SKV"]],
  ]);
});

it("says lengths and held work as people do", () => {
  expect([55, 60, 80].map((minutes) => span(minutes * 60_000))).toEqual(["55 min", "1 tim", "1 tim 20 min"]);
  expect(heldText(device({ pending_changes: 1, pending_blobs: 3 }))).toBe("1 uppgift, 3 foton");
  expect(heldText(device({}))).toBe("");
});

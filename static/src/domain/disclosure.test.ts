import { expect, it } from "vitest";
import codes from "../../../app/domain/data/codes.yaml?raw";
import type { Code } from "./checklist";
import { copied, copyHash, itemOf, lawfulGrounds, needsWeighing } from "./disclosure";
import { disclosureCases } from "./testing";

/** The lists in the file of this release, one item a line. */
function list(name: string): Code[] {
  const part = codes.slice(codes.indexOf(`\n${name}:\n`));
  const lines = part.slice(1, part.indexOf("\n\n")).split("\n").slice(1);
  return lines.flatMap((line) => {
    const id = /\{id: (\w+)/.exec(line)?.[1];
    if (id === undefined) return [];
    const field = (key: string) => new RegExp(`[ ,]${key}: (\\[[^\\]]*\\]|[^,}]+)`).exec(line)?.[1];
    const parties = (key: string) =>
      field(key)
        ?.replace(/[[\] ]/g, "")
        .split(",") ?? [];
    const dates = Object.fromEntries(
      ["valid_from", "valid_to"].flatMap((k) => (field(k) ? [[k, field(k) ?? ""]] : [])),
    );
    const flags = { le: field("le") === "true", weighing: field("weighing") === "true" };
    return [{ id, sv: id, en: id, from: parties("from"), to: parties("to"), ...flags, ...dates }];
  });
}

const lists = { grounds: list("disclosure_grounds"), authorities: list("authorities") };

it("reads the lists of the release", () => {
  expect(lists.grounds.length).toBeGreaterThan(15);
  expect(lists.authorities.length).toBeGreaterThan(20);
});

it.each(disclosureCases.flatMap((c) => ("grounds" in c ? [c] : [])))("$name", ({ from, to, day, grounds }) => {
  const found = lawfulGrounds(lists, from, to, day);
  expect(found.map((ground) => [ground.id, needsWeighing(lists, ground, from, to)])).toEqual(grounds);
});

it.each(disclosureCases.flatMap((c) => ("copy" in c ? [c] : [])))("$name", ({ items, entities, copy, hash }) => {
  const found = copied(items, entities);
  expect(found).toEqual(copy);
  if (found) expect(copyHash(found)).toBe(hash);
});

it("names what is on the screen so that it is the copy", () => {
  const cells = {
    text: [
      ["b", "y", "a_1", 1, 1, null],
      ["a", "x", "a_1", 1, 1, null],
    ],
  } as const;
  const item = itemOf("note_1", "text", cells);
  expect(item?.ids).toEqual(["a", "b"]);
  expect(item && copied([item], { note_1: cells })?.[0]?.values).toEqual(["x", "y"]);
  expect(itemOf("note_1", "at", cells)).toBeNull();
  expect(itemOf("visit_1", "text", cells)).toBeNull();
});

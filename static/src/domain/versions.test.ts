import { expect, it } from "vitest";
import { versionsCases } from "./testing";
import { lateLines, linesOf, versionHash, versionIds } from "./versions";

it.each(versionsCases)("$name", ({ visit, entities, lines, hash, ids, submitted, late }) => {
  const found = linesOf(Object.entries(entities), visit);
  const plain = (of: typeof found) => of.map(({ e, f, head }) => [e, f, head[0]].join("\t")).sort();
  expect(plain(found)).toEqual(lines.map((line) => line.join("\t")).sort());
  expect(versionHash(found)).toBe(hash);
  expect(versionIds(found)).toEqual(ids);
  expect(plain(lateLines(found, { visit, hash, ids: submitted }))).toEqual(late.map((line) => line.join("\t")).sort());
});

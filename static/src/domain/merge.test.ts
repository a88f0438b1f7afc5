import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonical, type Json } from "./json";
import { applyEntry, type Cells, conflicts, digest, headsOf, isVoid, needsReview, winner } from "./merge";
import { type Arrival, arrive, mergeCases, permutations, type World } from "./testing";

const same = (a: unknown, b: unknown): void => expect(canonical(a as Json)).toBe(canonical(b as Json));

function conflictsOf(world: World): [string, string][] {
  return Object.keys(world)
    .sort()
    .flatMap((e) => conflicts(world[e] ?? {}).map((f): [string, string] => [e, f]));
}

function shown(world: World): Record<string, Record<string, Json>> {
  const fields = (cells: Cells) =>
    Object.fromEntries(Object.keys(cells).map((f) => [f, winner(headsOf(cells, f))?.[1] ?? null]));
  return Object.fromEntries(Object.entries(world).map(([e, cells]) => [e, fields(cells)]));
}

describe("the shared vectors", () => {
  it.each(mergeCases)("$name", (vector) => {
    const { world, outcomes } = arrive(vector.changes);
    expect(outcomes).toEqual(vector.outcomes);
    same(world, vector.heads);
    same(shown(world), vector.winner);
    expect(conflictsOf(world)).toEqual(vector.conflicts);
    expect(Object.keys(world).filter((e) => isVoid(world[e] ?? {}))).toEqual(vector.void);
    expect(Object.keys(world).filter((e) => needsReview(world[e] ?? {}))).toEqual(vector.review);
    expect(digest(Object.entries(world))).toBe(vector.digest);
  });

  it.each(mergeCases.filter((v) => v.order_free))("in every order of arrival: $name", (vector) => {
    for (const order of permutations(vector.changes)) same(arrive(order).world, vector.heads);
  });
});

/** Ids are dense on purpose: changes collide, name each other across cells, form cycles and replace larger ids. */
const id = (n: number): string => `0192f000-${n.toString(16).padStart(4, "0")}-7000-8000-000000000000`;

const hostile = fc
  .array(
    fc.record({
      n: fc.nat(9),
      e: fc.constantFrom("visit_1", "visit_2"),
      f: fc.constantFrom("status", "team", "@"),
      v: fc.constantFrom<Json>("a", "b", 1, true, "1", null, { void: true, reason: "", of: "x" }),
      replaces: fc.array(fc.nat(9), { maxLength: 3 }),
      t: fc.nat(3),
    }),
    { maxLength: 9 },
  )
  .map((items) =>
    dedupe(items.map((i) => ({ ...i, id: id(i.n), at: i.n, actor: "a", seq: null, replaces: i.replaces.map(id) }))),
  );

/** One content per id and cell: what a reused id does depends on the order by design. */
function dedupe(arrivals: readonly Arrival[]): Arrival[] {
  return [...new Map(arrivals.map((a) => [`${a.e} ${a.f} ${a.id}`, a])).values()];
}

describe("the rule", () => {
  it("gives the same heads for every order and any repeats", () => {
    fc.assert(
      fc.property(hostile, fc.gen(), (arrivals, gen) => {
        const again = gen(() => fc.shuffledSubarray(arrivals));
        const order = gen(() => fc.shuffledSubarray(arrivals, { minLength: arrivals.length }));
        same(arrive([...order, ...again]).world, arrive(arrivals).world);
      }),
    );
  });

  it("leaves no cell without a value", () => {
    fc.assert(
      fc.property(hostile, (arrivals) => {
        const { world } = arrive(arrivals);
        for (const { e, f } of arrivals) expect(headsOf(world[e] ?? {}, f).length).toBeGreaterThan(0);
      }),
    );
  });

  it("is what a replica gets from the server's entries", () => {
    fc.assert(
      fc.property(hostile, (arrivals) => {
        const { world, outcomes } = arrive(arrivals);
        const replica: World = {};
        arrivals.forEach((a, i) => {
          replica[a.e] ??= {};
          if (outcomes[i] !== "duplicate") applyEntry(replica[a.e] ?? {}, a, a, outcomes[i] === "dead");
        });
        expect(digest(Object.entries(replica))).toBe(digest(Object.entries(world)));
      }),
    );
  });
});

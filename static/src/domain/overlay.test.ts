import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Cells } from "./merge";
import { type OwnChange, overlay } from "./overlay";
import { arrive } from "./testing";

const id = (n: number): string => `0192f000-${n.toString(16).padStart(4, "0")}-7000-8000-000000000000`;
const own = (n: number, part: OwnChange["part"], replaces: number[] = [], f = "status"): OwnChange => ({
  change: { id: id(n), e: "visit_1", f, v: `v${n}`, at: n, replaces: replaces.map(id) },
  actor: "me",
  t: n,
  part,
});
const replica = (...ns: number[]): Cells => ({ status: ns.map((n) => [id(n), `v${n}`, "other", n, n, n]) });
const ids = (cells: Cells): string[] => (cells.status ?? []).map((h) => h[0]);

describe("overlay", () => {
  it("lays a pending change over what it replaces, and beside what its author never saw", () => {
    expect(ids(overlay(replica(1, 2), [own(3, "shown", [1])]))).toEqual([id(2), id(3)]);
  });

  it("does not show twice what the replica already holds", () => {
    expect(ids(overlay(replica(1, 2), [own(2, "shown", [])]))).toEqual([id(1), id(2)]);
  });

  it("does not bring back a pending change that an applied one replaced", () => {
    expect(ids(overlay(replica(4), [own(3, "shown"), own(4, "applied", [3])]))).toEqual([id(4)]);
  });

  it("gives a refused change no effect", () => {
    expect(ids(overlay(replica(1), [own(2, "refused", [1])]))).toEqual([id(1)]);
  });

  it("shows a chain of own taps as its last one", () => {
    expect(ids(overlay({}, [own(2, "shown", [1]), own(3, "shown", [2]), own(1, "shown")]))).toEqual([id(3)]);
  });

  it("leaves the replica's row alone", () => {
    const row = replica(1);
    overlay(row, [own(2, "shown", [1])]);
    expect(ids(row)).toEqual([id(1)]);
  });

  it("shows what the server will hold once the changes have arrived", () => {
    const script = fc.array(fc.record({ replaces: fc.array(fc.nat(7), { maxLength: 3 }), pending: fc.boolean() }), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(script, (steps) => {
        const all = steps.map((s, i) => ({
          ...own(
            i,
            "shown",
            s.replaces.filter((r) => r < i),
          ),
          pending: s.pending,
        }));
        const merged = (items: typeof all) =>
          arrive(items.map((o) => ({ ...o.change, actor: "me", t: o.t, seq: null }))).world.visit_1 ?? {};
        const seen = overlay(
          merged(all.filter((o) => !o.pending)),
          all.map((o) => ({ ...o, part: o.pending ? "shown" : "applied" })),
        );
        expect(ids(seen)).toEqual(ids(merged(all)));
      }),
    );
  });
});

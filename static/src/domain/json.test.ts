import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { byCodePoint, canonical, type Json, recordable } from "./json";

describe("canonical", () => {
  it("sorts keys by code point, not by UTF-16 unit", () => {
    expect(canonical({ "\u{1f4f7}": 1, "\uffee": 2, ö: 3, z: 4, "": 5 })).toBe(
      '{"":5,"z":4,"ö":3,"\uffee":2,"\u{1f4f7}":1}',
    );
  });

  it("keeps types apart", () => {
    expect(new Set([1, true, "1", null, false, 0, ""].map((v) => canonical(v as Json))).size).toBe(7);
  });

  it("is a fixed point of parsing", () => {
    fc.assert(
      fc.property(fc.jsonValue({ noUnicodeString: false }), (value) => {
        const text = canonical(value as Json);
        expect(canonical(JSON.parse(text) as Json)).toBe(text);
      }),
    );
  });
});

it("byCodePoint orders as UTF-8 bytes do", () => {
  const bytes = (s: string) => Buffer.from(s, "utf8");
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (a, b) => {
      expect(Math.sign(byCodePoint(a, b))).toBe(Math.sign(Buffer.compare(bytes(a), bytes(b))));
    }),
  );
});

describe("recordable", () => {
  const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);

  it("cleans text that the model has no place for", () => {
    expect(recordable("a\u0000b\ud800c\u{1f4f7}")).toBe("ab\ufffdc\u{1f4f7}");
    expect(recordable({ "k\u0000": ["\udc00"] })).toEqual({ k: ["\ufffd"] });
  });

  it.each([1.5, Number.NaN, 2 ** 53, undefined, () => 1, 1n, nested(17)])("refuses %s", (value) => {
    expect(() => recordable(value)).toThrow(RangeError);
  });

  it("takes sixteen levels and makes no minus zero", () => {
    expect(recordable(nested(16))).toEqual(nested(16));
    expect(Object.is(recordable(-0), 0)).toBe(true);
  });
});

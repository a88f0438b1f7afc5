import { beforeEach, describe, expect, it, vi } from "vitest";
import type { HeldItem, OwnDecision } from "../../state/decisions";
import { language } from "../i18n";
import { createMarks } from "../marks";
import { mattersOf, nameOf, rowsOf } from "./held";
import { toldOf } from "./mine";

const VISIT = "visit_0192";

function held(change: string, e: string, commit = "sha256:a", code = "no_authority", f = "status"): HeldItem {
  return {
    stream: "op/x/shared",
    commit,
    actor: "a_1",
    user: { id: "u", name: "Ada", authority: "SKV" },
    n: 1,
    received: 2000,
    change: { id: change, e, f, v: change, at: 1000 },
    code,
  };
}

function decided(change: string, verdict: OwnDecision["verdict"], reason = "Så är det"): OwnDecision {
  return { stream: "op/x/shared", n: 1, at: 1000, change, entity: VISIT, field: change, verdict, reason };
}

beforeEach(() => {
  language.value = "sv";
});

describe("held changes become matters", () => {
  it("one for what one commit says about one thing for one reason", () => {
    const one = (id: string, e: string, f: string, commit?: string) => held(id, e, commit, "no_authority", f);
    const list = [
      one("1", VISIT, "status"),
      one("2", VISIT, "reason"),
      one("3", "tally_1", "entry"),
      one("4", VISIT, "text", "sha256:b"),
    ];
    expect(mattersOf(list).map(({ changes }) => changes.map(({ change }) => change.id))).toEqual([
      ["1", "2"],
      ["3"],
      ["4"],
    ]);
  });

  it("one with what its author wrote over it later, and shows what is meant", () => {
    const slow = ["1", "2", "3"].map((n) => held(n, "tally_1", `sha256:${n}`));
    const [matter, ...others] = mattersOf(slow);
    expect(others).toEqual([]);
    expect(matter?.changes.map(({ change }) => change.id)).toEqual(["1", "2", "3"]);
    expect(matter && rowsOf(matter, 0).map(({ id }) => id)).toEqual(["3"]);
    expect(matter?.last.change.id).toBe("3");
  });

  it("apart where another person wrote over it", () => {
    const other = { ...held("2", VISIT, "sha256:b"), user: { id: "v", name: "Bo", authority: "POL" } };
    expect(mattersOf([held("1", VISIT), other])).toHaveLength(2);
  });

  it("apart where the reasons differ, because the answers may", () => {
    const list = [held("1", VISIT), held("2", VISIT, "sha256:a", "unknown_code")];
    expect(mattersOf(list).map(({ code }) => code)).toEqual(["no_authority", "unknown_code"]);
  });

  it("with a name even where nothing is known of the thing", () => {
    expect(nameOf("op/x/POL", "report_1")).toBe("Brottsanmälan");
    expect(nameOf("op/x/POL", "newkind_1")).toBe("Uppgift");
  });
});

it("tells an author once what was decided alike, and apart what was not", () => {
  const all = [
    decided("1", "admitted"),
    decided("2", "admitted"),
    decided("3", "denied"),
    decided("4", "denied", "Nej"),
  ];
  expect(toldOf(all).map(({ first, fields }) => [first.verdict, fields])).toEqual([
    ["admitted", ["1", "2"]],
    ["denied", ["3"]],
    ["denied", ["4"]],
  ]);
  const again = { ...decided("5", "admitted"), field: "1" };
  expect(toldOf([decided("1", "admitted"), again]).map(({ fields }) => fields)).toEqual([["1"]]);
});

describe("marks", () => {
  it("are kept, and survive what another program left in their place", () => {
    const kept = new Map([["broken", "{"]]);
    vi.stubGlobal("localStorage", {
      getItem: (key: string) => kept.get(key) ?? null,
      setItem: (key: string, value: string) => kept.set(key, value),
    });
    createMarks("m").add(["one"]);
    expect(createMarks("m").has("one")).toBe(true);
    expect(createMarks("m").has("two")).toBe(false);
    expect(createMarks("broken").has("one")).toBe(false);
    vi.unstubAllGlobals();
  });
});

import { beforeEach, describe, expect, it, vi } from "vitest";
import type { HeldItem, OwnDecision } from "../../state/decisions";
import { language } from "../i18n";
import { createMarks } from "../marks";
import { mattersOf, nameOf } from "./held";
import { toldOf } from "./mine";

const VISIT = "visit_0192";

function held(change: string, e: string, commit = "sha256:a", code = "no_authority"): HeldItem {
  return {
    stream: "op/x/shared",
    commit,
    actor: "a_1",
    user: { id: "u", name: "Ada", authority: "SKV" },
    n: 1,
    received: 2000,
    change: { id: change, e, f: "status", v: "INNE", at: 1000 },
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
    const list = [held("1", VISIT), held("2", VISIT), held("3", "tally_1"), held("4", VISIT, "sha256:b")];
    expect(mattersOf(list).map(({ changes }) => changes.map(({ change }) => change.id))).toEqual([
      ["1", "2"],
      ["3"],
      ["4"],
    ]);
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

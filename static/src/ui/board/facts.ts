/**
 * What the board knows about one evening, from its shared stream alone: the same figures as the read models, and the same
 * heads arranged by visit. Pure, one pass over the entities, so that it can run at every new version of the stream.
 */
import { type Figures, figures, type Scales } from "../../domain/figures";
import type { Json } from "../../domain/json";
import { conflicts, type Head, headsOf, winner } from "../../domain/merge";
import { type Entry, entryOf } from "../../domain/tally";
import type { EntityView } from "../../state/replica";

/** A sum in base units. */
export interface Sum {
  readonly code: string;
  readonly base: string;
  readonly qty: number;
}

export interface PartyFacts {
  readonly view: EntityView;
  readonly authority: string;
  readonly regime: string | undefined;
  readonly law: string | undefined;
  readonly decidedBy: string | undefined;
  /** When the shown regime was set, in ms. */
  readonly since: number | undefined;
  readonly done: boolean;
}

/** One live head of a tally: who counted how much, and when. */
export interface CountFacts {
  readonly id: string;
  readonly actor: string;
  readonly at: number;
  readonly entry: Entry;
}

export interface ClashFacts {
  readonly view: EntityView;
  readonly field: string;
  /** The visit it belongs to; undefined for the operation and its sites. */
  readonly visit: string | undefined;
}

export interface VisitFacts {
  readonly view: EntityView;
  readonly id: string;
  readonly site: EntityView | undefined;
  readonly order: number;
  readonly status: string;
  readonly team: string | undefined;
  readonly arrived: number | undefined;
  readonly left: number | undefined;
  readonly activity: string | undefined;
  readonly persons: number | undefined;
  readonly remarks: boolean | undefined;
  readonly repeat: boolean;
  readonly parties: readonly PartyFacts[];
  readonly sheets: readonly EntityView[];
  readonly notices: readonly EntityView[];
  readonly counts: readonly CountFacts[];
  readonly seizures: readonly Sum[];
  readonly reports: number;
  readonly photos: number;
  readonly clashes: number;
}

export interface Facts {
  readonly figures: Figures;
  /** In route order. */
  readonly visits: readonly VisitFacts[];
  readonly clashes: readonly ClashFacts[];
  /** Newest first. */
  readonly notices: readonly EntityView[];
  /** When the newest entry was made, in ms; null for an empty stream. */
  readonly latest: number | null;
}

/** `entities` are all of the stream, void ones included. */
export function factsOf(entities: readonly EntityView[], scales: Scales): Facts {
  const live = entities.filter((view) => !view.void);
  const clashes = live.flatMap(clashesOf);
  const parts = byVisit(live);
  const sites = new Map(live.filter((view) => view.kind === "site").map((view) => [view.id, view]));
  return {
    figures: figures(
      entities.map((view) => [view.id, view.cells] as const),
      scales,
    ),
    visits: live
      .filter((view) => view.kind === "visit")
      .map((view) => visitFacts(view, parts.get(view.id) ?? NO_PARTS, sites, clashes, scales))
      .sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1)),
    clashes,
    notices: newestFirst(live.filter((view) => view.kind === "safety")),
    latest: latestOf(live),
  };
}

/** The shown value of a cell, if it is of the wanted type; another type is another release's and reads as absent. */
export function text(view: EntityView | undefined, field: string): string | undefined {
  const v = shown(view, field);
  return typeof v === "string" && v !== "" ? v : undefined;
}

export function whole(view: EntityView | undefined, field: string): number | undefined {
  const v = shown(view, field);
  return typeof v === "number" ? v : undefined;
}

export function flag(view: EntityView | undefined, field: string): boolean | undefined {
  const v = shown(view, field);
  return typeof v === "boolean" ? v : undefined;
}

export function shown(view: EntityView | undefined, field: string): Json {
  return head(view, field)?.[1] ?? null;
}

export function head(view: EntityView | undefined, field: string): Head | undefined {
  return view && winner(headsOf(view.cells, field));
}

/** A view is the same object until something in it changes, so what is read from it alone is read once. */
function once<T>(read: (view: EntityView) => T): (view: EntityView) => T {
  const known = new WeakMap<EntityView, { value: T }>();
  return (view) => {
    const found = known.get(view) ?? { value: read(view) };
    known.set(view, found);
    return found.value;
  };
}

const clashesOf = once((view): ClashFacts[] => {
  const visit = view.kind === "visit" ? view.id : visitOf(view);
  return conflicts(view.cells).map((field) => ({ view, field, visit }));
});

/** The visit an entity belongs to: tallies name it in their entry, everything else in a cell. */
function visitOf(view: EntityView): string | undefined {
  return view.kind === "tally" ? entryOf(head(view, "entry"))?.visit : text(view, "visit");
}

interface Parts {
  parties: EntityView[];
  sheets: EntityView[];
  notices: EntityView[];
  counts: CountFacts[];
}

const NO_PARTS: Parts = { parties: [], sheets: [], notices: [], counts: [] };
const PART: Record<string, "parties" | "sheets" | "notices"> = {
  party: "parties",
  checklist: "sheets",
  safety: "notices",
};

function byVisit(live: readonly EntityView[]): Map<string, Parts> {
  const parts = new Map<string, Parts>();
  const of = (visit: string): Parts => {
    const known = parts.get(visit) ?? { parties: [], sheets: [], notices: [], counts: [] };
    parts.set(visit, known);
    return known;
  };
  for (const view of live) {
    const part = PART[view.kind];
    const visit = visitOf(view);
    if (view.kind === "tally") for (const count of countsOf(view)) of(count.entry.visit).counts.push(count);
    else if (part && visit) of(visit)[part].push(view);
  }
  return parts;
}

const countsOf = once((view): CountFacts[] =>
  headsOf(view.cells, "entry").flatMap((each) => {
    const entry = entryOf(each);
    return entry && entry.qty > 0 ? [{ id: each[0], actor: each[2], at: each[4], entry }] : [];
  }),
);

function visitFacts(
  view: EntityView,
  parts: Parts,
  sites: ReadonlyMap<string, EntityView>,
  clashes: readonly ClashFacts[],
  scales: Scales,
): VisitFacts {
  const counted = (of: string) => parts.counts.filter(({ entry }) => entry.of === of);
  return {
    view,
    id: view.id,
    site: sites.get(text(view, "site") ?? ""),
    order: whole(view, "order") ?? 0,
    status: text(view, "status") ?? "PLANERAT",
    team: text(view, "team"),
    arrived: whole(view, "arrived"),
    left: whole(view, "left"),
    activity: text(view, "activity"),
    persons: whole(view, "persons"),
    remarks: flag(view, "remarks"),
    repeat: flag(view, "repeat") ?? false,
    parties: parts.parties.map(partyFacts),
    sheets: parts.sheets,
    notices: newestFirst(parts.notices),
    counts: parts.counts,
    seizures: sums(counted("seizure"), scales),
    reports: total(counted("report")),
    photos: total(counted("photo")),
    clashes: clashes.filter((clash) => clash.visit === view.id).length,
  };
}

const partyFacts = once(
  (view): PartyFacts => ({
    view,
    authority: text(view, "authority") ?? "",
    regime: text(view, "regime"),
    law: text(view, "law"),
    decidedBy: text(view, "decided_by"),
    since: head(view, "regime")?.[4],
    done: flag(view, "done") ?? false,
  }),
);

/** Sums by code and base unit, in the order they first occur. */
export function sums(counts: readonly CountFacts[], scales: Scales): Sum[] {
  const found = new Map<string, Sum>();
  for (const { entry } of counts) {
    const base = scales.base(entry.unit);
    const key = `${entry.code} ${base}`;
    found.set(key, { code: entry.code, base, qty: (found.get(key)?.qty ?? 0) + entry.qty });
  }
  return [...found.values()];
}

function total(counts: readonly CountFacts[]): number {
  return counts.reduce((sum, { entry }) => sum + entry.qty, 0);
}

function newestFirst(notices: readonly EntityView[]): EntityView[] {
  const at = (view: EntityView) => whole(view, "at") ?? head(view, "text")?.[4] ?? 0;
  return [...notices].sort((a, b) => at(b) - at(a));
}

/** The display time of the newest head; names of actors are the server's bookkeeping, not the evening. */
function latestOf(live: readonly EntityView[]): number | null {
  return live.reduce<number | null>((latest, view) => {
    const at = view.kind === "actor" ? null : newestIn(view);
    return at === null || (latest !== null && latest >= at) ? latest : at;
  }, null);
}

const newestIn = once((view): number | null => {
  const times = Object.keys(view.cells).flatMap((field) => headsOf(view.cells, field).map((each) => each[4]));
  return times.length === 0 ? null : Math.max(...times);
});

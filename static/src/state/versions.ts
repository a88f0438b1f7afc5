/** Submitting and approving what one stream holds of a visit, and reading how that stands. */
import { type Head, isVoid, liveHash, winner } from "../domain/merge";
import { Problem } from "../domain/problem";
import {
  type Approval,
  approvalOf,
  type Line,
  lateLines,
  linesOf,
  MAX_IDS,
  type Submission,
  submission,
  submissionOf,
  versionHash,
} from "../domain/versions";
import type { Write } from "../store/save";
import { type HeldItem, heldForDecision } from "./decisions";
import { allEntities, type EntityView, entity, heads } from "./replica";
import { memory, running, sending } from "./tablet";

/** A change of a visit that a submission or an approval does not cover. `at`: display time, ms. */
export interface LateChange {
  readonly entity: string;
  readonly field: string;
  readonly change: string;
  readonly actor: string;
  readonly at: number;
}

/** A change that is held because the visit is approved: `mine` was recorded on this tablet. */
export interface Amendment {
  readonly entity: string;
  readonly field: string;
  readonly change: string;
  readonly mine: boolean;
}

export interface VersionView {
  /** `by`: the actor (`actorName` tells who that is). */
  readonly submitted: { readonly by: string; readonly at: number } | null;
  /** `seq`: where in the stream the approved version stands. */
  readonly approved: { readonly by: string; readonly at: number; readonly seq: number } | null;
  /** Changed after the submission. */
  readonly late: readonly LateChange[];
  /** In the log, but newer than the approved version: it came while the approval was under way. */
  readonly unapproved: readonly LateChange[];
  /** An approval from here that does not count: the server has not what it is of, and it must be given again. */
  readonly stale: boolean;
  readonly amendments: readonly Amendment[];
  /** How many entries the visit has in this stream now. */
  readonly entries: number;
}

/** How the part of a visit that lies in one stream stands. Subscribes the reader to the stream. */
export function versionOf(stream: string, visit: string): VersionView {
  sending.value;
  const submitted = standing<Submission>(entity(stream, submissionOf(visit)));
  const approved = standing<Approval>(entity(stream, approvalOf(visit)));
  const lines = linesOf(shownIn(stream), visit).filter((line) => !isHeldHere(line));
  return {
    submitted: submitted && { by: submitted.by, at: submitted.at },
    approved: approved && { by: approved.by, at: approved.at, seq: approved.v.seq },
    late: submitted ? lateLines(lines, submitted.v).map(lateChange) : [],
    unapproved: approved ? unapprovedIn(lines, approved) : [],
    stale: heads(entity(stream, approvalOf(visit)), "of").some(isStale),
    amendments: amendmentsOf(stream, visit),
    entries: lines.length,
  };
}

interface Standing<T> {
  readonly v: T;
  readonly by: string;
  readonly at: number;
  /** Where it stands itself in the log; null: not there yet. */
  readonly place: number | null;
}

function standing<T>(e: EntityView | undefined): Standing<T> | null {
  const head = winner(heads(e, "of").filter(([id]) => !isHeld(id)));
  if (!head || head[1] === null || e?.void) return null;
  return { v: head[1] as unknown as T, by: head[2], at: head[4], place: head[5] };
}

function isStale([id]: Head): boolean {
  return isHeld(id) && codeOf(id) === "stale_approval";
}

/**
 * What the log has beyond an approval. Where the server was put back to an older store, the place that it names may be another
 * one now: then it is of what stood right before itself.
 */
function unapprovedIn(lines: readonly Line[], { v: { seq, hash }, place }: Standing<Approval>): LateChange[] {
  const before = lines.filter((line) => place !== null && !isAfter(line, place - 1));
  const isOfItsOwn = place !== null && (seq >= place || versionHash(before) === hash);
  return lines.filter((line) => isAfter(line, isOfItsOwn ? place - 1 : seq)).map(lateChange);
}

function shownIn(stream: string): (readonly [string, EntityView["cells"]])[] {
  return allEntities(stream).map((e) => [e.id, e.cells] as const);
}

function isAfter({ head }: Line, seq: number): boolean {
  return head[5] === null || head[5] > seq;
}

/** Held and not decided: not part of the visit for anybody but its author. */
function isHeldHere({ head }: Line): boolean {
  return isHeld(head[0]);
}

export function isHeld(change: string): boolean {
  const commit = memory.own.get(change)?.commit;
  return commit?.result?.changes[change]?.verdict === "held" && !commit.decided?.[change];
}

function lateChange({ e, f, head }: Line): LateChange {
  return { entity: e, field: f, change: head[0], actor: head[2], at: head[4] };
}

function amendmentsOf(stream: string, visit: string): Amendment[] {
  const shown = linesOf(shownIn(stream), visit);
  const mine = shown.filter((line) => isHeldHere(line) && codeOf(line.head[0]) === "after_approval");
  const entities = new Set([visit, ...shown.map(({ e }) => e)]);
  const others = heldForDecision.value.filter((item) => isAmendment(item, stream, entities));
  return [
    ...mine.map(({ e, f, head }) => ({ entity: e, field: f, change: head[0], mine: true })),
    ...others.map(({ change }) => ({ entity: change.e, field: change.f, change: change.id, mine: false })),
  ];
}

export function codeOf(change: string): string | undefined {
  return memory.own.get(change)?.commit?.result?.changes[change]?.code;
}

function isAmendment(item: HeldItem, stream: string, entities: ReadonlySet<string>): boolean {
  return item.code === "after_approval" && item.stream === stream && entities.has(item.change.e);
}

/**
 * Says that a visit is finished, as it is on the screen now. Rejects with Problem `empty` (nothing there), `too_many`
 * (more changes than one submission can name) or as `record` does.
 */
export function submit(_op: string, visit: string, stream: string): Promise<void> {
  return running().save(() => {
    const of = submission(linesOf(shownNow(stream), visit), visit);
    if (of.ids.length === 0) throw new Problem("empty");
    if (of.ids.length > MAX_IDS) throw new Problem("too_many");
    return { writes: standingWrites(stream, submissionOf(visit), { ...of }), whole: true };
  });
}

/**
 * Approves the version of a visit that the replica holds. Rejects with Problem `unsent` (own changes of the visit are not
 * received yet), `behind` (the replica is not at the stream's head), `empty`, or as `record` does.
 */
export function approve(_op: string, visit: string, stream: string): Promise<void> {
  return running().save(() => {
    const code = approvalProblem(stream, visit);
    if (code) throw new Problem(code);
    const seq = memory.streams.get(stream)?.cursor ?? 0;
    const hash = versionHash(linesOf(memory.replica(stream), visit));
    return { writes: standingWrites(stream, approvalOf(visit), { visit, seq, hash }), whole: true };
  });
}

/** Why a visit cannot be approved on this tablet now: `unsent`, `behind`, `empty`; null where it can. */
export function approvalProblem(stream: string, visit: string): "unsent" | "behind" | "empty" | null {
  sending.value;
  if (linesOf(shownNow(stream), visit).some((line) => isUnsent(line.head[0]))) return "unsent";
  const row = memory.streams.get(stream);
  const head = Math.max(running().engine.sync.state.heads.get(stream) ?? 0, row?.head ?? 0);
  if (!row || row.reset || row.cursor < head) return "behind";
  return linesOf(memory.replica(stream), visit).length === 0 ? "empty" : null;
}

function isUnsent(change: string): boolean {
  const own = memory.own.get(change);
  return own !== undefined && !own.commit?.result && !own.commit?.refused;
}

/** Lifts an approval, so that changes apply at once again. That it stood, and who gave it, stays in the log. */
export function withdrawApproval(_op: string, visit: string, stream: string, reason: string): Promise<void> {
  return running().save(() => {
    const e = memory.view(stream, approvalOf(visit));
    if (!e || e.void) return null;
    const v = { void: true, reason, of: liveHash(e.cells) };
    return { writes: [{ stream, e: e.id, f: "@", v, seen: heads(e, "@") }] };
  });
}

function shownNow(stream: string): (readonly [string, EntityView["cells"]])[] {
  return memory.kinds(stream).flatMap((kind) => memory.list(stream, kind).map((e) => [e.id, e.cells] as const));
}

/** Writes the value, and lifts the void of an earlier one that was withdrawn. */
function standingWrites(stream: string, id: string, v: Write["v"]): Write[] {
  const e = memory.view(stream, id);
  const value: Write = { stream, e: id, f: "of", v, seen: heads(e, "of") };
  if (!e || !isVoid(e.cells)) return [value];
  return [value, { stream, e: id, f: "@", v: null, seen: heads(e, "@") }];
}

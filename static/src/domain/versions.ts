import { sha256Hex } from "./bytes";
import { kindOf } from "./change";
import type { Json } from "./json";
import { byCodePoint } from "./json";
import { type Cells, type Head, headsOf, winner } from "./merge";

/** A submission names every change it covers, so it covers no more than one change can hold. */
export const MAX_IDS = 1_500;
/** What speaks about a visit is no part of it. */
const ABOUT: readonly string[] = ["admission", "submission", "approval"];

/** One live change of a visit: entity, field and head. */
export interface Line {
  readonly e: string;
  readonly f: string;
  readonly head: Head;
}

type Entity = readonly [id: string, cells: Cells];

/** The uuid of a visit: what its submission, its approval and its parts are named by. */
export function visitUuid(visit: string): string {
  return visit.slice(visit.indexOf("_") + 1);
}

export function submissionOf(visit: string): string {
  return `submission_${visitUuid(visit)}`;
}

export function approvalOf(visit: string): string {
  return `approval_${visitUuid(visit)}`;
}

/** Whether an entity belongs to a visit: the visit itself, its parts by their id, and what names it in `visit` or `entry`. */
export function belongsTo(visit: string, id: string, cells: Cells): boolean {
  const kind = kindOf(id);
  if (ABOUT.includes(kind)) return false;
  if (id === visit) return true;
  const uuid = visitUuid(visit);
  if (id.startsWith(`checklist_${uuid}.`) || id.startsWith(`party_${uuid}.`)) return true;
  return named(cells, kind) === visit;
}

function named(cells: Cells, kind: string): Json | undefined {
  const direct = winner(headsOf(cells, "visit"))?.[1];
  if (kind !== "tally") return direct;
  const entry = winner(headsOf(cells, "entry"))?.[1];
  return typeof entry === "object" && entry !== null && "visit" in entry ? entry.visit : direct;
}

/** Every live change of a visit in one stream, void ones and `@` included. */
export function linesOf(entities: Iterable<Entity>, visit: string): Line[] {
  return [...entities]
    .filter(([id, cells]) => belongsTo(visit, id, cells))
    .flatMap(([e, cells]) => Object.keys(cells).flatMap((f) => headsOf(cells, f).map((head) => ({ e, f, head }))));
}

/** SHA-256 (hex) over the sorted lines `entity TAB field TAB id LF`. Twin of `app/domain/versions.py`. */
export function versionHash(lines: readonly Line[]): string {
  const texts = lines.map(({ e, f, head }) => `${e}\t${f}\t${head[0]}\n`);
  return sha256Hex(texts.sort(byCodePoint).join(""));
}

/** The ids of the live changes, sorted, each once. */
export function versionIds(lines: readonly Line[]): string[] {
  return [...new Set(lines.map(({ head }) => head[0]))].sort();
}

/** What `submission_….of` holds. */
export interface Submission {
  readonly visit: string;
  readonly hash: string;
  readonly ids: readonly string[];
}

/** What `approval_….of` holds: the version at `seq` of the stream. */
export interface Approval {
  readonly visit: string;
  readonly seq: number;
  readonly hash: string;
}

export function submission(lines: readonly Line[], visit: string): Submission {
  return { visit, hash: versionHash(lines), ids: versionIds(lines) };
}

/** The live changes that a submission does not name. */
export function lateLines(lines: readonly Line[], { ids }: Submission): Line[] {
  const known = new Set(ids);
  return lines.filter(({ head }) => !known.has(head[0]));
}

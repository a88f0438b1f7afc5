/** What the record says about visits, as the views want it. Reading inside a component subscribes it to the stream. */
import { progress, type Template } from "../domain/checklist";
import { DONE } from "../domain/figures";
import { canonical, type Json } from "../domain/json";
import { conflicts } from "../domain/merge";
import { type OperationView, operationId, operations, own, shared, template, templatesFor } from "../state/operation";
import { type EntityView, entitiesOf, entity, value } from "../state/replica";
import { session } from "../state/session";

export interface EarlierVisit {
  operation: string;
  number: number;
  date: string;
  status: string;
  activity?: string;
  seizures?: Json;
  reports?: number;
  remarks?: boolean;
}

export interface PartyView {
  entity: EntityView;
  authority: string;
  done: boolean;
  regime: string | undefined;
  law: string | undefined;
  decidedBy: string | undefined;
  /** The authorities whose people were in the room when the regime was chosen. */
  present: readonly string[];
}

export interface VisitView {
  op: string;
  stream: string;
  entity: EntityView;
  id: string;
  /** The uuid that the ids of its parties and checklists are made of. */
  token: string;
  order: number;
  team: string | undefined;
  status: string;
  name: string;
  address: string;
  area: string;
  type: string;
  fictitious: boolean;
  history: readonly EarlierVisit[];
}

export interface ChecklistView {
  id: string;
  stream: string;
  template: Template;
  entity: EntityView | undefined;
}

export function me(): string {
  return session.value?.user.authority ?? "";
}

export function isPolice(authority = me()): boolean {
  return authority === "POL" || authority === "POL_GRA";
}

/** Who may close a visit for everybody: the police, who stay last, and whoever leads a team. */
export function leadsVisit(): boolean {
  const user = session.value?.user;
  return user !== undefined && (isPolice() || ["LAGLED", "INSLED"].includes(user.role));
}

export function currentOperation(): OperationView | undefined {
  return operations.value.find((operation) => operation.id === operationId.value) ?? operations.value[0];
}

export function visitOf(op: string, found: EntityView): VisitView {
  const stream = shared(op);
  const site = entity(stream, value<string>(found, "site") ?? "");
  return {
    op,
    stream,
    entity: found,
    id: found.id,
    token: found.id.slice("visit_".length),
    order: value<number>(found, "order") ?? 0,
    team: value<string>(found, "team"),
    status: value<string>(found, "status") ?? "PLANERAT",
    name: value<string>(site, "name") ?? "",
    address: value<string>(site, "address") ?? "",
    area: value<string>(site, "area") ?? "",
    type: value<string>(site, "type") ?? "OVRIG",
    fictitious: value<boolean>(site, "fictitious") ?? false,
    history: (value(site, "history") ?? []) as unknown as readonly EarlierVisit[],
  };
}

/** The visits of an evening in their planned order. */
export function visitsOf(op: string): VisitView[] {
  const found = entitiesOf(shared(op), "visit").map((visit) => visitOf(op, visit));
  return found.sort((a, b) => a.order - b.order || (a.id < b.id ? -1 : 1));
}

/** A visit by its id alone, so that an address works whichever evening was open before. */
export function findVisit(id: string): VisitView | undefined {
  for (const { id: op } of operations.value) {
    const found = entity(shared(op), id);
    if (found !== undefined) return visitOf(op, found);
  }
  return undefined;
}

const UNDER_WAY = new Set(["PAVAG", "SAKRAT", "INNE", "PAUS_FU"]);

export function isDone(status: string): boolean {
  return DONE.has(status);
}

/** The site to go to next: where somebody is already, else the first planned one; one's own team before others. */
export function nextVisit<T extends Pick<VisitView, "status" | "team">>(
  visits: readonly T[],
  team?: string,
): T | undefined {
  const open = visits.filter((visit) => !isDone(visit.status));
  const mine = team === undefined ? [] : open.filter((visit) => visit.team === team);
  const pool = mine.length > 0 ? mine : open;
  return pool.find((visit) => UNDER_WAY.has(visit.status)) ?? pool[0];
}

/** The team of the person who is signed in, if the plan names one. */
export function ownTeam(operation: OperationView): string | undefined {
  const id = session.value?.user.id;
  return operation.teams.find((team) => team.leader === id || (id !== undefined && team.members.includes(id)))?.id;
}

export function partyId(token: string, authority: string): string {
  return `party_${token}.${authority}`;
}

export function partiesOf(visit: VisitView): PartyView[] {
  const all = entitiesOf(visit.stream, "party").filter((party) => value<string>(party, "visit") === visit.id);
  return all.map((party) => ({
    entity: party,
    authority: value<string>(party, "authority") ?? "",
    done: value<boolean>(party, "done") ?? false,
    regime: value<string>(party, "regime"),
    law: value<string>(party, "law"),
    decidedBy: value<string>(party, "decided_by"),
    present: value<readonly string[]>(party, "present") ?? [],
  }));
}

export const SHARED_SHEET = "ANK";

/** The newest version of the shared arrival sheet; everyone on site may fill it in. */
function arrivalTemplate(): Template | undefined {
  const refs = entitiesOf("ref", "template").map((found) => found.id.slice("template_".length));
  const sheets = refs.filter((ref) => ref.startsWith(`${SHARED_SHEET}@`)).flatMap((ref) => template(ref) ?? []);
  return sheets.sort((a, b) => b.version - a.version)[0];
}

function checklist(visit: VisitView, stream: string, latest: Template): ChecklistView {
  const id = `checklist_${visit.token}.${latest.id}`;
  const found = entity(stream, id);
  // A visit is pinned to the version it was begun with: a newer template must not drop its answers.
  const pinned = template(value<string>(found, "template") ?? "") ?? latest;
  return { id, stream, template: pinned, entity: found };
}

export function arrivalSheet(visit: VisitView): ChecklistView | undefined {
  const latest = arrivalTemplate();
  return latest && checklist(visit, visit.stream, latest);
}

/** The checklists of one's own authority for this kind of premises, and those begun here although no longer proposed. */
export function ownChecklists(visit: VisitView): ChecklistView[] {
  const stream = own(visit.op);
  const proposed = templatesFor(me(), visit.type).filter((each) => each.id !== SHARED_SHEET);
  const begun = entitiesOf(stream, "checklist")
    .filter((each) => value<string>(each, "visit") === visit.id)
    .flatMap((each) => template(value<string>(each, "template") ?? "") ?? [])
    .filter((each) => !proposed.some((other) => other.id === each.id));
  return [...proposed, ...begun].map((each) => checklist(visit, stream, each));
}

/** Answered and all questions over several checklists. */
export function totalProgress(lists: readonly ChecklistView[]): {
  answered: number;
  questions: number;
  missing: number;
} {
  const each = lists.map((list) => progress(list.template, list.entity?.cells ?? {}));
  return {
    answered: each.reduce((sum, one) => sum + one.answered, 0),
    questions: each.reduce((sum, one) => sum + one.questions, 0),
    missing: each.reduce((sum, one) => sum + one.missing.length, 0),
  };
}

/** Live entities of a kind in one's own stream that belong to a visit. */
export function ownOf(visit: VisitView, kind: string): EntityView[] {
  return entitiesOf(own(visit.op), kind).filter((each) => value<string>(each, "visit") === visit.id);
}

export function safetyOf(op: string): EntityView[] {
  return entitiesOf(shared(op), "safety").sort((a, b) => (value<number>(b, "at") ?? 0) - (value<number>(a, "at") ?? 0));
}

export interface OpenConflict {
  entity: EntityView;
  field: string;
}

/** Everything of a visit with more than one value, in the streams this person reads. */
export function conflictsOf(visit: VisitView): OpenConflict[] {
  const kinds = ["checklist", "party", "safety", "photo", "exhibit", "report", "decision"];
  const streams = [visit.stream, own(visit.op)];
  const belonging = streams.flatMap((stream) => kinds.flatMap((kind) => entitiesOf(stream, kind)));
  const mine = [
    visit.entity,
    ...belonging.filter((each) => canonical(value(each, "visit") ?? null) === canonical(visit.id)),
  ];
  return mine.flatMap((each) => conflicts(each.cells).map((field) => ({ entity: each, field })));
}

/** Codes of a list that are valid on a date; the law of an evening is the law of its day. */
export function validOn<T extends Readonly<Record<string, Json>>>(items: readonly T[], date: string): T[] {
  return items.filter((item) => {
    const from = item.valid_from;
    const to = item.valid_to;
    return (typeof from !== "string" || from <= date) && (typeof to !== "string" || date <= to);
  });
}

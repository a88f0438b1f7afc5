import { computed, effect, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type { Code, Question, Template } from "../domain/checklist";
import type { Json } from "../domain/json";
import { allEntities, type EntityView, entitiesOf, entity, streams, value } from "./replica";
import { session } from "./session";

export type { Code, Question, Template } from "../domain/checklist";

export interface Place {
  readonly name: string;
  readonly lat?: number;
  readonly lon?: number;
}

export interface Team {
  readonly id: string;
  readonly leader: string;
  readonly members: readonly string[];
  readonly vehicle: string;
}

export interface Words {
  readonly sv: string;
  readonly en: string;
}

/** One operation (evening) as its shared stream tells it. `id` is the uuid in its stream names. */
export interface OperationView {
  id: string;
  entity: EntityView;
  number: number | null;
  title: Words;
  date: string;
  start: string;
  end: string;
  status: string;
  authorities: readonly string[];
  onCall: readonly string[];
  purpose: Words | null;
  staging: Place | null;
  teams: readonly Team[];
}

/** Statuses after which nobody goes out any more. */
const FINISHED: readonly string[] = ["AVSL", "EFTER", "UTV", "ARKIV", "INST"];

/** From the shared streams, newest first. */
export const operations: ReadonlySignal<OperationView[]> = computed(() => {
  const ids = streams().flatMap((stream) => /^op\/([^/]+)\/shared$/.exec(stream)?.[1] ?? []);
  const views = ids.flatMap((id) => viewOf(id) ?? []);
  return views.sort((a, b) => b.date.localeCompare(a.date) || b.id.localeCompare(a.id));
});

function viewOf(id: string): OperationView | null {
  const e = entitiesOf(shared(id), "operation")[0];
  if (!e) return null;
  const read = <T extends Json>(field: string, otherwise: T): T => value<T>(e, field) ?? otherwise;
  return {
    id,
    entity: e,
    number: value<number>(e, "number") ?? null,
    title: read<Words & Json>("title", { sv: "", en: "" }),
    date: read("date", ""),
    start: read("start", ""),
    end: read("end", ""),
    status: read("status", ""),
    authorities: read<readonly string[]>("authorities", []),
    onCall: read<readonly string[]>("on_call", []),
    purpose: value<Words & Json>(e, "purpose") ?? null,
    staging: value<Place & Json>(e, "staging") ?? null,
    teams: read<readonly (Team & Json)[]>("teams", []),
  };
}

/** The chosen operation; while nobody has chosen, the newest that is not finished, else the newest. */
export const operationId: Signal<string | null> = signal(null);
/** What was last chosen for the person: evenings arrive one by one, and an old one that came first must not stay. */
let suggested: string | null = null;

effect(() => {
  const known = operations.value;
  const chosen = operationId.value;
  if (chosen !== suggested && known.some((op) => op.id === chosen)) return;
  suggested = (known.find((op) => !FINISHED.includes(op.status)) ?? known[0])?.id ?? null;
  operationId.value = suggested;
});

export function shared(op: string): string {
  return `op/${op}/shared`;
}

export function plan(op: string): string {
  return `op/${op}/plan`;
}

/** The stream of this user's own authority. */
export function own(op: string): string {
  return `op/${op}/${session.value?.user.authority ?? ""}`;
}

const indexes = new WeakMap<readonly Code[], Map<string, Code>>();

/** The items of a code list, in its order. */
export function codes(list: string): Code[] {
  const items = value<readonly Code[]>(entity("ref", `codelist_${list}`), "items");
  return Array.isArray(items) ? (items as Code[]) : [];
}

export function code(list: string, id: string): Code | undefined {
  const items = value<readonly Code[]>(entity("ref", `codelist_${list}`), "items");
  if (!Array.isArray(items)) return undefined;
  const index = indexes.get(items) ?? new Map(items.map((item: Code) => [item.id, item]));
  indexes.set(items, index);
  return index.get(id);
}

/** The possible answers of the question types `yn`, `yna` and `grade`. */
export function answerSet(type: string): Code[] {
  const sets = value<{ readonly [type: string]: readonly Code[] }>(entity("ref", "codelist_answer_sets"), "items");
  return [...(sets?.[type] ?? [])];
}

/** A template by its pinned version, such as `ALK@1`. */
export function template(ref: string): Template | undefined {
  const e = entity("ref", `template_${ref}`);
  return e && templateOf(e);
}

const templates = new WeakMap<EntityView, Template>();

function templateOf(e: EntityView): Template {
  const known = templates.get(e) ?? readTemplate(e);
  templates.set(e, known);
  return known;
}

function readTemplate(e: EntityView): Template {
  const ref = e.id.slice("template_".length);
  const [id = "", version = "0"] = ref.split("@");
  const text = (field: string) => value<string>(e, field) ?? "";
  const note = value<string>(e, "note");
  return {
    ref,
    id,
    version: Number(version),
    sv: text("sv"),
    en: text("en"),
    authorities: value<readonly string[]>(e, "authorities") ?? [],
    premises: value<readonly string[]>(e, "premises") ?? [],
    share: text("share"),
    ...(note !== undefined && note !== null && { note }),
    questions: (value<readonly Json[]>(e, "questions") ?? []) as readonly Json[] & readonly Question[],
  };
}

/** The latest version of each template that an authority uses on a type of premises. */
export function templatesFor(authority: string, premises: string): Template[] {
  const fitting = allEntities("ref", "template")
    .filter((e) => !e.void)
    .map(templateOf)
    .filter((t) => t.authorities.includes(authority) && t.premises.some((p) => p === premises || p === "ANY"));
  const latest = new Map<string, Template>();
  for (const t of fitting) if (t.version > (latest.get(t.id)?.version ?? -1)) latest.set(t.id, t);
  return [...latest.values()];
}

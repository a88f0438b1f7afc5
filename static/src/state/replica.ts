/** What the tablet shows: replica ⊕ own changes. Reading inside a component subscribes it to that stream. */
import type { Json } from "../domain/json";
import { digest, distinct, type Head, headsOf, winner } from "../domain/merge";
import type { EntityView } from "../store/memory";
import { type ChangeState, stateOf } from "../store/own";
import { memory, sending, streamNames, watch } from "./tablet";

export type { EntityView } from "../store/memory";
export type { ChangeState } from "../store/own";

/** The streams this tablet may read. */
export function streams(): string[] {
  return [...streamNames.value];
}

/** My part in a stream. */
export function roleIn(stream: string): string | undefined {
  watch(stream);
  return memory.streams.get(stream)?.role;
}

export function entity(stream: string, id: string): EntityView | undefined {
  watch(stream);
  return memory.view(stream, id);
}

/** Live (not void) entities of a kind, sorted by id. */
export function entitiesOf(stream: string, kind: string): EntityView[] {
  return allEntities(stream, kind).filter((e) => !e.void);
}

/** Void ones included: for figures and for what was discarded. */
export function allEntities(stream: string, kind?: string): EntityView[] {
  watch(stream);
  const kinds = kind === undefined ? memory.kinds(stream) : [kind];
  return kinds.flatMap((k) => memory.list(stream, k));
}

/** The value shown first. */
export function value<T extends Json>(e: EntityView | undefined, field: string): T | undefined {
  return winner(heads(e, field))?.[1] as T | undefined;
}

/** The live values of a field, sorted by change id: hand them to `record` as `seen` when they were on the screen. */
export function heads(e: EntityView | undefined, field: string): Head[] {
  return e ? [...headsOf(e.cells, field)] : [];
}

export function inConflict(e: EntityView | undefined, field: string): boolean {
  return distinct(heads(e, field)).length > 1;
}

export interface ActorView {
  name: string;
  authority: string;
  device: string;
}

/** Who an actor is: the server names all of them in the shared stream; my own are known before that. */
export function actorName(stream: string, actor: string): ActorView | undefined {
  const shared = stream.replace(/^(op\/[^/]+)\/.*$/, "$1/shared");
  const named = entity(shared, `actor_${actor}`);
  const text = (field: string) => value<string>(named, field) ?? "";
  if (named) return { name: text("name"), authority: text("authority"), device: text("device") };
  sending.value;
  const { session } = memory;
  if (!session || !memory.isMine(actor)) return undefined;
  return { name: session.user.name, authority: session.user.authority, device: session.device.label };
}

/** How far my own latest change of a cell has come; what others wrote is here because the server received it. */
export function isPending(e: EntityView | undefined, field: string): ChangeState {
  sending.value;
  if (!e) return "received";
  const own = memory.own.latest(e.stream, e.id, field);
  if (own) return stateOf(own, (row) => memory.isBackedUp(row));
  // My commits are forgotten only when a backup covers them.
  const shown = winner(headsOf(e.cells, field));
  return shown && memory.isMine(shown[2]) ? "backed-up" : "received";
}

/** The digest of a replica without own changes, and its cursor: equal to the server's when both stand at the same place. */
export function replicaDigest(stream: string): { seq: number; digest: string } {
  watch(stream);
  return { seq: memory.streams.get(stream)?.cursor ?? 0, digest: digest(memory.replica(stream)) };
}

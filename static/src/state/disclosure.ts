/** What this authority hands over and what was handed over to it, as the tablet knows it. */
import {
  type CopiedItem,
  copied,
  copyHash,
  type Disclosed,
  type Disclosure,
  type Item,
  itemOf,
  type Lists,
  lawfulGrounds,
} from "../domain/disclosure";
import { codes, own } from "./operation";
import { newEntity, record } from "./recording";
import { type EntityView, entitiesOf, entity, heads, roleIn, value } from "./replica";
import { session } from "./session";
import { codeOf, isHeld } from "./versions";

/** Who may hand over; whatever is pressed, the server has the last word. */
const DISCLOSERS: readonly string[] = ["INSLED", "LAGLED", "FUL", "SKRIVSK", "MYNDSAM"];

export function mayDisclose(stream: string): boolean {
  return DISCLOSERS.includes(session.value?.user.role ?? "") && roleIn(stream) === "writer";
}

export function lists(): Lists {
  return { grounds: codes("disclosure_grounds"), authorities: codes("authorities") };
}

/** The grounds from one's own authority to another on a day. */
export function groundsTo(to: string, day: string) {
  return lawfulGrounds(lists(), session.value?.user.authority ?? "", to, day);
}

/** What is named of a cell, as it stands on the screen; null where it is empty or waits for somebody's decision. */
export function shownItem(view: EntityView, field: string): Item | null {
  return heads(view, field).some(([id]) => isHeld(id)) ? null : itemOf(view.id, field, view.cells);
}

/** Exactly what the recipient will get; null where something has changed since it was named. */
export function previewOf(stream: string, items: readonly Item[]): CopiedItem[] | null {
  const cells = Object.fromEntries(items.map(({ e }) => [e, entity(stream, e)?.cells ?? {}]));
  return copied(items, cells);
}

/** Records a disclosure of this copy; the server hands it over when it arrives. */
export async function disclose(
  op: string,
  said: Omit<Disclosure, "items" | "hash">,
  items: readonly Item[],
  copy: readonly CopiedItem[],
): Promise<string> {
  const e = newEntity("disclosure");
  const v = { ...said, items: items.map((item) => ({ ...item })), hash: copyHash(copy) };
  await record(own(op), [{ e, f: "of", v, seen: [] }]);
  return e;
}

export type Progress =
  | { readonly state: "waiting" }
  | { readonly state: "received" }
  | { readonly state: "delivered"; readonly at: number; readonly copy: readonly CopiedItem[] }
  | { readonly state: "held"; readonly code: string };

export interface Given {
  readonly id: string;
  readonly said: Disclosure;
  readonly actor: string;
  readonly at: number;
  readonly progress: Progress;
}

/** What this authority handed over of a visit, newest first. */
export function givenOf(op: string, visit: string): Given[] {
  const stream = own(op);
  const found = entitiesOf(stream, "disclosure").flatMap((view): Given[] => {
    const head = heads(view, "of")[0];
    if (!head) return [];
    const said = head[1] as unknown as Disclosure;
    const progress = progressOf(stream, view.id, head[0], head[5] !== null);
    return said.visit === visit ? [{ id: view.id, said, actor: head[2], at: head[3], progress }] : [];
  });
  return found.sort((a, b) => b.at - a.at);
}

/** Handed over is said on the server's mark alone. */
function progressOf(stream: string, id: string, change: string, isHere: boolean): Progress {
  const mark = entity(stream, id.replace("disclosure_", "delivered_"));
  const head = heads(mark, "of")[0];
  if (head) {
    const { items } = head[1] as unknown as { readonly items: readonly CopiedItem[] };
    return { state: "delivered", at: head[4], copy: items };
  }
  if (isHeld(change)) return { state: "held", code: codeOf(change) ?? "" };
  return { state: isHere ? "received" : "waiting" };
}

export interface Received {
  readonly id: string;
  readonly told: Disclosed;
}

/** What other authorities handed over of a visit, newest first. */
export function receivedOf(op: string, visit: string): Received[] {
  const found = entitiesOf(own(op), "disclosed").flatMap((view): Received[] => {
    const told = value(view, "of") as Disclosed | undefined;
    return told?.visit === visit ? [{ id: view.id, told }] : [];
  });
  return found.sort((a, b) => b.told.at - a.told.at);
}

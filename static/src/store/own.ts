import type { Change } from "../domain/change";
import type { OwnChange } from "../domain/overlay";
import type { CommitRow, Decided, UnsealedRow } from "./schema";

/** A change of this tablet: recorded, or in a kept commit. */
export interface Own {
  readonly change: Change;
  readonly stream: string;
  readonly actor: string;
  /** While not sealed: when it was saved (ms), and its group. */
  readonly unsealed?: UnsealedRow;
  readonly commit?: CommitRow;
}

export type ChangeState = "local" | "received" | "backed-up" | "held" | "rejected";

/** Where a change stands against the replica at `cursor`. */
export function partOf(own: Own, cursor: number): OwnChange["part"] {
  const { change, commit } = own;
  if (!commit) return "shown";
  const verdict = commit.result?.changes[change.id]?.verdict;
  if (commit.refused || verdict === "rejected") return "refused";
  if (verdict === "held" || decisionOf(commit.decided, change.id)) return partOfHeld(commit, change.id, cursor);
  const isPlaced = commit.placed && commit.placed.seq <= cursor;
  const isSkipped = !commit.result && commit.placed?.skip.includes(change.id);
  return isPlaced && !isSkipped ? "applied" : "shown";
}

/** A held change is shown to its author until it is denied, replaced by a later own one, or in the replica. */
function partOfHeld({ decided, overtaken }: CommitRow, id: string, cursor: number): OwnChange["part"] {
  const decision = decisionOf(decided, id);
  if (decision?.verdict === "denied") return "refused";
  if (decision && decision.from <= cursor) return "applied";
  return overtaken?.includes(id) ? "applied" : "shown";
}

export function decisionOf(decided: CommitRow["decided"], id: string): Decided | undefined {
  return decided && Object.hasOwn(decided, id) ? decided[id] : undefined;
}

function isUnsent({ commit }: Own): boolean {
  return !commit || (!commit.result && !commit.refused);
}

/** What may be said of a change. `isBackedUp`: whether a verified backup has a commit. */
export function stateOf(own: Own, isBackedUp: (row: CommitRow) => boolean): ChangeState {
  const { change, commit } = own;
  if (commit?.refused) return "rejected";
  if (!commit?.result) return "local";
  const verdict = commit.result.changes[change.id]?.verdict;
  const decision = decisionOf(commit.decided, change.id);
  if (decision?.verdict === "denied") return "rejected";
  if ((verdict === "held" && !decision) || verdict === "rejected") return verdict;
  return isBackedUp(commit) ? "backed-up" : "received";
}

/** The own changes of all kept commits and of what is not sealed, by id and by entity. */
export class OwnChanges {
  readonly #byId = new Map<string, Own>();
  readonly #byEntity = new Map<string, Map<string, Own>>();
  readonly #unsent = new Map<string, Own>();
  readonly #here = new Set<string>();
  readonly #vanished = new Set<string>();

  clear(): void {
    this.#byId.clear();
    this.#byEntity.clear();
    this.#unsent.clear();
  }

  /** This window recorded `id`, and where changes were coalesced, `removed` never left the tablet. */
  recordedHere(id: string, removed: readonly string[]): void {
    this.#here.add(id);
    for (const gone of removed) this.#vanished.add(gone);
  }

  /** Whether the person at this window entered the change: it was before their eyes, though perhaps not rendered yet. */
  isFromHere(id: string): boolean {
    return this.#here.has(id);
  }

  /** Whether the id was given up by coalescing: nobody will ever see it, so nobody needs to hear that it is replaced. */
  hasVanished(id: string): boolean {
    return this.#vanished.has(id);
  }

  /** Another person sits at this window now. */
  forgetHere(): void {
    this.#here.clear();
  }

  put(own: Own): void {
    const key = `${own.stream} ${own.change.e}`;
    const here = this.#byEntity.get(key) ?? new Map<string, Own>();
    this.#byEntity.set(key, here.set(own.change.id, own));
    this.#byId.set(own.change.id, own);
    if (isUnsent(own)) this.#unsent.set(own.change.id, own);
    else this.#unsent.delete(own.change.id);
  }

  delete(id: string): void {
    const own = this.#byId.get(id);
    if (!own) return;
    this.#byId.delete(id);
    this.#unsent.delete(id);
    this.#byEntity.get(`${own.stream} ${own.change.e}`)?.delete(id);
  }

  get(id: string): Own | undefined {
    return this.#byId.get(id);
  }

  all(): Iterable<Own> {
    return this.#byId.values();
  }

  /** Those that the server has not judged yet. Kept apart, because every request tells how many there are. */
  unsent(): Iterable<Own> {
    return this.#unsent.values();
  }

  ofEntity(stream: string, entity: string): readonly Own[] {
    return [...(this.#byEntity.get(`${stream} ${entity}`)?.values() ?? [])];
  }

  /** The newest own change of a cell. */
  latest(stream: string, entity: string, field: string): Own | undefined {
    return this.ofEntity(stream, entity)
      .filter((o) => o.change.f === field)
      .reduce<Own | undefined>((best, o) => (best && best.change.id > o.change.id ? best : o), undefined);
  }
}

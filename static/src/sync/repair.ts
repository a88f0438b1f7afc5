import { readBody } from "../domain/commit";
import { withRoom } from "../store/room";
import type { ActorRow, CommitRow, UnsealedRow } from "../store/schema";
import { startingWith } from "../store/schema";
import type { Tablet } from "../store/tablet";
import { type Stores, strictly, type Writing } from "../store/transaction";
import { createActor } from "./actor";

/** An envelope is refused for good only after this many rounds: a line cut short on the way looks like a bad one. */
export const STRIKES = 3;

/** The server misses commits before `row`: send from `expect`, or, where that is no longer to be had, begin anew. */
export async function closeGap(tablet: Tablet, row: CommitRow, expect: number): Promise<void> {
  // Asked for by its own number, what is missing is the one before: the server has another commit in that place, a clone's.
  const start = expect === row.n ? expect - 1 : expect;
  const from = await tablet.db.get("commits", [row.actor, row.stream, start]);
  if (from && !from.pruned && !from.refused && expect <= row.n) return rewind(tablet, row.actor, row.stream, start);
  await resealFrom(tablet, row);
}

/** Forgets the results of a chain from `n` on, so that its kept commits are sent again. */
export async function rewind(tablet: Tablet, actor: string, stream: string, n: number): Promise<void> {
  const forget = (tx: Writing<"commits">) => forgetResults(tx, (row) => isFrom(row, actor, stream, n));
  await withRoom(tablet, () => strictly(tablet.db, ["commits"], forget));
  await reload(tablet);
}

export async function forgetResults(
  tx: Pick<Writing<Stores>, "objectStore">,
  isMeant: (row: CommitRow) => boolean,
): Promise<void> {
  const commits = tx.objectStore("commits");
  const rows = (await commits.getAll()).filter((row) => !row.pruned && isMeant(row));
  await Promise.all(rows.map((row) => commits.put(unjudged(row))));
}

/**
 * A server that lost commits may have lost bytes that it had verified: ask again, and send what is missing. Only what a
 * backup had was ever deleted here.
 */
export async function doubtPhotos(tx: Writing<Stores>): Promise<void> {
  const photos = tx.objectStore("photos");
  const rows = (await photos.getAll()).filter((p) => p.state === "verified" && !p.dropped);
  await Promise.all(rows.map(({ backed: _backed, ...row }) => photos.put({ ...row, state: "local" })));
}

/** The receipt stays: it proves what the server once said. What was decided, `hello` tells again as far as it still stands. */
function unjudged(row: CommitRow): CommitRow {
  const { result: _result, placed: _placed, decided: _decided, ...rest } = row;
  return rest;
}

function isFrom(row: CommitRow, actor: string, stream: string, n: number): boolean {
  return row.actor === actor && row.stream === stream && row.n >= n;
}

/** The chain is forked or broken: from now on another actor of the same user seals, what is unsealed included. */
export async function retireActor(tablet: Tablet, actor: string): Promise<ActorRow | null> {
  const row = await tablet.db.get("actors", actor);
  if (!row) return null;
  const heir = heirOf(tablet, row) ?? (await createActor(tablet, row.user));
  const hand = async (tx: Writing<"actors" | "unsealed">) => {
    await tx.objectStore("actors").put({ ...row, retired: true });
    const unsealed = tx.objectStore("unsealed");
    const orphans = (await unsealed.getAll()).filter((u) => u.actor === actor);
    await Promise.all(orphans.map((u) => unsealed.put({ ...u, actor: heir.id })));
  };
  await withRoom(tablet, () => strictly(tablet.db, ["actors", "unsealed"], hand));
  await reload(tablet);
  return heir;
}

function heirOf({ memory }: Tablet, row: ActorRow): ActorRow | undefined {
  return [...memory.actors.values()].find((a) => a.user === row.user && !a.retired && a.id !== row.id);
}

/**
 * The server refused an envelope. After some rounds its changes go their own ways: each is sealed alone by another actor,
 * and one that is refused alone is kept here and shown. So one bad change can never hold up the rest.
 */
export async function refuse(tablet: Tablet, row: CommitRow, code: string): Promise<void> {
  const strikes = (row.strikes ?? 0) + 1;
  // The first commit of a fresh key with a bad signature is no bad change: server or link are out of order. Only wait.
  const isBeyondUs = code === "bad-signature" && row.n === 1;
  const isAlone = unitsIn(row) === 1;
  const isOver = strikes >= STRIKES && !isBeyondUs;
  const judged = { ...row, strikes, ...(isOver && isAlone && { refused: code }) };
  await withRoom(tablet, () => strictly(tablet.db, ["commits"], (tx) => tx.objectStore("commits").put(judged)));
  tablet.memory.committed([judged]);
  if (isOver) await resealFrom(tablet, { ...row, n: isAlone ? row.n + 1 : row.n }, isAlone ? null : row.n);
}

function unitsIn(row: CommitRow): number {
  return new Set(readBody(row.b).map(({ change }) => row.groups?.[change.id] ?? change.id)).size;
}

/** Moves what the server never took, from `row` on, back to be sealed by another actor; commit `alone` falls apart. */
async function resealFrom(tablet: Tablet, row: CommitRow, alone: number | null = null): Promise<void> {
  const heir = await retireActor(tablet, row.actor);
  if (!heir) return;
  const move = async (tx: Writing<"commits" | "unsealed">) => {
    const commits = tx.objectStore("commits");
    const chain = await commits.getAll(startingWith(row.actor, row.stream));
    const unsent = chain.filter((c) => c.n >= row.n && !c.result && !c.refused && !c.pruned);
    const rows = unsent.flatMap((c) => unsealedOf(c, heir.id, c.n === alone));
    await Promise.all(rows.map((u) => tx.objectStore("unsealed").put(u)));
    await Promise.all(unsent.map((c) => commits.delete([c.actor, c.stream, c.n])));
  };
  await withRoom(tablet, () => strictly(tablet.db, ["commits", "unsealed"], move));
  await reload(tablet);
}

/** The changes as they were recorded, with their ids: should the server have them after all, they are duplicates. */
function unsealedOf(commit: CommitRow, actor: string, alone: boolean): UnsealedRow[] {
  return readBody(commit.b).map(({ change }) => {
    const group = commit.groups?.[change.id];
    return { change, stream: commit.stream, actor, saved: 0, ...(group && { group }), ...(alone && { alone }) };
  });
}

async function reload(tablet: Tablet): Promise<void> {
  await tablet.memory.loadOwn(tablet.db);
  tablet.announce("own");
}

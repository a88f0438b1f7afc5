import { FIRST_CHAIN } from "../domain/commit";
import { canonical } from "../domain/json";
import { purgeStreams } from "../store/purge";
import { withRoom } from "../store/room";
import type { ChainRow, CommitRow, Meta, StreamRow } from "../store/schema";
import { loosely, readMeta, type Stores, type Writing } from "../store/transaction";
import { asKnownActor, namedActor, registerActors } from "./actor";
import { noteHead, type Sync } from "./context";
import { keepDecisions } from "./decisions";
import type { Hello, HelloChain, HelloStream } from "./protocol";
import { prune } from "./prune";
import { doubtPhotos, forgetResults, retireActor } from "./repair";

/** Greets the server and does all that its answer asks for but sending and pulling. */
export async function greet(sync: Sync): Promise<void> {
  const { state, tablet } = sync;
  const [before, last, isInDoubt] = [tablet.now(), state.lastHello, state.isInDoubt];
  // Noted when it is sent: whoever asks for another one meanwhile (with 0) asks for more than this answer can say.
  state.lastHello = before;
  state.isInDoubt = false;
  try {
    await greetAt(sync, before, isInDoubt);
  } catch (error) {
    if (state.lastHello === before) state.lastHello = last;
    state.isInDoubt ||= isInDoubt;
    throw error;
  }
}

async function greetAt(sync: Sync, before: number, isInDoubt: boolean): Promise<void> {
  const hello = await asKnownActor(sync, () => sync.api.hello());
  const now = sync.tablet.now();
  await keepFacts(sync, hello, hello.now - (before + now) / 2, isInDoubt || sync.state.isInDoubt);
  sync.state.right = hello.right ?? "read";
  // Whoever has only not been here for long keeps what they have read; they learn what has become of it with the next code.
  const mayGo = sync.state.right === "lapsed" ? [] : [...sync.tablet.memory.streams.keys()];
  const gone = mayGo.filter((name) => !(name in hello.streams));
  if (gone.length > 0) await purgeStreams(sync.tablet, gone);
  for (const name of gone) sync.state.heads.delete(name);
  await keepDecisions(sync, hello);
  await keepStable(sync, hello);
  await replaceActor(sync, hello);
  await prune(sync.tablet);
}

/** The key was distrusted with an earlier session; who was let in again goes on with one that is not. */
async function replaceActor(sync: Sync, { actor }: Hello): Promise<void> {
  if (sync.state.right !== "read" || actor?.status !== "revoked") return;
  await retireActor(sync.tablet, actor.id);
  await registerActors(sync);
}

/** What an answer means for this tablet. `resets`: streams whose replica is to be taken anew; `lost`: hashes of commits. */
interface News {
  readonly hello: Hello;
  readonly off: number;
  /** The server's keys are not pinned yet, or not all of them. */
  readonly isFirst: boolean;
  readonly isNewEpoch: boolean;
  readonly streams: readonly StreamRow[];
  readonly resets: readonly string[];
  readonly lost: ReadonlySet<string>;
}

async function keepFacts(sync: Sync, hello: Hello, off: number, isInDoubt: boolean): Promise<void> {
  const { db, memory } = sync.tablet;
  const [epoch, server] = await Promise.all([readMeta(db, "epoch"), readMeta(db, "server")]);
  // A server with another key cannot give receipts that count; what it sends is read, what it claims is not believed.
  sync.state.isOtherServer = server !== undefined && !isSame(server, hello.server);
  const isNewEpoch = epoch !== undefined && epoch !== hello.epoch;
  const told = Object.entries(hello.streams);
  const streams = told.map(([name, t]) => next(memory.streams.get(name), name, t, isNewEpoch));
  const resets = streams.filter((s) => s.reset && !memory.streams.get(s.stream)?.reset).map((s) => s.stream);
  const lost = lostCommits(sync, hello, isInDoubt || resets.length > 0);
  const isFirst = server === undefined || (!server.seal && server.key === hello.server.key);
  const news: News = { hello, off, isFirst, isNewEpoch, streams, resets, lost };
  await storeNews(sync, news);
  await keepUser(sync, hello);
  noteHeads(sync, news);
  if (isRewound(news) || streams.length !== memory.streams.size) await memory.load(db);
  memory.off = off;
}

/** A key that this tablet has not pinned yet (a server of before it sealed anything) is no difference. */
function isSame(pinned: Meta["server"], told: Hello["server"]): boolean {
  return pinned.key === told.key && (!pinned.seal || !told.seal || pinned.seal === told.seal);
}

function isRewound({ isNewEpoch, resets, lost }: News): boolean {
  return isNewEpoch || resets.length > 0 || lost.size > 0;
}

function storeNews({ tablet }: Sync, news: News): Promise<void> {
  const { hello, off, isFirst, isNewEpoch, streams, resets, lost } = news;
  const stores: Stores[] = ["meta", "replicas", ...(isRewound(news) ? (["commits", "photos"] as const) : [])];
  const keep = async (tx: Writing<Stores>) => {
    const meta = tx.objectStore("meta");
    await Promise.all([meta.put(hello.epoch, "epoch"), meta.put(off, "off")]);
    if (isFirst) await meta.put(hello.server, "server");
    await Promise.all(streams.map((row) => keepStream(tx, row)));
    if (!isRewound(news)) return;
    await forgetResults(tx, (c) => isNewEpoch || resets.includes(c.stream) || lost.has(c.hash));
    await doubtPhotos(tx);
  };
  return withRoom(tablet, () => loosely(tablet.db, stores, keep));
}

function noteHeads({ state }: Sync, { isNewEpoch, streams }: News): void {
  if (isNewEpoch) state.heads.clear();
  for (const { stream, head, reset } of streams) {
    if (reset) state.heads.set(stream, head);
    else noteHead(state, stream, head);
  }
}

/** The person's name, authority or role may have been changed since this tablet was enrolled. */
async function keepUser({ tablet }: Sync, { user }: Hello): Promise<void> {
  const { session } = tablet.memory;
  if (session?.user.id !== user.id || canonical({ ...session.user }) === canonical({ ...user })) return;
  await loosely(tablet.db, ["meta"], (tx) => tx.objectStore("meta").put({ ...session, user }, "session"));
  await tablet.memory.loadOwn(tablet.db);
}

/** What to know of a stream from now on: new ones begin empty, those that cannot be continued take a snapshot. */
function next(known: StreamRow | undefined, stream: string, told: HelloStream, isNewEpoch: boolean): StreamRow {
  const { role, head } = told;
  if (!known) return begun({ stream, role, head, cursor: head, chain: told.chain, reset: false });
  const isOtherChain = head === known.cursor && told.chain !== known.chain;
  return { ...known, role, head, reset: known.reset || isNewEpoch || head < known.cursor || isOtherChain };
}

/**
 * Another tab may have pulled since, or found that the replica must be taken anew: that stands. A replica that was purged since
 * (somebody else enrols, a part ended) begins anew: a cursor without its entities would be a stream that stays empty for good.
 */
async function keepStream(tx: Writing<Stores>, row: StreamRow): Promise<void> {
  const store = tx.objectStore("replicas");
  const stored = await store.get(row.stream);
  if (stored) await store.put({ ...row, cursor: stored.cursor, chain: stored.chain, reset: row.reset || stored.reset });
  else await store.put(begun(row));
}

/** A stream of which nothing is here yet. */
function begun(row: StreamRow): StreamRow {
  return { ...row, cursor: 0, chain: FIRST_CHAIN, reset: row.head > 0 };
}

/**
 * Commits that this tablet has a receipt for and the server no longer has. The number of a fork says nothing of that: one is
 * in doubt once anything else shows that the server is not what it was (`isInDoubt`). To send again what it has is harmless.
 */
function lostCommits({ tablet }: Sync, hello: Hello, isInDoubt: boolean): Set<string> {
  const ends = new Map(chainsIn(hello, namedActor(tablet)).map((told) => [chainKey(told), told.n]));
  const kept = [...tablet.memory.commits.values()].filter((c) => c.result && !c.pruned);
  // A server that tells all chains of this user here has none of one that it does not tell: it has forgotten it whole.
  const isTold = ({ actor }: CommitRow) => hello.chains !== undefined && tablet.memory.isMine(actor);
  const endOf = (c: CommitRow) => ends.get(chainKey(c)) ?? (isTold(c) ? 0 : Number.POSITIVE_INFINITY);
  const gone = kept.filter((c) => !c.result?.forked && c.n > endOf(c));
  const forks = isInDoubt || gone.length > 0 ? kept.filter((c) => c.result?.forked) : [];
  return new Set([...gone, ...forks].map((c) => c.hash));
}

function chainKey({ actor, stream }: { actor: string; stream: string }): string {
  return `${actor} ${stream}`;
}

/**
 * How far the server has each chain of this user on this device, and how far backups cover it: those of the named actor in
 * the streams it reads, an empty one where the server has none, and all others that are told, of forked and replaced actors
 * and of streams that were taken away.
 */
function chainsIn(hello: Hello, actor: string | null): HelloChain[] {
  const named = actor ? Object.entries(hello.streams) : [];
  const mine = named.map(([stream, { mine }]) => ({
    actor: actor ?? "",
    stream,
    n: mine?.n ?? 0,
    stable: mine?.stable ?? 0,
  }));
  return [...(hello.chains ?? []), ...mine];
}

/** Notes up to where backups cover the chains that the answer speaks of; after a restore that may be less than before. */
async function keepStable({ tablet }: Sync, hello: Hello): Promise<void> {
  const moved = chainsIn(hello, namedActor(tablet)).flatMap(({ actor, stream, stable }): ChainRow[] => {
    const chain = tablet.memory.chain(actor, stream);
    return chain.n > 0 && stable !== chain.stable ? [{ ...chain, stable }] : [];
  });
  if (moved.length === 0) return;
  const chains = await loosely(tablet.db, ["chains"], (tx) => Promise.all(moved.map((row) => moveStable(tx, row))));
  for (const row of chains) tablet.memory.setChain(row);
  tablet.memory.announceStatus();
}

async function moveStable(tx: Writing<"chains">, row: ChainRow): Promise<ChainRow> {
  const store = tx.objectStore("chains");
  const stored = await store.get([row.actor, row.stream]);
  const moved = { ...(stored ?? row), stable: row.stable };
  await store.put(moved);
  return moved;
}

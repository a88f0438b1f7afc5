/** How the server of the tests takes commits: custody first, then a verdict on each change. */
import type { Change } from "../domain/change";
import { type Header, hashOf, publicKey, readBody, verify } from "../domain/commit";
import { mergeInto, type Origin } from "../domain/merge";
import type { EntryLine, PushError, PushResult } from "./protocol";
import { append, type State, type Stored, streamIn } from "./testState";

export interface PushWorld {
  readonly state: State;
  now(): number;
  isWriter(user: string, stream: string): boolean;
  judge(change: Change): { verdict: "held" | "rejected"; code: string } | null;
  envelope(header: Header, body: string): string | null;
  /** The results of a receipt that a line brought, if it is ours. */
  proven(receipt: string): Promise<readonly { hash: string; received: number }[]>;
}

export type Line = EntryLine & { readonly r?: string };

export async function take(world: PushWorld, line: Line, header: Header): Promise<PushResult | PushError> {
  const hash = hashOf(line.h);
  const fault = await faultOf(world, line, header);
  const proof = line.r ? (await world.proven(line.r)).find((p) => p.hash === hash) : undefined;
  // From here on nothing is awaited: what the real server does in one write transaction.
  const { state } = world;
  const known = state.custody.get(hash);
  if (known) return known.result;
  if (fault) return fault;
  const key = `${header.actor} ${header.stream}`;
  const chain = state.chains.get(key) ?? { n: 0, head: "", stable: 0 };
  const forked = header.prev !== chain.head;
  if (!forked) state.chains.set(key, { ...chain, n: header.n, head: hash });
  const received = proof?.received ?? world.now();
  const result = { ...merge(world, line, header, hash, received), forked };
  state.custody.set(hash, { result, prev: header.prev, line });
  admitEarlier(world, hash);
  return result;
}

async function faultOf(world: PushWorld, { h, b, s }: Line, header: Header): Promise<PushError | null> {
  const { state } = world;
  const actor = state.actors.get(header.actor);
  if (!actor) return { type: "urn:insats:actor-unknown" };
  const isSigned = header.body === hashOf(b) && (await verify(await publicKey(actor.key), s, h));
  if (!isSigned) return { type: "urn:insats:bad-signature" };
  const code = world.envelope(header, b);
  if (code) return { type: `urn:insats:${code}` };
  const parent = state.custody.get(header.prev)?.result;
  const isChild = header.prev === "" ? header.n === 1 : parent?.actor === header.actor && parent.n === header.n - 1;
  const chain = state.chains.get(`${header.actor} ${header.stream}`);
  return isChild ? null : { type: "urn:insats:chain-gap", expect: (chain?.n ?? 0) + 1 };
}

interface Admission {
  readonly change: string;
  readonly commit: string;
  readonly admit: boolean;
  readonly reason: string;
}

function admissionIn({ e, f, v }: Change): Admission | null {
  if (!e.startsWith("admission_") || f !== "verdict" || v === null) return null;
  return { ...(v as unknown as Admission), change: e.slice("admission_".length) };
}

function merge(world: PushWorld, line: Line, header: Header, hash: string, received: number): PushResult {
  const { actor, stream: name, n, off } = header;
  const stream = streamIn(world.state, name);
  const changes: PushResult["changes"] = {};
  const dead: string[] = [];
  const admissions: Admission[] = [];
  let isEffective = false;
  for (const { change } of readBody(line.b)) {
    const verdict = world.judge(change) ?? hold(world, header, change);
    if (verdict) {
      changes[change.id] = verdict;
      if (verdict.verdict === "held") holdRow(world, header, hash, received, change, verdict.code);
      continue;
    }
    const t = Math.min(change.at + off, received);
    const outcome = mergeOne(world, name, change, { actor, t, seq: stream.head + 1 });
    if (outcome === "duplicate") changes[change.id] = { verdict: "duplicate" };
    else if (outcome === "id_reused") changes[change.id] = { verdict: "rejected", code: "id_reused" };
    else isEffective = true;
    if (outcome === "dead") dead.push(change.id);
    const admission = outcome === "applied" ? admissionIn(change) : null;
    if (admission) admissions.push(admission);
  }
  const skip = Object.keys(changes).sort();
  const seq = isEffective ? append(world.state, name, line, { commit: hash, received, skip, dead }) : null;
  for (const admission of admissions) decide(world, admission);
  return { actor, stream: name, n, hash, seq, received, forked: false, changes };
}

function mergeOne(world: PushWorld, name: string, change: Change, origin: Origin) {
  const stream = streamIn(world.state, name);
  const cells = stream.world[change.e] ?? {};
  stream.world[change.e] = cells;
  return mergeInto(cells, stream.retired, change, origin);
}

function hold(world: PushWorld, header: Header, change: Change): { verdict: "held"; code: string } | null {
  const user = world.state.actors.get(header.actor)?.user ?? "";
  const admission = admissionIn(change);
  const held = admission && world.state.held.get(`${admission.commit} ${admission.change}`);
  const isOwn = held && world.state.actors.get(held.actor)?.user === user;
  return world.isWriter(user, header.stream) && !isOwn ? null : { verdict: "held", code: "no_authority" };
}

function holdRow(world: PushWorld, h: Header, commit: string, received: number, change: Change, code: string): void {
  const { actor, stream, n } = h;
  const row = { stream, commit, actor, n, received, change, code, decided: null, reason: "" };
  world.state.held.set(`${commit} ${change.id}`, row);
}

/** An admitted change stays admitted; a denied one may be admitted later. */
function decide(world: PushWorld, { commit, change, admit, reason }: Admission): void {
  const key = `${commit} ${change}`;
  if (!world.state.verdicts.get(key)?.admit) world.state.verdicts.set(key, { admit, reason });
  const stored = world.state.custody.get(commit);
  if (stored) carryOut(world, stored, change);
}

/** The admission of a commit that a restored server gets only now. */
function admitEarlier(world: PushWorld, commit: string): void {
  const stored = world.state.custody.get(commit);
  for (const row of world.state.held.values())
    if (row.commit === commit && stored) carryOut(world, stored, row.change.id);
}

function carryOut({ state, ...world }: PushWorld, { result, line }: Stored, change: string): void {
  const row = state.held.get(`${result.hash} ${change}`);
  const verdict = state.verdicts.get(`${result.hash} ${change}`);
  if (!row || !verdict || row.decided === "admitted") return;
  row.decided = verdict.admit ? "admitted" : "denied";
  row.reason = verdict.reason;
  if (!verdict.admit) return;
  const header = JSON.parse(line.h) as Header;
  const t = Math.min(row.change.at + header.off, row.received);
  const seq = streamIn(state, row.stream).head + 1;
  const outcome = mergeOne({ state, ...world }, row.stream, row.change, { actor: row.actor, t, seq });
  if (outcome !== "applied" && outcome !== "dead") return;
  const dead = outcome === "dead" ? [change] : [];
  append(state, row.stream, line, { commit: result.hash, received: row.received, skip: [], dead, only: [change] });
}

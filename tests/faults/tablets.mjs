// Real tablets for the tests in Python: the client's own engine and store over an IndexedDB in memory, real sockets, real time.
// A command a line in, an answer a line out; commands run beside each other.
import { createHash, randomFillSync } from "node:crypto";
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { createInterface } from "node:readline";

// The sources import each other without an ending, and a name out of JSON, as bundlers allow; Node itself strips their types.
registerHooks({
  resolve: (name, context, next) => next(/^\.\.?\/[\w/-]+$/.test(name) ? `${name}.ts` : name, context),
  load: (url, context, next) => (url.endsWith("/package.json") ? packageOf(url) : next(url, context)),
});
const packageOf = (url) => {
  const { version } = JSON.parse(readFileSync(new URL(url), "utf8"));
  return { format: "module", shortCircuit: true, source: `export const version = ${JSON.stringify(version)};` };
};
process.removeAllListeners("warning");

const client = new URL("../../static/", import.meta.url);
await import(new URL("node_modules/fake-indexeddb/auto/index.mjs", client));
const load = (name) => import(new URL(`src/${name}.ts`, client));
const { Memory } = await load("store/memory");
const { openStore } = await load("store/open");
const { createSave } = await load("store/save");
const { strictly } = await load("store/transaction");
const { createActor } = await load("sync/actor");
const { createEngine } = await load("sync/engine");
const { pendingOf } = await load("sync/pending");
const { digest } = await load("domain/merge");
const { newId } = await load("domain/ids");

const tablets = new Map();

async function open({ name, base, session, timeouts }) {
  const db = await openStore(name);
  const memory = new Memory();
  const tablet = { db, memory, now: () => Date.now(), announce: () => undefined, lost: () => undefined };
  await memory.load(db);
  await strictly(db, ["meta"], (tx) => tx.objectStore("meta").put(session, "session"));
  await memory.loadOwn(db);
  await createActor(tablet, session.user.id);
  const fetch = (path, init) =>
    globalThis.fetch(base + path, { ...init, headers: { ...init.headers, "X-Tablet": name } });
  const engine = createEngine(tablet, { fetch, timeouts });
  const save = createSave(tablet, () => engine.wake("save"));
  tablets.set(name, { tablet, memory, engine, save, ids: new Set(), photos: [], taps: 0, entities: new Map() });
  return null;
}

/** A generator of numbers in [0, 1) from a seed (mulberry32): the same recordings for the same seed. */
function chanceOf(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

const heads = (one, stream, e, f) => [...(one.memory.view(stream, e)?.cells[f] ?? [])];

/** One thing that people do: a number everybody writes, a running count, a note to one's own, now and then a photo. */
async function record(one, chance, { shared, own, visit, photoBytes }) {
  const dice = chance();
  if (dice < 0.3) {
    const v = Math.floor(chance() * 100);
    const write = { stream: shared, e: visit, f: "persons", v };
    await one.save(() => ({ writes: [{ ...write, seen: heads(one, shared, visit, "persons") }] }));
  } else if (dice < 0.7) {
    one.tally ??= `tally_${newId(Date.now())}`;
    one.taps += 1;
    const v = { visit, of: "seizure", code: "SPELAUTOMAT", qty: one.taps, unit: "ST" };
    const write = { stream: shared, e: one.tally, f: "entry", v };
    await one.save(() => ({ writes: [{ ...write, seen: heads(one, shared, one.tally, "entry") }] }));
  } else if (dice < 0.95) {
    const e = `note_${newId(Date.now())}`;
    await one.save(() => ({ writes: [{ stream: own, e, f: "text", v: `å ${chance()}`, seen: [] }] }));
    one.entities.set(e, own);
  } else await photo(one, own, visit, photoBytes);
}

async function photo(one, stream, visit, size) {
  const bytes = new Uint8Array(size);
  for (let at = 0; at < size; at += 65_536) randomFillSync(bytes, at, Math.min(65_536, size - at));
  bytes.set([0xff, 0xd8, 0xff, 0xe0]);
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  const e = `photo_${newId(Date.now())}`;
  const value = { sha256, size, mime: "image/jpeg" };
  const blobs = [{ sha256, mime: value.mime, kind: "blob", bytes: bytes.buffer, stream, added: Date.now() }];
  const writes = [
    { stream, e, f: "visit", v: visit, seen: [] },
    { stream, e, f: "blob", v: value, seen: [] },
  ];
  await one.save(() => ({ writes, blobs }));
  one.photos.push(sha256);
  one.entities.set(e, stream);
}

/** Records until told to rest. */
async function live(one, question) {
  const chance = chanceOf(question.seed);
  one.isLive = true;
  while (one.isLive) {
    await record(one, chance, question);
    await new Promise((resolve) => setTimeout(resolve, chance() * 2 * question.everyMs));
  }
}

function look(one) {
  const { memory, engine } = one;
  const own = [...memory.own.all()];
  return {
    pending: pendingOf(memory),
    problem: engine.sync.state.problem,
    syncing: engine.sync.state.syncing,
    taps: one.taps,
    photos: one.photos,
    verified: one.photos.filter((sha256) => memory.photos.get(sha256)?.state === "verified").length,
    entities: Object.fromEntries(one.entities),
    refused: own.filter((o) => o.commit?.refused).length,
    exceptions: own.flatMap((o) => Object.entries(o.commit?.result?.changes ?? {})),
    actors: memory.actors.size,
    streams: Object.fromEntries(
      [...memory.streams].map(([name, row]) => [name, { cursor: row.cursor, digest: digest(memory.replica(name)) }]),
    ),
  };
}

/** A visit and its photos, as one inspector records them. */
async function visits(one, { shared, own, count, photos, bytes }) {
  for (let i = 0; i < count; i++) {
    const visit = `visit_${newId(Date.now())}`;
    const write = { stream: shared, e: visit, f: "persons", v: i, seen: [] };
    await one.save(() => ({ writes: [write] }));
    one.entities.set(visit, shared);
    for (let n = 0; n < photos; n++) await photo(one, own, visit, bytes + Math.floor((n * bytes) / photos));
  }
}

/** Rounds without the pauses that a person's evening has, until nothing waits or the rounds are used up. */
async function drain(one, { rounds }) {
  for (let i = 0; i < rounds; i++) {
    await one.engine.round("poke");
    const { changes, blobs } = pendingOf(one.memory);
    if (changes + blobs === 0) return true;
  }
  return false;
}

const of = (work) => (question) => work(tablets.get(question.name), question);
const commands = {
  open,
  look: of(look),
  visits: of(visits),
  drain: of(drain),
  start: of((one) => one.engine.start()),
  stop: of((one) => one.engine.stop()),
  wake: of((one) => one.engine.wake("person")),
  round: of((one, { reason }) => one.engine.round(reason)),
  live: of((one, question) => void live(one, question)),
  rest: of((one) => {
    one.isLive = false;
  }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  Promise.resolve(commands[question.do](question)).then(
    (answer) => process.stdout.write(`${JSON.stringify({ id: question.id, answer: answer ?? null })}\n`),
    (error) => process.stdout.write(`${JSON.stringify({ id: question.id, error: String(error?.stack ?? error) })}\n`),
  );
}
process.exit(0);

// Runs the browser's domain modules, as they are, for the tests in Python: a question a line in, an answer a line out.
import { registerHooks } from "node:module";
import { createInterface } from "node:readline";

// The sources import each other without an ending, as bundlers allow; Node itself strips their types.
registerHooks({
  resolve: (name, context, next) => next(/^\.\/[\w-]+$/.test(name) ? `${name}.ts` : name, context),
});
process.removeAllListeners("warning");

const domain = new URL("../../static/src/domain/", import.meta.url);
const load = (name) => import(new URL(name, domain));
const merge = await load("merge.ts");
const json = await load("json.ts");
const ids = await load("ids.ts");
const versions = await load("versions.ts");
const { figures } = await load("figures.ts");

function arrive({ arrivals }) {
  const world = new Map();
  const retired = new Map();
  const outcomes = arrivals.map(({ actor, t, seq, ...change }) => {
    if (!world.has(change.e)) world.set(change.e, {});
    return merge.mergeInto(world.get(change.e), retired, change, { actor, t, seq });
  });
  return { outcomes, heads: Object.fromEntries(world), ...read(world) };
}

function read(world) {
  const named = (test) => [...world].filter(([, cells]) => test(cells)).map(([e]) => e);
  return {
    digest: merge.digest(world),
    conflicts: [...world].flatMap(([e, cells]) => merge.conflicts(cells).map((f) => [e, f])),
    void: named(merge.isVoid),
    review: named(merge.needsReview),
  };
}

const answers = {
  arrive,
  canonical: ({ value }) => json.canonical(value),
  version: ({ entities, visit, submitted }) => {
    const lines = versions.linesOf(Object.entries(entities), visit);
    const plain = (some) => some.map(({ e, f, head }) => [e, f, head[0]]);
    const late = plain(versions.lateLines(lines, { visit, hash: "", ids: submitted }));
    return { lines: plain(lines), late, hash: versions.versionHash(lines), ids: versions.versionIds(lines) };
  },
  newId: ({ now, after }) => ids.newId(now, after),
  figures: ({ entities, bases, activity }) =>
    figures(Object.entries(entities), { base: (u) => bases[u] ?? u, activity: (a) => activity[a] }),
};

for await (const line of createInterface({ input: process.stdin })) {
  const question = JSON.parse(line);
  process.stdout.write(`${JSON.stringify({ answer: answers[question.ask](question) })}\n`);
}

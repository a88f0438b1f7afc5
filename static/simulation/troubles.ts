/** More directed scenarios, each the shortest story that tells a planted bug from the app (`tests/simulation/catalogue.py`). */
import { linesOf, versionHash } from "../src/domain/versions";
import { OP as OP_ID, SHARED, VISITS } from "./evening";
import { cloneOf } from "./happenings";
import { complaining, FORGERIES, impostors, spoiled } from "./middlebox";
import { type Scenario, type Stage, scene } from "./stage";

const VISIT_ID = VISITS[0] as string;
const TWO = ["alva", "bo"];
const DECIDED = ["bo", "alva", "eva"];

export const TROUBLES: Readonly<Record<string, Scenario>> = {
  "replaced before it is back": scene(TWO, async (s) => {
    await s.write(0, "team", "zero");
    await s.sync(0, 1);
    const before = s.copy();
    await s.write(0, "team", "first");
    await s.sync(0, 1);
    s.device(0).isOnline = false;
    s.rollback(before);
    await s.write(1, "team", "second");
    await s.sync(1);
    s.device(0).isOnline = true;
    await s.sync(0, 1, 0);
    s.expect("what replaced it stands alone", [s.values(0, "team"), s.values(1, "team")], [["second"], ["second"]]);
  }),
  "taken, and sent again in other commits": scene(TWO, async (s) => {
    await s.write(0, "status", "INNE");
    await s.sync(0);
    s.device(0).isOnline = false;
    await s.write(0, "team", "once");
    await s.write(0, "remarks", true);
    s.device(0).isOnline = true;
    // All at once: what the server has taken pokes the tablet, which tries again by itself.
    s.between(complaining("/commits"), complaining("/commits"), complaining("/commits"));
    for (let strike = 0; strike < 3; strike++) await s.sync(0);
    await s.sync(0, 0, 1);
    const carriers = s.world.audit().commits.filter((c) => c.b.includes('"once"'));
    s.expect("it came in two commits", carriers.length, 2);
    s.expect("and counts once", [s.values(1, "team"), s.values(1, "remarks")], [["once"], [true]]);
  }),
  "a name from another cell": scene(TWO, async (s) => {
    s.device(0).isOnline = false;
    await s.write(0, "team", "untouched");
    const { api } = s.page(0);
    const named = api.heads(api.entity(SHARED, VISIT_ID), "team");
    await s.pass(3_000);
    s.world.books.rendered(s.page(1), SHARED, VISIT_ID, "persons", named);
    await s.world.until(s.page(1).api.record(SHARED, [{ e: VISIT_ID, f: "persons", v: 5, seen: named }]));
    s.world.books.shown(s.page(1));
    await s.sync(1);
    s.device(0).isOnline = true;
    await s.sync(0, 1);
    s.expect("a name counts in its own cell only", s.values(1, "team"), ["untouched"]);
  }),
  "the disk is full in the middle of a push": scene(TWO, async (s) => {
    for (const nth of [1, 2, 3, 4]) {
      await s.write(0, "team", `patient ${nth}`);
      s.meet({ kind: "full", nth }, "/commits");
      await s.sync(0);
      await s.pass(70_000);
    }
    await s.sync(0, 1);
    s.expect("it is there when there is room", s.values(1, "team"), ["patient 4"]);
  }),
  "another past under the same number": scene(["alva", "bo", "cia"], async (s) => {
    const before = s.copy();
    await s.write(0, "team", "of a lost past");
    await s.sync(0);
    await anew(s, 2);
    s.device(0).isOnline = false;
    s.rollback(before);
    await s.sync(1);
    await s.write(1, "persons", 3);
    await s.sync(1, 1);
    await anew(s, 1);
    s.expect("it is given the past that is", s.values(1, "persons"), [3]);
    s.expect("and not the other one", s.values(1, "team"), []);
    s.device(0).isOnline = true;
    await s.sync(0, 1);
  }),
  "written on an old screen": scene(TWO, async (s) => {
    const page = s.page(1);
    const seen = page.api.heads(page.api.entity(SHARED, VISIT_ID), "team");
    await s.write(0, "team", "meanwhile");
    await s.sync(0, 1);
    await s.world.until(page.api.record(SHARED, [{ e: VISIT_ID, f: "team", v: "on what was shown", seen }]));
    s.world.books.shown(page);
    await s.sync(1, 0);
    s.expect("both stand", s.values(0, "team").length, 2);
  }),
  "a tablet is killed while it pulls": scene(TWO, async (s) => {
    for (const after of [0, 1, 2, 3, 4, 5]) {
      s.device(0).isOnline = false;
      await s.write(1, "team", `page ${after}`);
      await s.sync(1, 1);
      s.device(0).isOnline = true;
      s.device(0).disk.killAfter = after;
      void s.page(0).api.running().engine.round("person").catch(String);
      await s.pass(2_000);
      s.device(0).disk.killAfter = Number.POSITIVE_INFINITY;
      await s.reopen(0);
      await s.sync(0, 0);
      s.expect("nothing was passed over", s.values(0, "team"), [`page ${after}`]);
    }
  }),
  "killed in the middle of a recount": scene(TWO, async (s) => {
    // At every step of the disk, from the first of the recount until it is sealed, sent and receipted.
    for (let after = 0, isKilled = true; isKilled; after++) {
      const [old, qty] = [s.total(0) + 5, 900 + after];
      await s.tap(0, 5);
      await s.sync(0, 1);
      const page = s.page(0);
      const seen = page.api.entitiesOf(SHARED, "tally");
      s.device(0).disk.killAfter = after;
      void page.api
        .recount(OP_ID, VISIT_ID, "seizure", "ECIG", "ST", qty, seen)
        .then(() => page.api.running().engine.round("person"))
        .catch(String);
      await s.pass(5_000);
      isKilled = page.isDead;
      s.device(0).disk.killAfter = Number.POSITIVE_INFINITY;
      await s.reopen(0);
      for (const who of [0, 1]) {
        await s.sync(0, 1);
        s.expect("I7 all of a recount or nothing", [old, qty].includes(s.total(who)), true);
      }
      s.expect("I7 everybody sees the same", s.total(1), s.total(0));
    }
    s.expect("one was not interrupted", s.total(1) >= 905, true);
  }),
  "one person counts on two tablets": scene(["alva", "alva"], async (s) => {
    await s.tap(0, 5);
    await s.tap(1, 7);
    await s.pass(3_000);
    await s.sync(0, 1, 0);
    await s.tap(0, 1);
    await s.tap(1, 1);
    await s.sync(0, 1, 0);
    s.expect("every tap counts", [s.total(0), s.total(1)], [14, 14]);
  }),
  "somebody else answers a push": scene(TWO, async (s) => {
    for (const [i, receiptOf] of FORGERIES.entries()) {
      s.device(0).isOnline = false;
      await s.write(0, "team", `for the server ${i}`);
      s.device(0).isOnline = true;
      s.between(...impostors(s.world.agenda.now, receiptOf));
      // Twice: what one round is told the next one may build on, before anybody hears the server again.
      for (const _ of [1, 2]) {
        await s.sync(0);
        s.checkReceived(0);
      }
      s.between();
      await s.sync(0, 1);
      s.expect("it is sent until the server has it", s.values(1, "team"), [`for the server ${i}`]);
    }
  }),
  "an approval comes back to a restored server": scene(TWO, async (s) => {
    await s.write(1, "team", "before");
    await s.sync(1, 0);
    s.backup();
    await s.write(1, "persons", 5);
    await s.sync(1, 0);
    await approveAt(s, 0);
    await s.sync(0, 1);
    s.expect("it was approved", approvalCode(s), undefined);
    s.device(1).isOnline = false;
    s.restore();
    await s.sync(0, 0);
    s.expect("I13 what is not all there is not approved", approvalCode(s), "stale_approval");
    s.device(1).isOnline = true;
    await s.sync(1, 0);
    s.expect("what was lost is back, and not held", s.values(0, "persons"), [5]);
    s.expect("its author is told", s.page(0).api.versionOf(SHARED, VISIT_ID).stale, true);
    await s.world.until(s.page(0).api.approve(OP_ID, VISIT_ID, SHARED));
    s.world.books.shown(s.page(0));
    await s.sync(0, 1);
    await s.write(1, "team", "too late");
    await s.sync(1, 0);
    s.expect("approved again, it stands", s.values(0, "team"), ["before"]);
    s.expect("and nobody is told to do so once more", s.page(0).api.versionOf(SHARED, VISIT_ID).stale, false);
  }),
  "a fork is held, and the server is restored": scene(TWO, async (s) => {
    await s.write(0, "team", "approved");
    await s.sync(0, 1, 0);
    await approveAt(s, 0);
    await s.sync(0, 1, 0);
    s.world.books.isCountLost = true;
    await s.world.until(cloneOf(s.world, s.device(0)));
    await s.sync(2);
    await s.write(0, "team", "of the first tablet");
    await s.sync(0);
    s.backup();
    // Held, so that the log stays as it is, and of a fork, so that no number says that the server has lost it.
    await s.write(2, "persons", 8);
    await s.sync(2);
    const forks = [...s.page(2).api.memory.commits.values()].filter((row) => row.result?.forked);
    s.expect("it is a fork", forks.length, 1);
    s.restore();
    await s.sync(2, 0, 1);
    await s.sync(2);
    s.checkReceived(2);
  }),
  "a page is spoiled on its way": scene(TWO, async (s) => {
    s.device(1).isOnline = false;
    await s.write(0, "team", "north");
    await s.sync(0);
    s.device(1).isOnline = true;
    s.between(spoiled("/changes", "north", "south"));
    await s.sync(1);
    await s.sync(1);
    s.expect("what was sent is what is read", s.values(1, "team"), ["north"]);
  }),
  "a snapshot is spoiled on its way": scene(TWO, async (s) => {
    await s.write(0, "team", "north");
    await s.sync(0, 1, 0);
    s.device(1).killAll();
    s.world.books.destroyed(s.device(1));
    s.device(1).disk.evict();
    await s.world.until(s.device(1).open());
    s.between(spoiled("/snapshot/", "north", "south"));
    await s.world.enrol(s.device(1));
    await s.sync(1);
    s.expect("it was spoiled", s.world.network.middleboxes.length, 0);
    s.expect("I4 what is not what was written is not read", s.values(1, "team").includes("south"), false);
    await s.sync(1);
    s.expect("I4 what was sent is what is read", s.values(1, "team"), ["north"]);
  }),
  "the answer to a push is spoiled on its way": scene(TWO, async (s) => {
    const keys = () => [...s.page(0).api.memory.actors.keys()];
    const before = keys();
    for (const [word, other] of [
      ['"forked":false', '"forked":true '],
      ['"seq":', '"seq":9'],
      ['"changes":{}', '"changes":[]'],
    ] as const) {
      s.device(0).isOnline = false;
      await s.write(0, "team", word);
      s.device(0).isOnline = true;
      s.between(spoiled("/commits", word, other));
      await s.sync(0);
      s.expect("it was spoiled", s.world.network.middleboxes.length, 0);
      const told = [...s.page(0).api.memory.commits.values()].filter((row) => row.result);
      for (const { hash, result } of told) {
        const kept = s.world.audit().commits.find((c) => c.hash === hash);
        const [is, should] = [result, kept].map((r) => [r?.seq, r?.forked, r?.changes]);
        s.expect("I8 what the server has not said does not count", is, should);
      }
      await s.sync(0, 1);
      s.expect("it is sent again", s.values(1, "team"), [word]);
    }
    s.expect("and nobody was made to change keys", keys(), before);
  }),
  "held, and two let it in": scene(DECIDED, async (s) => {
    const held = await heldOne(s, "waits for a word");
    await decide(s, 1, held, true);
    await decide(s, 2, held, true);
    await s.sync(1, 2, 1);
    const entries = s.world.audit().entries.filter((entry) => entry.only?.includes(held.change));
    s.expect("I2 the log has it once", entries.length, 1);
    s.expect(
      "it is there once",
      [s.values(1, "team"), s.values(2, "team")],
      [["waits for a word"], ["waits for a word"]],
    );
    const { held: open } = await s.world.until(s.page(1).api.running().engine.sync.api.held());
    s.expect("nothing waits any more", open.length, 0);
  }),
  "held, and turned down": scene(DECIDED, async (s) => {
    const held = await heldOne(s, "nobody wants this");
    await decide(s, 1, held, false);
    await s.sync(1, 2);
    s.expect("it is not there", s.values(2, "team"), []);
  }),
  "one of two held changes is let in": scene(DECIDED, async (s) => {
    const held = await heldOne(s, "this one", true);
    await decide(s, 1, held, true);
    await s.sync(1, 2);
    s.expect("one", s.values(2, "team"), ["this one"]);
    s.expect("and not the other", s.values(2, "remarks"), []);
  }),
  "nobody lets in their own": scene(["alva", "eva"], async (s) => {
    const held = await heldOne(s, "my own");
    s.world.setMember("alva", SHARED, "writer");
    await s.sync(0, 0);
    await decide(s, 0, held, true);
    await s.sync(0, 1);
    s.expect("it takes somebody else", s.values(1, "team"), []);
  }),
  "an approved visit stays as it was": scene(TWO, async (s) => {
    await s.write(0, "team", "approved");
    await s.sync(0, 1, 0);
    await approveAt(s, 0);
    await s.sync(0);
    await s.write(1, "team", "too late");
    await s.sync(1, 0);
    s.expect("what was approved stands", s.values(0, "team"), ["approved"]);
  }),
};

/** What the server made of the newest approval. */
function approvalCode(s: Stage): string | undefined {
  const given = s.world.audit().commits.filter((c) => c.b.includes('"e":"approval_'));
  return Object.values(given.at(-1)?.changes ?? {})[0]?.code;
}

/** Approves the visit as this tablet has it. */
function approveAt(s: Stage, who: number): Promise<void> {
  const { memory } = s.page(who).api;
  const hash = versionHash(linesOf(memory.replica(SHARED), VISIT_ID));
  const of = { visit: VISIT_ID, seq: memory.streams.get(SHARED)?.cursor ?? 0, hash };
  return s.write(who, "of", of, `approval_${VISIT_ID.slice(6)}`);
}

/** The tablet's data is thrown away, and its person begins again. */
async function anew(s: Stage, who: number): Promise<void> {
  s.device(who).killAll();
  s.world.books.destroyed(s.device(who));
  s.device(who).disk.evict();
  await s.world.until(s.device(who).open());
  await s.world.enrol(s.device(who));
  await s.sync(who, who);
}

interface HeldOne {
  readonly commit: string;
  readonly change: string;
}

/** The first tablet's person has lost their part, and what they recorded before they knew is held. */
async function heldOne(s: Stage, team: string, isTwo = false): Promise<HeldOne> {
  s.device(0).isOnline = false;
  await s.write(0, "team", team);
  if (isTwo) await s.write(0, "remarks", true);
  s.world.setMember(s.device(0).user, SHARED, null);
  s.device(0).isOnline = true;
  await s.sync(0);
  const kept = s.world.audit().commits.find((c) => c.b.includes(team));
  const change = Object.keys(kept?.changes ?? {})[0];
  s.expect("it is held", kept?.changes[change ?? ""]?.code, "no_authority");
  return { commit: kept?.hash ?? "", change: change ?? "" };
}

function decide(s: Stage, who: number, { commit, change }: HeldOne, admit: boolean): Promise<void> {
  return s.write(who, "verdict", { commit, admit, reason: "seen" }, `admission_${change}`);
}

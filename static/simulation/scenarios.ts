/** Directed scenarios: the stories that the protocol was made for, each on the same world as the random evenings. */
import { OP as OP_ID, POL, SHARED, VISITS } from "./evening";
import { cloneOf } from "./happenings";
import { TRICKS } from "./hostile";
import { type Scenario, scene } from "./stage";
import { TROUBLES } from "./troubles";

const DAY = 86_400_000;
const VISIT_ID = VISITS[0] as string;

const TWO = ["alva", "bo"];

export const SCENARIOS: Readonly<Record<string, Scenario>> = {
  "the last commit is acknowledged and lost": scene(TWO, async (s) => {
    const before = s.copy();
    await s.write(0, "team", "acknowledged");
    await s.sync(0);
    s.rollback(before);
    await s.sync();
    await s.sync();
    s.expect("what was lost is back", s.values(1, "team"), ["acknowledged"]);
  }),
  "lost, and others have written since": scene(TWO, async (s) => {
    const before = s.copy();
    await s.write(0, "team", "first");
    await s.sync(0);
    s.rollback(before);
    await s.write(1, "persons", 7);
    await s.sync(1, 0, 1, 0);
    s.expect("both are there", [s.values(0, "team"), s.values(0, "persons")], [["first"], [7]]);
  }),
  "restored twice": scene(TWO, async (s) => {
    await s.write(0, "team", "one");
    await s.sync();
    s.backup();
    await s.write(0, "team", "two");
    await s.sync();
    await s.sync();
    s.restore();
    await s.write(1, "persons", 3);
    await s.sync();
    s.restore();
    await s.sync();
    await s.sync();
    s.expect("the newest is there", [s.values(1, "team"), s.values(0, "persons")], [["two"], [3]]);
  }),
  "restored, and an author never comes back": scene(TWO, async (s) => {
    await s.write(0, "team", "kept");
    await s.sync();
    s.backup();
    s.restore();
    s.device(0).isOnline = false;
    await s.sync(1);
    s.expect("the backup had it", s.values(1, "team"), ["kept"]);
  }),
  "a clone, and both live": scene(TWO, async (s) => {
    await s.write(0, "team", "before");
    await s.sync();
    s.world.books.isCountLost = true;
    await s.world.until(cloneOf(s.world, s.device(0)));
    await s.write(0, "team", "original");
    await s.write(2, "persons", 4);
    await s.sync(0, 2, 0, 2, 1);
    await s.write(0, "remarks", true);
    await s.write(2, "status", "INNE");
    await s.sync(0, 2, 1);
    const seen = [s.values(1, "team"), s.values(1, "persons"), s.values(1, "remarks")];
    const keys = [0, 2].map((i) =>
      [...s.page(i).api.memory.actors.values()].filter((a) => !a.retired).map((a) => a.id),
    );
    s.expect(
      "no key is shared any more",
      keys[0]?.some((id) => keys[1]?.includes(id)),
      false,
    );
    s.expect("nothing of either is lost", seen, [["original"], [4], [true]]);
  }),
  "a tablet is put back to yesterday": scene(TWO, async (s) => {
    await s.write(0, "team", "monday");
    await s.sync();
    const yesterday = s.world.newDevice("nobody");
    yesterday.disk.copyFrom(s.device(0).disk);
    s.world.devices.pop();
    await s.write(0, "team", "tuesday");
    await s.sync();
    s.device(0).killAll();
    s.device(0).disk.copyFrom(yesterday.disk);
    await s.reopen(0);
    await s.write(0, "persons", 9);
    await s.sync();
    await s.sync();
    s.expect("both days", [s.values(1, "team"), s.values(1, "persons")], [["tuesday"], [9]]);
  }),
  "the answer to a push is lost": scene(TWO, async (s) => {
    await s.write(0, "team", "once");
    s.meet("drop-answer", "/commits");
    await s.sync(0);
    await s.sync(0, 1);
    s.expect("it counts once", s.values(1, "team"), ["once"]);
  }),
  "the server dies before COMMIT": scene(TWO, async (s) => {
    await s.write(0, "team", "again");
    s.meet({ kind: "before", nth: 0 }, "/commits");
    await s.sync(0);
    await s.sync(0, 1);
    s.expect("it is sent again", s.values(1, "team"), ["again"]);
  }),
  "the server dies after COMMIT": scene(TWO, async (s) => {
    await s.write(0, "team", "kept");
    s.meet({ kind: "after", nth: 0 }, "/commits");
    await s.sync(0);
    await s.sync(0, 1);
    s.expect("it counts once", s.values(1, "team"), ["kept"]);
  }),
  "the power fails at the server": scene(TWO, async (s) => {
    await s.write(0, "team", "durable");
    await s.sync(0);
    s.world.server.do("restart", s.world.agenda.now, { power: true });
    s.world.network.hangUp();
    s.expect(
      "the store has it",
      s.world.audit().commits.some((c) => c.b.includes("durable")),
      true,
    );
  }),
  "the disk is full at COMMIT": scene(TWO, async (s) => {
    await s.write(0, "team", "patient");
    s.meet({ kind: "full-commit", nth: 0 }, "/commits");
    await s.sync(0);
    s.checkReceived(0);
    await s.pass(70_000);
    await s.sync(0, 1);
    s.expect("it is there when there is room", s.values(1, "team"), ["patient"]);
  }),
  "revoked in mid-push": scene(["alva", "bo", "cia"], async (s) => {
    await s.writeOwn(1, "recorded in time");
    s.world.setMember("bo", POL, null);
    await s.sync(1);
    await s.sync(1, 0);
    const kept = s.world.audit().commits.filter((c) => c.b.includes("recorded in time"));
    s.expect("it is in custody, held", Object.values(kept[0]?.changes ?? {})[0]?.code, "no_authority");
    s.expect("its replica is gone", s.page(1).api.memory.streams.has(POL), false);
  }),
  "revoked and granted again": scene(TWO, async (s) => {
    await s.writeOwn(0, "while bo was away");
    s.world.setMember("bo", POL, null);
    await s.sync(0, 1);
    s.world.setMember("bo", POL, "writer");
    await s.sync(1);
    await s.sync(1);
  }),
  "granted late, the history comes along": scene(["alva", "eva"], async (s) => {
    await s.writeOwn(0, "before eva came");
    await s.sync(0);
    s.world.setMember("eva", POL, "reader");
    await s.sync(1);
    await s.sync(1);
    s.expect("eva reads it all", s.page(1).api.allEntities(POL, "checklist").length, 1);
  }),
  "a recount against an unseen count": scene(TWO, async (s) => {
    await s.tap(0, 5);
    await s.sync(0, 1);
    const seen = s.page(1).api.entitiesOf(SHARED, "tally");
    s.device(0).isOnline = false;
    await s.pass(3_000);
    const other = s.page(0).api.tap(OP_ID, VISIT_ID, "seizure", "ECIG", "ST", 2);
    await s.world.until(other);
    const done = s.page(1).api.recount(OP_ID, VISIT_ID, "seizure", "ECIG", "ST", 4, seen);
    await s.world.until(done);
    await s.sync(1);
    s.device(0).isOnline = true;
    await s.sync(0, 1, 0);
    // What was tapped on the entry that the recount took away went with it, and the entity asks to be looked at.
    s.expect("the recount stands", s.total(0), 4);
    s.expect(
      "and somebody is told",
      s
        .page(0)
        .api.allEntities(SHARED, "tally")
        .some((e) => e.review),
      true,
    );
  }),
  "two count at once": scene(TWO, async (s) => {
    await s.tap(0, 5);
    await s.tap(1, 7);
    await s.sync(0, 1, 0);
    s.expect("both count", [s.total(0), s.total(1)], [12, 12]);
  }),
  "two answer at once": scene(TWO, async (s) => {
    await s.write(0, "team", "a");
    await s.write(1, "team", "b");
    await s.sync(0, 1, 0);
    s.expect("both are kept", s.values(0, "team").length, 2);
  }),
  "ten weeks away": scene(TWO, async (s) => {
    await s.write(0, "team", "in the drawer");
    s.device(0).isOnline = false;
    await s.pass(1_000);
    for (let i = 0; i < 4; i++) await s.write(1, "persons", i);
    await s.sync(1);
    s.world.leap(70 * DAY);
    s.device(0).isOnline = true;
    await s.pass(1_000);
  }),
  "a tablet is killed while it records": scene(TWO, async (s) => {
    s.device(0).disk.killAfter = 1;
    await s.write(0, "team", "gone or not").catch(() => undefined);
    await s.reopen(0);
    await s.write(0, "persons", 1);
  }),
  "the power fails right after saving": scene(TWO, async (s) => {
    await s.write(0, "team", "strict");
    s.device(0).powerCut(1);
    await s.reopen(0);
    s.expect("I1 what was shown as saved is on the disk", s.values(0, "team"), ["strict"]);
  }),
  "the power fails after a page": scene(TWO, async (s) => {
    await s.write(1, "team", "pulled");
    await s.sync(1, 0);
    s.device(0).powerCut(1);
    await s.reopen(0);
    await s.sync(0);
    s.expect("it is pulled again", s.values(0, "team"), ["pulled"]);
  }),
  "the browser threw everything away": scene(TWO, async (s) => {
    await s.write(0, "team", "delivered");
    await s.sync(0);
    s.device(0).killAll();
    s.world.books.destroyed(s.device(0));
    s.device(0).disk.evict();
    await s.world.until(s.device(0).open());
    await s.world.enrol(s.device(0));
    await s.sync(0);
    s.expect("it comes back from the server", s.values(0, "team"), ["delivered"]);
  }),
  "two windows of one tablet": scene(TWO, async (s) => {
    const second = await s.world.until(s.device(0).open());
    await s.write(0, "team", "first window");
    await s.pass(3_000);
    s.expect("the second shows it", second.api.heads(second.api.entity(SHARED, VISIT_ID), "team").length, 1);
    await s.sync(0, 1);
  }),
  "a frozen window wakes after an hour": scene(TWO, async (s) => {
    const first = s.page(0);
    const second = await s.world.until(s.device(0).open());
    first.isFrozen = true;
    const done = second.api.record(SHARED, [{ e: VISIT_ID, f: "team", v: "second", seen: [] }]);
    await s.world.until(done);
    await s.pass(3_600_000);
    first.thaw();
    await s.pass(5_000);
  }),
  "a clock ten days ahead": scene(TWO, async (s) => {
    s.device(0).setClock("wrong", 10 * DAY);
    await s.write(0, "team", "from the future");
    await s.sync(0, 1);
    await s.write(1, "team", "from today");
    await s.sync(1, 0);
    s.expect("the later answer stands", s.values(0, "team"), ["from today"]);
  }),
  "a clock that stands still": scene(TWO, async (s) => {
    s.device(0).setClock("frozen");
    for (let i = 0; i < 5; i++) await s.write(0, "persons", i);
    await s.sync(0, 1);
    s.expect("the last answer stands", s.values(1, "persons"), [4]);
  }),
  "everything a hostile tablet knows": scene(["alva", "cia"], async (s) => {
    await s.write(0, "team", "honest");
    await s.writeOwn(0, "secret");
    await s.sync();
    for (const trick of TRICKS) s.world.hostile.act(s.random, trick);
    await s.sync();
    await s.write(1, "persons", 2);
    await s.sync(1, 0);
    s.expect("work goes on", s.values(0, "persons").includes(2), true);
  }),
  "a photo, interrupted twice": scene(TWO, async (s) => {
    const file = s.picture(1_200_000);
    await s.world.until(s.page(0).api.addPhoto(OP_ID, VISIT_ID, file));
    s.world.books.shown(s.page(0));
    s.meet({ kind: "crash-file", nth: 0 }, "/blobs/uploads");
    await s.sync(0);
    s.meet("drop-answer", "/blobs/uploads/");
    await s.sync(0);
    await s.sync(0);
  }),
  "restored, and the photos are gone": scene(TWO, async (s) => {
    s.backup();
    await s.world.until(s.page(0).api.addPhoto(OP_ID, VISIT_ID, s.picture()));
    s.world.books.shown(s.page(0));
    await s.sync(0);
    s.restore();
    await s.sync(0);
    await s.sync(0);
  }),
  "held in a stream one has left, and the server forgets": scene(TWO, async (s) => {
    const before = s.copy();
    s.world.setMember("bo", POL, null);
    await s.writeOwn(1, "still here");
    await s.sync(1);
    s.rollback(before);
    s.world.setMember("bo", POL, null);
    await s.sync(1);
    await s.sync(1);
    s.expect(
      "custody has it again",
      s.world.audit().commits.some((c) => c.b.includes("still here")),
      true,
    );
  }),
  "a fork is acknowledged and lost": scene(TWO, async (s) => {
    await s.write(0, "team", "before");
    await s.sync();
    s.world.books.isCountLost = true;
    await s.world.until(cloneOf(s.world, s.device(0)));
    await s.pass(5_000);
    const before = s.copy();
    await s.write(0, "persons", 1);
    await s.write(2, "remarks", true);
    await s.sync(0, 2);
    s.rollback(before);
    await s.sync(0, 2, 0, 2);
  }),
  "signed out with work on the tablet": scene(TWO, async (s) => {
    await s.write(0, "team", "waits for a code");
    s.world.server.do("sign_out", s.world.agenda.now, { user: "alva" });
    await s.sync(0);
    await s.world.enrol(s.device(0));
    await s.sync(0, 1);
    s.expect("it arrives", s.values(1, "team"), ["waits for a code"]);
  }),
  ...TROUBLES,
};

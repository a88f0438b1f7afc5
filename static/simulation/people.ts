/** What people do: they look at a screen, think, and record on what they saw. Everything goes through the app's own functions. */

import type { Head } from "../src/domain/merge";
import type { EntityView } from "../src/store/memory";
import type { Page } from "./browser";
import { SimBlob } from "./bytes";
import { approve, carry, decide, submit, withdraw } from "./deciders";
import type { Device } from "./device";
import { mark, OP, ownStream, SHARED, STEADY, VISITS } from "./evening";
import type { Act } from "./plan";
import type { Random } from "./random";
import { finish, render } from "./screen";
import type { World } from "./world";

const LOOSE = "ECIG";

type Doing = (page: Page, random: Random) => Promise<void> | void;

/** Does one thing at a device. What is saved goes into the books when, and only when, the app says that it is. */
export function act(world: World, device: Device, kind: Act, random: Random): void {
  const { page } = device;
  if (!page || page.isFrozen || !page.api.memory.session) return;
  world.trace(`${device.name} ${device.user} does ${kind}`);
  world.hit(`act: ${kind}`);
  void DOING[kind](page, random);
}

const DOING: Record<Act, Doing> = {
  decide,
  submit,
  approve,
  withdraw,
  carry,
  answer: (page, random) => {
    const [f, v] = random.pick([
      ["team", `team ${random.int(1, 9)}`],
      ["persons", random.int(0, 40)],
      ["status", random.pick(["PAVAG", "INNE", "KLART"])],
      ["remarks", random.chance(0.5)],
    ] as const);
    return fill(page, random, SHARED, random.pick(VISITS), f, v);
  },
  checklist: (page, random) => {
    const stream = ownStream(page.device.user);
    const e = `checklist_${random.pick(VISITS).slice(6)}.ALK@1`;
    const f = random.pick(["ALK01:note", "ALK02:note", "ALK03:note"]);
    return fill(page, random, stream, e, f, `${mark(stream)} ${random.int(0, 99)}`);
  },
  quick: (page, random) => {
    const e = random.pick(VISITS);
    for (let i = 0; i < random.int(2, 4); i++)
      page.after(i * random.int(50, 900), () => {
        const seen = look(page, SHARED, e, "team");
        void finish(page, page.api.record(SHARED, [{ e, f: "team", v: `quick ${random.int(0, 9)}`, seen }]));
      });
  },
  tap: (page, random) => {
    const visit = random.pick(VISITS);
    const isSteady = random.chance(0.6);
    const delta = isSteady ? random.int(1, 3) : random.pick([1, 2, 5, -1]);
    const { books } = page.device.world;
    for (let i = 0; i < random.int(1, 3); i++)
      page.after(i * random.int(1, 400), () => {
        if (isSteady) books.tapped(visit, delta, "begun");
        const done = page.api.tap(OP, visit, "seizure", isSteady ? STEADY : LOOSE, "ST", delta);
        void finish(page, done, () => isSteady && books.tapped(visit, delta, "saved"));
      });
  },
  recount: (page, random) => {
    const visit = random.pick(VISITS);
    const shown = tallies(page, visit);
    page.after(thought(random), () => {
      const qty = random.int(1_000, 9_999_999);
      const done = page.api.recount(OP, visit, "seizure", LOOSE, "ST", qty, shown);
      void finish(page, done, () =>
        page.device.world.books.recounted(
          page,
          qty,
          shown.map((e) => e.id),
        ),
      );
    });
  },
  remove: (page, random) => {
    const shown = page.api.entitiesOf(SHARED, "safety");
    if (shown.length === 0) return;
    const chosen = random.pick(shown);
    render(page, chosen, "@");
    page.after(thought(random), () => void finish(page, page.api.voidEntities([chosen], "mistake")));
  },
  "bring-back": (page, random) => {
    const gone = page.api.allEntities(SHARED, "safety").filter((e) => e.void);
    if (gone.length === 0) return;
    const chosen = random.pick(gone);
    render(page, chosen, "@");
    page.after(thought(random), () => void finish(page, page.api.restoreEntities([chosen])));
  },
  note: (page, random) => {
    const e = page.api.newEntity("safety");
    const visit = random.pick(VISITS);
    const drafts = [
      { e, f: "visit", v: visit, seen: [] },
      { e, f: "text", v: `mind the dog ${random.int(0, 99)}`, seen: [] },
      { e, f: "level", v: random.pick(["low", "high"]), seen: [] },
    ];
    return finish(page, page.api.record(SHARED, drafts));
  },
  photo: (page, random) => {
    const stream = ownStream(page.device.user);
    // Few are too large for one chunk: to move megabytes takes time.
    const bytes = new Uint8Array(random.chance(0.1) ? random.int(1_050_000, 1_200_000) : random.int(40, 900));
    random.fill(bytes.subarray(0, 900));
    const text = Buffer.from(`\xff\xd8\xff\xe0${mark(stream)}`, "latin1");
    bytes.set(text.subarray(0, bytes.length));
    const file = new SimBlob([bytes], { type: "image/jpeg" });
    const done = page.api.addPhoto(OP, random.pick(VISITS), file as unknown as Blob, { caption: mark(stream) });
    return finish(page, done);
  },
  report: (page, random) => {
    if (page.api.entity("ref", "codelist_offences") === undefined) return;
    const fields = { offence: "NARK_INNEHAV", summary: `${mark(ownStream(page.device.user))} ${random.int(0, 99)}` };
    return finish(page, page.api.writeReport(OP, random.pick(VISITS), fields));
  },
  settle: (page, random) => {
    const shown = page.api.allEntities(SHARED, "visit");
    const open = shown.flatMap((e) => ["team", "persons", "status"].map((f) => [e, f] as const));
    const split = open.filter(([e, f]) => page.api.inConflict(e, f));
    if (split.length === 0) return;
    const [e, f] = random.pick(split);
    render(page, e, f);
    const chosen = random.pick(page.api.heads(e, f));
    page.after(thought(random), () => void finish(page, page.api.settle(SHARED, e, f, chosen)));
  },
};

/** How long somebody looks at a screen before writing on it (ms): mostly others have written meanwhile, sometimes much has happened. */
function thought(random: Random): number {
  return random.chance(0.15) ? random.int(3_000, 20_000) : random.int(50, 3_000);
}

/** Looks at a cell, thinks, and writes on what was seen. */
function fill(page: Page, random: Random, stream: string, e: string, f: string, v: string | number | boolean): void {
  const seen = look(page, stream, e, f);
  page.after(thought(random), () => void finish(page, page.api.record(stream, [{ e, f, v, seen }])));
}

function look(page: Page, stream: string, e: string, f: string): Head[] {
  const view = page.api.entity(stream, e);
  if (view) render(page, view, f);
  return page.api.heads(view, f);
}

function tallies(page: Page, visit: string): EntityView[] {
  const live = page.api.entitiesOf(SHARED, "tally").filter((e) => {
    const entry = page.api.heads(e, "entry").at(-1)?.[1] as { visit?: string; code?: string } | undefined;
    return entry?.visit === visit && entry.code === LOOSE;
  });
  for (const e of live) render(page, e, "@");
  return live;
}

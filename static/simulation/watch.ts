/** What is seen from outside: cursors that only go forward (I6), and the ways by which tablets get out of trouble. */
import { gunzipSync } from "node:zlib";
import type { Page } from "./browser";
import type { Device } from "./device";
import type { Audit } from "./server";
import type { World } from "./world";

interface Place {
  readonly cursor: number;
  readonly isReset: boolean;
}

interface Sent {
  readonly commits: Set<string>;
  readonly changes: Map<string, string>;
}

export class Watch {
  readonly #world: World;
  readonly #places = new WeakMap<Page, Map<string, Place>>();
  /** Streams that a window has not been seen to catch up with since there was another one beside it. */
  readonly #beside = new WeakMap<Page, Set<string>>();
  readonly #sent = new Map<Device, Sent>();
  /** Chains that the server missed something of: from where it wants them. */
  readonly #gaps = new Map<string, number>();

  constructor(world: World) {
    this.#world = world;
  }

  /**
   * After every event: within an epoch a cursor never goes back but through a reset. Two windows may miss each other's, and one that
   * is left alone may hear only then, and only once for each stream, of what the other one did.
   */
  look(): void {
    for (const { pages, name } of this.#world.devices) {
      const [page] = pages;
      if (pages.length !== 1 || !page?.api?.memory) {
        for (const each of pages) {
          this.#places.delete(each);
          this.#beside.set(each, new Set(each.api?.memory?.streams.keys()));
        }
        continue;
      }
      const before = this.#places.get(page) ?? new Map<string, Place>();
      const now = new Map<string, Place>();
      for (const { stream, cursor, reset } of page.api.memory.streams.values()) {
        const was = before.get(stream);
        const isBack = was && cursor < was.cursor && !was.isReset && !reset;
        if (isBack && !this.#beside.get(page)?.delete(stream))
          this.#world.books.fail(`I6 ${name} went back from ${was.cursor} to ${cursor} in ${stream}`);
        if (was && reset && !was.isReset) this.#world.hit("path: reset");
        now.set(stream, { cursor, isReset: reset });
      }
      for (const stream of before.keys()) if (!now.has(stream)) this.#world.hit("path: purge");
      this.#places.set(page, now);
    }
  }

  /** What a tablet sends: again from a gap on, or the same change in another envelope. */
  posted(page: Page, body: Uint8Array): void {
    const sent = this.#sent.get(page.device) ?? { commits: new Set(), changes: new Map() };
    this.#sent.set(page.device, sent);
    for (const { actor, stream, n, ids } of linesIn(body)) {
      const [chain, commit] = [`${actor} ${stream}`, `${actor} ${stream} ${n}`];
      if (this.#gaps.get(chain) === n && sent.commits.has(commit)) {
        this.#world.hit("path: rewind");
        this.#gaps.delete(chain);
      }
      if (ids.some((id) => (sent.changes.get(id) ?? commit) !== commit)) this.#world.hit("path: reseal");
      sent.commits.add(commit);
      for (const id of ids) sent.changes.set(id, commit);
    }
  }

  gap({ actor, stream, expect }: { actor?: string; stream?: string; expect?: number }): void {
    this.#world.hit("path: gap");
    if (expect !== undefined) this.#gaps.set(`${actor} ${stream}`, expect);
  }

  /** In the end: I8, everybody has learnt what became of his held changes; I15, no original is gone that no backup has. */
  close(device: Device, page: Page, audit: Audit): void {
    const { memory } = page.api;
    for (const { change, decided } of unlearnt(page, audit.held))
      this.#world.books.fail(`I8 ${device.name} does not know that ${change} was ${decided}`);
    for (const { sha256, dropped } of memory.photos.values())
      if (dropped && !audit.stable.includes(sha256) && !this.#world.isPastLost)
        this.#world.books.fail(`I15 ${device.name} has dropped ${sha256}, which no backup has`);
      else if (dropped) this.#world.hit("path: original dropped");
  }
}

/** Decisions about a tablet's own held changes that it does not know of. */
export function unlearnt(page: Page, held: Audit["held"]): Audit["held"] {
  const rows = new Map([...page.api.memory.commits.values()].map((row) => [row.hash, row]));
  return held.filter(({ commit, change, decided, reason }) => {
    const row = rows.get(commit);
    const told = row?.decided?.[change];
    return decided !== null && row !== undefined && (told?.verdict !== decided || told.reason !== reason);
  });
}

function linesIn(body: Uint8Array): { actor: string; stream: string; n: number; ids: string[] }[] {
  try {
    const text = (body[0] === 0x1f ? gunzipSync(body) : Buffer.from(body)).toString();
    return text.split("\n").flatMap((line) => {
      if (!line) return [];
      const { h, b } = JSON.parse(line) as { h: string; b: string };
      const { actor, stream, n } = JSON.parse(h) as { actor: string; stream: string; n: number };
      return [{ actor, stream, n, ids: [...b.matchAll(/^\{"id":"([^"]+)"/gm)].map((m) => m[1] as string) }];
    });
  } catch {
    return [];
  }
}

import { hex, unhex } from "../domain/bytes";
import type { Change } from "../domain/change";
import { type Header, hashOf, type NumberedChange, nextChain, readBody } from "../domain/commit";
import { applyEntry, type Cells, type Origin } from "../domain/merge";
import type { StreamRow } from "../store/schema";
import { type EntryLine, type PageEnd, parseJson, type ServerPart } from "./protocol";

/** An entry of the log whose hashes were found right. */
export interface Entry {
  readonly part: ServerPart;
  readonly header: Header;
  readonly changes: readonly { readonly change: Change; readonly dead: boolean }[];
}

export interface Page {
  readonly entries: readonly Entry[];
  readonly end: PageEnd;
}

/** Cuts an answer into the pages of its streams. Lines after the last end line are an answer that was cut short: left out. */
export function pagesOf(lines: readonly (EntryLine | PageEnd)[]): { entries: EntryLine[]; end: PageEnd }[] {
  const pages: { entries: EntryLine[]; end: PageEnd }[] = [];
  let entries: EntryLine[] = [];
  for (const line of lines) {
    if (!("end" in line)) entries.push(line);
    else {
      pages.push({ entries, end: line });
      entries = [];
    }
  }
  return pages;
}

/**
 * Checks a page against the replica it continues: dense from cursor + 1, every commit and body as hashed, the chain of the
 * server's parts leading to what the end line says. Null where any of it does not hold.
 */
export function verifiedPage(row: StreamRow, lines: readonly EntryLine[], end: PageEnd): Page | null {
  const entries = lines.map(readEntry);
  const isDense = entries.every(({ part }, i) => part.seq === row.cursor + 1 + i);
  const isWhole = entries.every((entry, i) => isIntact(row.stream, entry, lines[i] as EntryLine));
  const chain = lines.reduce((sofar, line) => nextChain(sofar, line.r), unhex(row.chain.slice(7)) as Uint8Array);
  return isDense && isWhole && `sha256:${hex(chain)}` === end.chain ? { entries, end } : null;
}

function readEntry({ r, h, b }: EntryLine): Entry {
  const part = parseJson<ServerPart>(r);
  const [skip, dead] = [new Set(part.skip), new Set(part.dead)];
  const only = part.only && new Set(part.only);
  const isIn = (names: ReadonlySet<string>, c: NumberedChange) => names.has(c.change.id) || names.has(c.nameless);
  const counted = readBody(b).filter((c) => (only ? isIn(only, c) : !isIn(skip, c)));
  const changes = counted.map(({ change }) => ({ change, dead: dead.has(change.id) }));
  return { part, header: parseJson<Header>(h), changes };
}

function isIntact(stream: string, { part, header }: Entry, { h, b }: EntryLine): boolean {
  return part.stream === stream && header.stream === stream && part.commit === hashOf(h) && header.body === hashOf(b);
}

/** Applies entries in order to the rows they touch; `rows` holds every one of them (empty where it is new). */
export function applyPage(rows: Map<string, Cells>, entries: readonly Entry[]): void {
  for (const { part, header, changes } of entries)
    for (const { change, dead } of changes) {
      const t = Math.min(change.at + header.off, part.received);
      const origin: Origin = { actor: header.actor, t, seq: part.seq };
      applyEntry(rows.get(change.e) ?? {}, change, origin, dead);
    }
}

export function touchedBy(entries: readonly Entry[]): string[] {
  return [...new Set(entries.flatMap((entry) => entry.changes.map(({ change }) => change.e)))];
}

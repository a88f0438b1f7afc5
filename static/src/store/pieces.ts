import type { Cells } from "../domain/merge";
import type { PieceRow } from "./schema";

/**
 * Replicas lie on the disk as text. A put of one string costs a slow tablet as much as a put of one entity did, and ten
 * thousand of those took two thirds of a new tablet's first seconds. WebKit fails on large records, hence blocks (characters).
 */
const BLOCK = 262_144;

interface Line {
  readonly e: string;
  readonly h: Cells;
}

/** Entities as lines, cut into blocks. */
export function blocksOf(stream: string, lines: readonly string[]): PieceRow[] {
  const blocks: PieceRow[] = [];
  let block: string[] = [];
  let size = 0;
  const close = () => {
    if (block.length > 0) blocks.push({ stream, part: blocks.length, lines: block.join("\n") });
    [block, size] = [[], 0];
  };
  for (const line of lines) {
    if (size + line.length > BLOCK) close();
    block.push(line);
    size += line.length;
  }
  close();
  return blocks;
}

/** One entity as it is now. */
export function pieceOf(stream: string, id: string, cells: Cells): PieceRow {
  return { stream, part: id, lines: lineOf(id, cells) };
}

export function lineOf(id: string, cells: Cells): string {
  const line: Line = { e: id, h: cells };
  return JSON.stringify(line);
}

/** The entities of pieces of one stream, which stand in the order of their keys. */
export function readPieces(pieces: readonly PieceRow[]): Map<string, Cells> {
  const lines = pieces.flatMap((piece) => piece.lines.split("\n").map((line) => JSON.parse(line) as Line));
  return new Map(lines.map(({ e, h }) => [e, h]));
}

import { utf8 } from "../domain/bytes";
import { commitsFrame, MAGIC, MAX_LINES, photoFrame, type Sealer, sealer } from "../domain/courier";
import { Problem } from "../domain/problem";
import { CHUNK_BYTES } from "../store/photos";
import type { CommitRow, PhotoRow } from "../store/schema";
import type { Tablet } from "../store/tablet";
import { readMeta } from "../store/transaction";
import { sealAll } from "./seal";
import { wireLine } from "./wire";

/** Told after each frame: how many bytes of how many are sealed. */
export type Progress = (done: number, total: number) => void;

/**
 * Seals what no backup covers into a file. Frame after frame becomes part of the Blob, whose bytes the browser keeps outside
 * the script's memory: no more than one frame stands there. Reads only, once what was recorded is sealed.
 */
export async function exportFile(tablet: Tablet, onProgress: Progress): Promise<Blob> {
  const server = await readMeta(tablet.db, "server");
  if (!server?.seal) throw new Problem("no-seal-key");
  await sealAll(tablet);
  const [commits, photos] = [uncovered(tablet), unverified(tablet)];
  if (commits.length + photos.length === 0) throw new Problem("empty");
  const parts: Blob[] = [new Blob([MAGIC])];
  const total = photos.reduce((sum, photo) => sum + photo.size, 0) + commits.length;
  let done = 0;
  for await (const frame of framesOf(tablet, await sealer(server.seal), commits, photos)) {
    parts.push(new Blob([frame.bytes]));
    done += frame.weight;
    onProgress(done, total);
  }
  return new Blob(parts, { type: "application/vnd.insats.courier" });
}

/** Commits that a restored server might lack, whoever on this tablet recorded them, chain by chain in order. */
function uncovered({ memory }: Tablet): CommitRow[] {
  const rows = [...memory.commits.values()].filter((row) => !memory.isBackedUp(row));
  return rows.sort((a, b) => (a.actor === b.actor && a.stream === b.stream ? a.n - b.n : a.sealed - b.sealed));
}

function unverified({ memory }: Tablet): PhotoRow[] {
  const rows = [...memory.photos.values()].filter((photo) => photo.state !== "verified" && !photo.dropped);
  return rows.sort((a, b) => a.added - b.added);
}

interface Frame {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly weight: number;
}

async function* framesOf(
  tablet: Tablet,
  seal: Sealer,
  commits: readonly CommitRow[],
  photos: readonly PhotoRow[],
): AsyncGenerator<Frame> {
  for await (const lines of linesOf(tablet, commits))
    yield { bytes: await seal.frame(commitsFrame(lines)), weight: lines.length };
  for (const photo of photos)
    for (let offset = 0; offset < photo.size; offset += CHUNK_BYTES) {
      const chunk = await tablet.db.get("chunks", [photo.sha256, offset / CHUNK_BYTES]);
      if (!chunk) break;
      const { sha256, size, mime } = photo;
      const part = { sha256, size, mime, offset, actor: takerOf(tablet, photo) };
      yield { bytes: await seal.frame(photoFrame(part, new Uint8Array(chunk))), weight: chunk.byteLength };
    }
}

function takerOf({ memory }: Tablet, { refs }: PhotoRow): string | undefined {
  return refs.flatMap((ref) => memory.own.get(ref.change)?.actor ?? ref.actor ?? [])[0];
}

/** The lines of commits, as many at a time as one frame holds. */
async function* linesOf({ db }: Tablet, commits: readonly CommitRow[]): AsyncGenerator<string[]> {
  let lines: string[] = [];
  let bytes = 0;
  for (const { actor, stream, n } of commits) {
    const row = await db.get("commits", [actor, stream, n]);
    if (!row || row.pruned) continue;
    const line = await wireLine(db, row);
    const size = utf8(line).length;
    if (lines.length > 0 && bytes + size > MAX_LINES - 64) {
      yield lines;
      [lines, bytes] = [[], 0];
    }
    lines.push(line);
    bytes += size;
  }
  if (lines.length > 0) yield lines;
}

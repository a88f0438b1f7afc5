import { hex } from "../domain/bytes";
import { isProblem } from "../domain/problem";
import { CHUNK_BYTES, chunkRange, readBlob } from "../store/photos";
import type { PhotoRow, UploadRow } from "../store/schema";
import { loosely, strictly } from "../store/transaction";
import type { Sync } from "./context";
import { mayBeSpent } from "./prune";
import { create, resume, send, type Upload } from "./tus";

const ASK_AT_ONCE = 200;
const MIN_CHUNK = 65_536;
/** Whole uploads that did not hash to their digest before the round counts as failed. */
const MAX_TRIES = 3;

/** How much is sent at once: halved when a chunk does not get through in time, doubled when it does. */
const chunkBytes = new WeakMap<Sync, number>();

/** Blobs that the server has not verified, thumbnails first, then in the order they were taken. */
export function unsentBlobs({ tablet }: Sync): PhotoRow[] {
  const rows = [...tablet.memory.photos.values()].filter((p) => p.state === "local" && !p.dropped);
  const rank = (row: PhotoRow) => (row.kind === "thumb" ? 0 : 1);
  return rows.sort((a, b) => rank(a) - rank(b) || a.added - b.added);
}

/** How often the server is asked which originals a backup has, while some wait for that alone (ms). */
const BACKED_MS = 60_000;

/** Asks which originals may be let go: those whose bytes a verified backup has. */
async function askForBacked(sync: Sync): Promise<void> {
  const { tablet, state, api } = sync;
  const waiting = [...tablet.memory.photos.values()].filter((row) => !row.backed && mayBeSpent(tablet, row));
  if (waiting.length === 0 || Math.abs(tablet.now() - state.lastBacked) < BACKED_MS) return;
  state.lastBacked = tablet.now();
  const { stable } = await api.missing(waiting.slice(0, ASK_AT_ONCE).map((row) => row.sha256));
  for (const row of waiting.filter(({ sha256 }) => stable?.includes(sha256))) await change(sync, row, { backed: true });
}

/**
 * Uploads what is missing, one blob at a time. `isWanted` says whether there is something more urgent to do, asked
 * between chunks: words and counts never wait for a photo. One blob that fails does not hold up the others.
 */
export async function sendBlobs(sync: Sync, isWanted: () => boolean): Promise<void> {
  await askForBacked(sync);
  const waiting = unsentBlobs(sync).slice(0, ASK_AT_ONCE);
  if (waiting.length === 0) return;
  const { verified } = await sync.api.missing(waiting.map((row) => row.sha256));
  let failure: unknown;
  for (const row of waiting) {
    if (isWanted()) return;
    const isThere = verified.includes(row.sha256);
    const work = isThere ? markVerified(sync, row) : sendBlob(sync, row, isWanted);
    await work.catch((error: unknown) => {
      if (isProblem(error, "offline", "unauthenticated", "too-many", "unavailable")) throw error;
      failure ??= error;
    });
  }
  if (failure) throw failure;
}

async function sendBlob(sync: Sync, row: PhotoRow, isWanted: () => boolean): Promise<void> {
  setUploading(sync, row, true);
  try {
    await continueUpload(sync, row, isWanted);
  } catch (error) {
    if (isProblem(error, "checksum-mismatch")) await onMismatch(sync, row, error);
    else if (isProblem(error, "unsupported-media", "too-large")) await setState(sync, row, "mismatch");
    else throw error;
  } finally {
    setUploading(sync, row, false);
  }
}

async function continueUpload(sync: Sync, row: PhotoRow, isWanted: () => boolean): Promise<void> {
  let upload = await knownUpload(sync, row);
  while ((upload?.offset ?? 0) < row.size && !isWanted()) {
    const bytes = await bytesAt(sync, row, upload?.offset ?? 0);
    if (!bytes) return setState(sync, row, "mismatch");
    upload = upload ? await sendChunk(sync, upload, bytes) : await openUpload(sync, row, bytes);
  }
  if (upload && upload.offset >= row.size) await markVerified(sync, row);
}

async function knownUpload(sync: Sync, row: PhotoRow): Promise<Upload | null> {
  const known = await sync.tablet.db.get("uploads", row.sha256);
  const resumed = known?.url ? await resume(sync.api, known.url) : null;
  // Finished, yet the bytes are missing: the server was restored since, and its uploads are not to be trusted.
  return resumed && resumed.offset < row.size ? resumed : null;
}

/** The first bytes go with the creation. If its answer is lost, the next creation finds what came of them. */
async function openUpload(sync: Sync, row: PhotoRow, first: Uint8Array<ArrayBuffer>): Promise<Upload> {
  const upload = await measured(sync, () => create(sync.api, row, first));
  const tries = (await sync.tablet.db.get("uploads", row.sha256))?.tries ?? 0;
  if (upload.offset < row.size) await keepUpload(sync, { sha256: row.sha256, url: upload.url, tries });
  return upload;
}

async function keepUpload({ tablet }: Sync, row: UploadRow): Promise<void> {
  await loosely(tablet.db, ["uploads"], (tx) => tx.objectStore("uploads").put(row));
}

/** A repeated request has moved the upload already: go on from where the server says it stands. */
async function sendChunk(sync: Sync, upload: Upload, bytes: Uint8Array<ArrayBuffer>): Promise<Upload> {
  try {
    return await measured(sync, () => send(sync.api, upload, bytes));
  } catch (error) {
    const moved = isProblem(error, "upload-offset") ? await resume(sync.api, upload.url) : null;
    if (!moved) throw error;
    return moved;
  }
}

/** Learns from a chunk how large the next one may be. */
async function measured(sync: Sync, sending: () => Promise<Upload>): Promise<Upload> {
  const size = chunkBytes.get(sync) ?? CHUNK_BYTES;
  try {
    const upload = await sending();
    chunkBytes.set(sync, Math.min(CHUNK_BYTES, size * 2));
    return upload;
  } catch (error) {
    if (isProblem(error, "offline")) chunkBytes.set(sync, Math.max(MIN_CHUNK, size / 2));
    throw error;
  }
}

/** The bytes to send next: at most to the end of the stored chunk. Null where they are lost. */
async function bytesAt(sync: Sync, row: PhotoRow, offset: number): Promise<Uint8Array<ArrayBuffer> | null> {
  const index = Math.floor(offset / CHUNK_BYTES);
  const chunk = await sync.tablet.db.get("chunks", [row.sha256, index]);
  const from = offset - index * CHUNK_BYTES;
  const bytes = chunk && new Uint8Array(chunk, from).slice(0, chunkBytes.get(sync) ?? CHUNK_BYTES);
  return bytes && bytes.length > 0 ? bytes : null;
}

/** The server hashed something else. If our own bytes still are what was hashed at capture, send them all again. */
async function onMismatch(sync: Sync, row: PhotoRow, error: unknown): Promise<void> {
  const { db } = sync.tablet;
  const tries = ((await db.get("uploads", row.sha256))?.tries ?? 0) + 1;
  await keepUpload(sync, { sha256: row.sha256, url: "", tries });
  const blob = await readBlob(db, row);
  const isOurs =
    blob && hex(new Uint8Array(await crypto.subtle.digest("SHA-256", await blob.arrayBuffer()))) === row.sha256;
  if (!isOurs) await setState(sync, row, "mismatch");
  // The way spoils it, and no way does so for ever: others go first, and it is tried again, later and later.
  else if (tries >= MAX_TRIES) throw error;
}

/** Verified bytes of a stream that this tablet may not read any more have no business here. */
async function markVerified(sync: Sync, row: PhotoRow): Promise<void> {
  const { db, memory } = sync.tablet;
  await setState(sync, row, "verified");
  await loosely(db, ["uploads"], (tx) => tx.objectStore("uploads").delete(row.sha256));
  if (row.refs.some((ref) => memory.streams.has(ref.stream))) return;
  await strictly(db, ["photos", "chunks"], async (tx) => {
    await tx.objectStore("photos").delete(row.sha256);
    await tx.objectStore("chunks").delete(chunkRange(row.sha256));
  });
  await memory.loadOwn(db);
}

function setState(sync: Sync, row: PhotoRow, state: PhotoRow["state"]): Promise<void> {
  return change(sync, row, { state });
}

async function change(sync: Sync, { sha256 }: PhotoRow, what: Partial<PhotoRow>): Promise<void> {
  const { db, memory, announce } = sync.tablet;
  const row = await strictly(db, ["photos"], async (tx) => {
    const stored = await tx.objectStore("photos").get(sha256);
    const next = stored && { ...stored, ...what };
    if (next) await tx.objectStore("photos").put(next);
    return next;
  });
  if (row) memory.photo(row);
  announce("own");
}

function setUploading(sync: Sync, { sha256 }: PhotoRow, isUploading: boolean): void {
  if (isUploading) sync.state.uploading.add(sha256);
  else sync.state.uploading.delete(sha256);
  sync.tablet.memory.announceStatus();
}

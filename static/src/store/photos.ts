import type { Change } from "../domain/change";
import type { Db, PhotoRef, PhotoRow } from "./schema";
import type { Stores, Writing } from "./transaction";

/** No record may be larger: WebKit fails on large ones, and a chunk is also what is sent at once. */
export const CHUNK_BYTES = 1_048_576;

/** Bytes taken or made on this tablet, hashed exactly as they are. */
export interface NewBlob {
  readonly sha256: string;
  readonly mime: string;
  readonly kind: PhotoRow["kind"];
  readonly bytes: ArrayBuffer;
  readonly stream: string;
  readonly added: number;
}

/** Stores a blob with the changes that reference it. Bytes that are here already (the same picture again) stay. */
export async function putBlob(tx: Writing<Stores>, blob: NewBlob, changes: readonly Change[]): Promise<PhotoRow> {
  const photos = tx.objectStore("photos");
  const known = await photos.get(blob.sha256);
  const refs = [...(known?.refs ?? []), ...refsOf(blob, changes)];
  const row = known ? { ...known, refs } : newRow(blob, refs);
  await photos.put(row);
  if (!known) await Promise.all(chunksOf(blob.bytes).map((c, i) => tx.objectStore("chunks").put(c, [blob.sha256, i])));
  return row;
}

function newRow(blob: NewBlob, refs: PhotoRef[]): PhotoRow {
  const { sha256, mime, kind, added, bytes } = blob;
  return { sha256, size: bytes.byteLength, mime, kind, added, refs, state: "local", dropped: false };
}

function refsOf(blob: NewBlob, changes: readonly Change[]): PhotoRef[] {
  const naming = changes.filter((c) => c.f === blob.kind && blobOf(c) === blob.sha256);
  return naming.map((c) => ({ stream: blob.stream, entity: c.e, change: c.id, stable: false }));
}

/** The blob that a photo's change references, if it is such a change. */
export function blobOf(change: Change): string | null {
  if (change.f !== "blob" && change.f !== "thumb") return null;
  const v = change.v as { sha256?: unknown } | null;
  return typeof v?.sha256 === "string" ? v.sha256 : null;
}

function chunksOf(bytes: ArrayBuffer): ArrayBuffer[] {
  const count = Math.ceil(bytes.byteLength / CHUNK_BYTES);
  return Array.from({ length: count }, (_, i) => bytes.slice(i * CHUNK_BYTES, (i + 1) * CHUNK_BYTES));
}

/** The whole blob as it was delivered, or null where its bytes are not on this tablet. */
export async function readBlob(db: Db, row: PhotoRow): Promise<Blob | null> {
  const chunks = await db.getAll("chunks", chunkRange(row.sha256));
  const blob = new Blob(chunks, { type: row.mime });
  return blob.size === row.size ? blob : null;
}

export function chunkRange(sha256: string): IDBKeyRange {
  return IDBKeyRange.bound([sha256], [sha256, []]);
}

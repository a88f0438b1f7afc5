import { computed, effect, type ReadonlySignal } from "@preact/signals";
import { isProblem } from "../domain/problem";
import { readBlob } from "../store/photos";
import { type EntityView, value } from "./replica";
import { memory, running, sending } from "./tablet";

export type UploadState = "local" | "uploading" | "verified" | "mismatch";

/** Pictures kept ready at once; the oldest gives way. */
const MAX_URLS = 150;
const urls = new Map<string, string>();

let owner: string | undefined;

/** What one user looked at is not kept for the next one. */
effect(() => {
  sending.value;
  if (memory.session?.user.id === owner) return;
  owner = memory.session?.user.id;
  for (const url of urls.values()) URL.revokeObjectURL(url);
  urls.clear();
});

type Reference = { readonly sha256: string; readonly size: number; readonly mime: string };

/**
 * An object URL of a photo or its thumbnail, from this tablet's own bytes or else of the server's view of them; null where
 * neither is to be had right now. Rejects with Problem `photo-not-shown` where the server keeps bytes that are no picture to
 * it. The URL is shared and managed here: do not revoke it.
 */
export async function photoUrl(_stream: string, e: EntityView, which: "thumb" | "blob"): Promise<string | null> {
  const reference = value<Reference>(e, which);
  if (!reference) return null;
  const known = urls.get(reference.sha256);
  if (known) return known;
  const blob = (await localBlob(reference.sha256)) ?? (await remoteView(reference));
  return blob && (urls.get(reference.sha256) ?? keep(reference.sha256, URL.createObjectURL(blob)));
}

async function localBlob(sha256: string): Promise<Blob | null> {
  const row = memory.photos.get(sha256);
  return row && !row.dropped ? readBlob(running().tablet.db, row) : null;
}

async function remoteView({ sha256 }: Reference): Promise<Blob | null> {
  return running()
    .engine.sync.api.view(sha256)
    .catch((error: unknown) => {
      if (isProblem(error, "photo-not-shown")) throw error;
      return null;
    });
}

function keep(sha256: string, url: string): string {
  urls.set(sha256, url);
  const [oldest] = urls;
  if (urls.size > MAX_URLS && oldest) {
    urls.delete(oldest[0]);
    URL.revokeObjectURL(oldest[1]);
  }
  return url;
}

const states = new Map<string, ReadonlySignal<UploadState>>();

/** How far the bytes of a blob have come. What was not made on this tablet is on the server. */
export function uploadState(sha256: string): ReadonlySignal<UploadState> {
  const known = states.get(sha256) ?? computed(() => stateNow(sha256));
  states.set(sha256, known);
  return known;
}

function stateNow(sha256: string): UploadState {
  sending.value;
  const row = memory.photos.get(sha256);
  if (row?.state !== "local") return row?.state ?? "verified";
  return running().engine.sync.state.uploading.has(sha256) ? "uploading" : "local";
}

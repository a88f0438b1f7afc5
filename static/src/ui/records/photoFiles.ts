/** What a camera or a file picker hands over, and whether the record can take it. */
import { addPhoto, type PhotoExtra } from "../../state/recording";
import { Problem } from "../../state/session";
import { alertUser, announce } from "../components/Toast";
import { t } from "../i18n";
import type { VisitView } from "../model";

const MAX_BYTES = 26_214_400;
const TYPES = ["image/jpeg", "image/heic"];
/** HEIC comes without a type from some pickers; the name then tells. */
const NAMES = /\.(jpe?g|heic)$/i;

export function acceptable(file: { type: string; size: number; name: string }): boolean {
  const known = TYPES.includes(file.type) || (file.type === "" && NAMES.test(file.name));
  return known && file.size > 0 && file.size <= MAX_BYTES;
}

/** Stores one photo on the tablet; its id, or undefined when it was not stored (and that has been said). */
export async function keepPhoto(visit: VisitView, photo: Blob, extra: PhotoExtra): Promise<string | undefined> {
  try {
    const id = await addPhoto(visit.op, visit.id, photo, extra);
    announce(t("photo.saved"));
    return id;
  } catch (error) {
    const foreign = error instanceof Problem && ["unsupported-media", "too-large"].includes(error.code);
    alertUser(foreign ? t("photo.format", { name: t("photo.view") }) : t("photo.failed"));
    return undefined;
  }
}

/** Stores chosen files one after the other: twelve megapixels at once would not fit the tablet's memory twice. */
export async function keepFiles(visit: VisitView, files: Iterable<File>, extra: PhotoExtra): Promise<string[]> {
  const kept: string[] = [];
  for (const file of files) {
    if (!acceptable(file)) alertUser(t("photo.format", { name: file.name }));
    else kept.push(...[await keepPhoto(visit, file, extra)].filter((id) => id !== undefined));
  }
  return kept;
}

import { useEffect, useState } from "preact/hooks";
import { isProblem } from "../../domain/problem";
import { photoUrl, uploadState } from "../../state/photos";
import { type EntityView, isPending, value } from "../../state/replica";
import { status } from "../../state/status";
import { Icon } from "../components/Icon";
import { ItemState, type Journey } from "../components/ItemState";
import { moment, t } from "../i18n";
import { now } from "../now";

interface BlobRef {
  sha256: string;
  size: number;
  mime: string;
}

/** A photo has arrived when both its words and its bytes have; the one further behind is shown. */
export function photoJourney(photo: EntityView): Journey {
  const words = isPending(photo, "blob");
  const blob = value(photo, "blob") as BlobRef | undefined;
  const bytes = blob ? uploadState(blob.sha256).value : "local";
  if (bytes === "mismatch" || words === "rejected") return "rejected";
  if (words === "held") return "held";
  if (bytes === "uploading") return "sending";
  if (bytes === "local" || words === "local")
    return status.value.syncing && status.value.connected ? "sending" : "local";
  return words;
}

/** The address of a picture, or why there is none: it is nowhere to be had now, or kept but no picture to the server. */
export interface Picture {
  readonly url?: string;
  readonly fault?: "missing" | "unshown";
}

/** Empty while it is looked for. */
export function usePhoto(photo: EntityView, which: "thumb" | "blob"): Picture {
  const [picture, setPicture] = useState<Picture>({});
  useEffect(() => {
    let gone = false;
    photoUrl(photo.stream, photo, which).then(
      (url) => gone || setPicture(url ? { url } : { fault: "missing" }),
      (error) => gone || setPicture({ fault: isProblem(error, "photo-not-shown") ? "unshown" : "missing" }),
    );
    return () => {
      gone = true;
    };
  }, [photo, which]);
  return picture;
}

export function takenAt(photo: EntityView): number {
  return value<number>(photo, "taken") ?? 0;
}

export function PhotoThumb({ photo }: { photo: EntityView }) {
  const { url } = usePhoto(photo, "thumb");
  if (!url) {
    return (
      <span class="thumb thumb-empty">
        <Icon name="image" size="l" />
      </span>
    );
  }
  return <img class="thumb" src={url} alt={t("photo.alt", { at: moment(takenAt(photo), now.value) })} loading="lazy" />;
}

/** A photo in the grid: picture, words, state. */
export function PhotoTile({ photo, onOpen }: { photo: EntityView; onOpen: () => void }) {
  const caption = value<string>(photo, "caption");
  return (
    <button type="button" class="tile" onClick={onOpen}>
      <PhotoThumb photo={photo} />
      <span class="tile-text">
        <span class={caption ? "tile-caption" : "tile-caption muted"}>{caption || t("photo.nocaption")}</span>
        <span class="row-s between">
          <span class="small muted num">{moment(takenAt(photo), now.value)}</span>
          <ItemState state={photoJourney(photo)} />
        </span>
      </span>
    </button>
  );
}

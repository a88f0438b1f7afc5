import { useState } from "preact/hooks";
import { restoreEntities, voidEntities } from "../../state/recording";
import type { EntityView } from "../../state/replica";
import { entity, value } from "../../state/replica";
import { attempt } from "../cells";
import { Button } from "../components/Button";
import { Note } from "../components/Card";
import { Dialog } from "../components/Dialog";
import { ItemState } from "../components/ItemState";
import { toast } from "../components/Toast";
import { DiscloseButton } from "../disclose/DiscloseButton";
import { moment, t } from "../i18n";
import type { VisitView } from "../model";
import { now } from "../now";
import { DraftField } from "./DraftField";
import { photoJourney, takenAt, usePhoto } from "./PhotoTile";

/** Takes a thing out of the lists with a reason; nothing is erased, and it can be brought back at once. */
export async function discard(view: EntityView, reason: string, said: string): Promise<boolean> {
  if (!(await attempt(voidEntities([view], reason)))) return false;
  toast(said, () => void bringBack(view));
  return true;
}

async function bringBack(view: EntityView): Promise<void> {
  await attempt(restoreEntities([entity(view.stream, view.id) ?? view]));
}

interface PhotoProps {
  visit: VisitView;
  photo: EntityView;
  onClose: () => void;
}

export function PhotoDialog({ visit, photo, onClose }: PhotoProps) {
  const full = usePhoto(photo, "blob");
  const thumb = usePhoto(photo, "thumb");
  const [broken, setBroken] = useState<string>();
  const shown = full.url && full.url !== broken ? full.url : thumb.url;
  const isUnshown = full.fault === "unshown" || (full.url !== undefined && full.url === broken);
  const remove = async (): Promise<void> => {
    if (await discard(photo, t("photo.reason"), t("photo.removed"))) onClose();
  };
  return (
    <Dialog
      title={t("photo.view")}
      onClose={onClose}
      foot={
        <>
          <Button kind="quiet" icon="trash" onPress={() => void remove()}>
            {t("photo.remove")}
          </Button>
          <Button size={56} kind="primary" icon="check" onPress={onClose}>
            {t("act.done")}
          </Button>
        </>
      }
    >
      {shown ? (
        <img
          class="photo-full"
          src={shown}
          alt={value<string>(photo, "caption") || t("photo.alt", { at: moment(takenAt(photo), now.value) })}
          onError={() => setBroken(shown)}
        />
      ) : (
        full.fault === "missing" && (
          <Note>
            <p>{t("photo.missing")}</p>
          </Note>
        )
      )}
      {isUnshown && (
        <Note>
          <p>{t("photo.unshown")}</p>
        </Note>
      )}
      <div class="row-s between">
        <span class="small muted">{t("photo.taken", { at: moment(takenAt(photo), now.value) })}</span>
        <ItemState state={photoJourney(photo)} />
      </div>
      <DraftField cell={{ stream: photo.stream, id: photo.id, field: "caption" }} label={t("photo.caption")} long />
      <div>
        <DiscloseButton visit={visit} views={[photo]} />
      </div>
    </Dialog>
  );
}

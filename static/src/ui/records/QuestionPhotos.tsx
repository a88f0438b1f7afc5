import { useState } from "preact/hooks";
import type { Question } from "../../domain/checklist";
import { own } from "../../state/operation";
import { entitiesOf, value } from "../../state/replica";
import { Icon } from "../components/Icon";
import { label, t } from "../i18n";
import type { ChecklistView, VisitView } from "../model";
import { PhotoButtons } from "./PhotoButtons";
import { PhotoDialog } from "./PhotoDialog";
import { PhotoThumb } from "./PhotoTile";

interface QuestionPhotosProps {
  visit: VisitView;
  list: ChecklistView;
  question: Question;
  onTaken?: (id: string) => void;
}

/** Photos that belong to one question. They stay in one's own stream, also where the sheet is shared. */
export function QuestionPhotos({ visit, list, question, onTaken }: QuestionPhotosProps) {
  const [open, setOpen] = useState<string>();
  const photos = entitiesOf(own(visit.op), "photo").filter(
    (photo) => value<string>(photo, "question") === question.id && value<string>(photo, "about") === list.id,
  );
  const chosen = photos.find((photo) => photo.id === open);
  return (
    <div class="row-s question-photos">
      <PhotoButtons
        visit={visit}
        extra={{ about: list.id, question: question.id }}
        small
        what={label(question)}
        onTaken={onTaken}
      />
      {question.ph && photos.length === 0 && (
        <span class="small muted row-s">
          <Icon name="camera" size="s" />
          {t("check.photo.advised")}
        </span>
      )}
      {photos.map((photo) => (
        <button
          key={photo.id}
          type="button"
          class="thumb-button"
          aria-label={t("photo.open", { caption: value<string>(photo, "caption") || t("photo.nocaption") })}
          onClick={() => setOpen(photo.id)}
        >
          <PhotoThumb photo={photo} />
        </button>
      ))}
      {chosen && <PhotoDialog visit={visit} photo={chosen} onClose={() => setOpen(undefined)} />}
    </div>
  );
}

import { useState } from "preact/hooks";
import { EmptyState } from "../components/Card";
import { t } from "../i18n";
import { ownOf, type VisitView } from "../model";
import { Heading } from "../Page";
import { PhotoButtons } from "./PhotoButtons";
import { PhotoDialog } from "./PhotoDialog";
import { PhotoTile, takenAt } from "./PhotoTile";

/** The photos of one's own authority, newest first. */
export function Photos({ visit }: { visit: VisitView }) {
  const [open, setOpen] = useState<string>();
  const photos = ownOf(visit, "photo").sort((a, b) => takenAt(b) - takenAt(a));
  const chosen = photos.find((photo) => photo.id === open);
  return (
    <section class="stack" aria-label={t("photo.title")}>
      <Heading level={2} title={t("photo.title")} />
      <div class="row">
        <PhotoButtons visit={visit} extra={{}} />
      </div>
      {photos.length === 0 ? (
        <EmptyState icon="camera" level={3} title={t("photo.none")}>
          <p>{t("photo.none.help")}</p>
        </EmptyState>
      ) : (
        <ul class="bare tiles">
          {photos.map((photo) => (
            <li key={photo.id}>
              <PhotoTile photo={photo} onOpen={() => setOpen(photo.id)} />
            </li>
          ))}
        </ul>
      )}
      {chosen && <PhotoDialog visit={visit} photo={chosen} onClose={() => setOpen(undefined)} />}
    </section>
  );
}

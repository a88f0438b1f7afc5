import { useState } from "preact/hooks";
import type { PhotoExtra } from "../../state/recording";
import { Button } from "../components/Button";
import { FileButton } from "../components/FileButton";
import { t } from "../i18n";
import type { VisitView } from "../model";
import { Camera } from "./Camera";
import { keepFiles, keepPhoto } from "./photoFiles";

const PICTURES = "image/jpeg,image/heic,.jpg,.jpeg,.heic";

interface PhotoButtonsProps {
  visit: VisitView;
  extra: PhotoExtra;
  /** Small: one button beside others. */
  small?: boolean;
  what?: string;
  onTaken?: ((id: string) => void) | undefined;
}

/** Camera in the page first; the system's camera and files for when it will not open. */
export function PhotoButtons({ visit, extra, small, what, onTaken }: PhotoButtonsProps) {
  const [open, setOpen] = useState(false);
  const shot = async (photo: Blob): Promise<boolean> => {
    const id = await keepPhoto(visit, photo, extra);
    if (id !== undefined) onTaken?.(id);
    return id !== undefined;
  };
  const files = async (chosen: FileList | null): Promise<void> => {
    for (const id of await keepFiles(visit, chosen ?? [], extra)) onTaken?.(id);
  };
  return (
    <>
      <Button size={small ? 48 : 56} kind={small ? "quiet" : "primary"} icon="camera" onPress={() => setOpen(true)}>
        {t("photo.take")}
        {what && <span class="vh"> {what}</span>}
      </Button>
      {!small && (
        <>
          <FileButton
            text={t("photo.system")}
            icon="phone"
            accept={PICTURES}
            capture
            onFiles={(list) => void files(list)}
          />
          <FileButton
            text={t("photo.file")}
            icon="image"
            accept={PICTURES}
            multiple
            onFiles={(list) => void files(list)}
          />
        </>
      )}
      {open && <Camera onShot={shot} onClose={() => setOpen(false)} />}
    </>
  );
}

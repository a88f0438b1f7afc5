import { useId, useState } from "preact/hooks";
import type { PhotoExtra } from "../../state/recording";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { t } from "../i18n";
import type { VisitView } from "../model";
import { Camera } from "./Camera";
import { keepFiles, keepPhoto } from "./photoFiles";

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
          <FileButton text={t("photo.system")} capture onFiles={(list) => void files(list)} />
          <FileButton text={t("photo.file")} onFiles={(list) => void files(list)} />
        </>
      )}
      {open && <Camera onShot={shot} onClose={() => setOpen(false)} />}
    </>
  );
}

/** A label is the target; the native input does the work. */
function FileButton({
  text,
  capture,
  onFiles,
}: {
  text: string;
  capture?: boolean;
  onFiles: (files: FileList | null) => void;
}) {
  const id = useId();
  return (
    <span class="file-button">
      <input
        id={id}
        class="vh"
        type="file"
        accept="image/jpeg,image/heic,.jpg,.jpeg,.heic"
        multiple={!capture}
        {...(capture ? { capture: "environment" as const } : {})}
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <label class="button button-56 button-line" for={id}>
        <Icon name={capture ? "phone" : "image"} />
        {text}
      </label>
    </span>
  );
}

import { useId } from "preact/hooks";
import { Icon, type IconName } from "./Icon";

interface FileButtonProps {
  text: string;
  icon: IconName;
  /** What the picker proposes, as in the `accept` of an input; a chosen file is judged by its bytes. */
  accept: string;
  multiple?: boolean;
  /** Ask for the system's camera instead of a file. */
  capture?: boolean;
  onFiles: (files: FileList | null) => void;
}

/** A label is the target; the native input does the work. */
export function FileButton({ text, icon, accept, multiple = false, capture, onFiles }: FileButtonProps) {
  const id = useId();
  return (
    <span class="file-button">
      <input
        id={id}
        class="vh"
        type="file"
        accept={accept}
        multiple={multiple}
        {...(capture ? { capture: "environment" as const } : {})}
        onChange={(event) => {
          onFiles(event.currentTarget.files);
          event.currentTarget.value = "";
        }}
      />
      <label class="button button-56 button-line" for={id}>
        <Icon name={icon} />
        {text}
      </label>
    </span>
  );
}

import { distinct } from "../../domain/merge";
import { entity, heads, isPending } from "../../state/replica";
import type { CellRef } from "../cells";
import { TextField } from "../components/Field";
import { Underway } from "../components/ItemState";
import { type Form, plainText, useDraft } from "../draft";
import { t } from "../i18n";
import { CellConflict } from "../visit/CellConflict";

interface DraftFieldProps {
  cell: CellRef;
  label: string;
  hint?: string;
  form?: Form;
  /** What to say when the text cannot be stored. */
  fault?: string;
  long?: boolean;
  type?: "date";
  inputMode?: "numeric" | "decimal";
}

/** A field of the record: saved while it is typed, showing where its last change is and what others wrote. */
export function DraftField({ cell, label, hint, form = plainText, fault, long, type, inputMode }: DraftFieldProps) {
  const draft = useDraft(cell, form);
  const view = entity(cell.stream, cell.id);
  const shown = heads(view, cell.field);
  const error = draft.failed ? t("saved.failed") : draft.invalid ? fault : undefined;
  return (
    <div class="stack-s">
      <TextField
        label={label}
        hint={hint}
        error={error}
        value={draft.text}
        onFocus={draft.onFocus}
        onInput={draft.onInput}
        onBlur={draft.onBlur}
        end={shown.length > 0 && <Underway state={isPending(view, cell.field)} />}
        {...(long ? { long } : {})}
        {...(type ? { type } : {})}
        {...(inputMode ? { inputMode } : {})}
      />
      {view && distinct(shown).length > 1 && (
        <CellConflict
          view={view}
          field={cell.field}
          heads={shown}
          what={label}
          render={(v) => form.show(v) || t("conflict.empty")}
        />
      )}
    </div>
  );
}

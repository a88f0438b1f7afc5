import { useEffect, useId, useRef } from "preact/hooks";
import { distinct } from "../../domain/merge";
import { entity, heads, isPending } from "../../state/replica";
import type { CellRef } from "../cells";
import { Icon } from "../components/Icon";
import { Underway } from "../components/ItemState";
import { useDraft } from "../draft";
import { t } from "../i18n";
import { CellConflict } from "../visit/CellConflict";

/** Free text about something, saved while it is typed. `fresh`: it was just asked for, so it takes the focus. */
export function NoteField({ cell, what, fresh }: { cell: CellRef; what: string; fresh: boolean }) {
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const draft = useDraft(cell);
  const view = entity(cell.stream, cell.id);
  const shown = heads(view, cell.field);
  useEffect(() => {
    if (fresh) box.current?.focus();
  }, [fresh]);
  return (
    <div class="field">
      <div class="field-label">
        <label for={id}>
          {t("check.note")}
          <span class="vh"> {what}</span>
        </label>
        {shown.length > 0 && <Underway state={isPending(view, cell.field)} />}
      </div>
      <textarea
        ref={box}
        id={id}
        class="input"
        rows={2}
        value={draft.text}
        onFocus={draft.onFocus}
        onInput={(event) => draft.onInput(event.currentTarget.value)}
        onBlur={draft.onBlur}
      />
      {draft.failed && (
        <p class="field-error" role="alert">
          <Icon name="alert" size="s" />
          {t("saved.failed")}
        </p>
      )}
      {view && distinct(shown).length > 1 && (
        <CellConflict view={view} field={cell.field} heads={shown} render={(v) => String(v ?? t("conflict.empty"))} />
      )}
    </div>
  );
}

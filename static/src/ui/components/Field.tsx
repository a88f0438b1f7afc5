import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { sensitiveIn } from "../../domain/sensitive";
import { t } from "../i18n";
import { Note } from "./Card";
import { Icon } from "./Icon";
import { Input, type InputKind } from "./Input";

interface FieldProps {
  label: string;
  hint?: string | undefined;
  error?: string | undefined;
  optional?: boolean;
  /** What stands at the end of the label row: the state of saving. */
  end?: ComponentChildren;
}

interface Wiring {
  id: string;
  "aria-describedby"?: string;
  "aria-invalid"?: boolean;
}

/** A label, its control, a hint and an error, wired together. The control takes the wiring as props. */
export function Field(props: FieldProps & { children: (wiring: Wiring) => ComponentChildren }) {
  const { label, hint, error, optional, end, children } = props;
  const id = useId();
  const described = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(" ");
  return (
    <div class="field">
      <div class="field-label">
        <label for={id}>{label}</label>
        {end ?? (optional && <span class="field-hint">{t("field.optional")}</span>)}
      </div>
      {hint && (
        <p class="field-hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {children({ id, ...(described && { "aria-describedby": described }), ...(error && { "aria-invalid": true }) })}
      {error && (
        <p class="field-error" id={`${id}-error`}>
          <Icon name="alert" size="s" />
          {error}
        </p>
      )}
    </div>
  );
}

interface TextProps extends FieldProps {
  value: string;
  onInput: (value: string) => void;
  onFocus?: () => void;
  onBlur?: () => void;
  long?: boolean;
  type?: InputKind;
  inputMode?: "text" | "numeric" | "decimal";
  maxLength?: number;
  autoComplete?: "off" | "name";
  class?: string;
  spellcheck?: boolean;
}

export function TextField(props: TextProps) {
  const { value, onInput, onFocus, onBlur, long, type = "text", inputMode, maxLength, class: extra = "" } = props;
  const shared = {
    class: `input ${extra}`,
    value,
    onInput: (event: { currentTarget: { value: string } }) => onInput(event.currentTarget.value),
    autocomplete: props.autoComplete ?? "off",
    ...(onFocus && { onFocus }),
    ...(onBlur && { onBlur }),
    ...(maxLength && { maxLength }),
    ...(props.spellcheck === undefined ? {} : { spellcheck: props.spellcheck }),
  } as const;
  return (
    <Field {...props}>
      {(wiring) =>
        long ? (
          <>
            <textarea rows={3} {...shared} {...wiring} />
            <SensitiveNote text={value} />
          </>
        ) : (
          <Input kind={type} {...(inputMode && { inputMode })} {...shared} {...wiring} />
        )
      }
    </Field>
  );
}

/** What the server would hold, said while it can still be rewritten: wherever people write in words of their own. */
function SensitiveNote({ text }: { text: string }) {
  const field = sensitiveIn(text);
  if (field === null) return null;
  return (
    <Note tone="warn" live>
      <p>{t(`sensitive.${field}`)}</p>
    </Note>
  );
}

export interface Option {
  id: string;
  label: string;
}

interface SelectProps extends FieldProps {
  value: string;
  options: readonly Option[];
  onChange: (value: string) => void;
}

/** A native list: the platform's own picker is the largest target there is. */
export function SelectField(props: SelectProps) {
  return (
    <Field {...props}>
      {(wiring) => (
        <select
          class="input"
          value={props.value}
          onChange={(event) => props.onChange(event.currentTarget.value)}
          {...wiring}
        >
          <option value="">{t("field.choose")}</option>
          {props.options.map((option) => (
            <option key={option.id} value={option.id}>
              {option.label}
            </option>
          ))}
        </select>
      )}
    </Field>
  );
}

interface ChoiceProps {
  legend: string;
  /** Hides the legend from sight where a heading just above says the same. */
  quiet?: boolean;
  options: readonly (Option & { tone?: "ok" | "warn" | "bad" })[];
  value: string | undefined;
  onChange: (value: string) => void;
  name?: string;
  /** Words that need room: two or three to a row, or one. */
  layout?: "wide" | "list";
}

/** Real radio buttons in rows of at least 56 px. */
export function ChoiceField({ legend, quiet, options, value, onChange, name, layout }: ChoiceProps) {
  const own = useId();
  return (
    <fieldset class="field">
      <legend class={quiet ? "vh" : "field-label"}>{legend}</legend>
      <div class={layout ? `choices choices-${layout}` : "choices"}>
        {options.map((option) => (
          <label key={option.id} class={option.tone ? `choice choice-${option.tone}` : "choice"}>
            <input
              type="radio"
              name={name ?? own}
              value={option.id}
              checked={option.id === value}
              onChange={() => onChange(option.id)}
            />
            <span>{option.label}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

/** An on/off choice with its own words, never a bare colour. */
export function Switch({
  label,
  checked,
  onChange,
}: {
  label: string;
  checked: boolean;
  onChange: (on: boolean) => void;
}) {
  return (
    <label class="switch">
      <span>{label}</span>
      <input type="checkbox" checked={checked} onChange={(event) => onChange(event.currentTarget.checked)} />
    </label>
  );
}

import type { ComponentChildren } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { Question } from "../../domain/checklist";
import type { Json } from "../../domain/json";
import type { CellRef } from "../cells";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { Input } from "../components/Input";
import { type DraftState, type Form, plainText, useDraft } from "../draft";
import { clock, isoDate, label, t } from "../i18n";
import { calendarDate, money, optionsOf, optionTone, timeOfDay, toggled, wholeNumber } from "./answers";

interface AnswerProps {
  cell: CellRef;
  question: Question;
  answer: Json;
  save: (value: Json) => Promise<boolean>;
  legend: ComponentChildren;
  /** The camera, for questions that are answered with a photo; called back with the photo's id. */
  photo: (pick: (id: string) => void) => ComponentChildren;
}

/** The control of a question: the type decides. Groups are fieldsets, single controls have a label. */
export function Answer(props: AnswerProps) {
  switch (props.question.t) {
    case "yn":
    case "yna":
    case "grade":
    case "one":
      return <OneOf {...props} />;
    case "many":
      return <ManyOf {...props} />;
    case "num":
      return <NumberAnswer {...props} />;
    case "money":
      return (
        <Typed {...props} form={money} inputMode="decimal" fault={t("check.money.bad")} suffix={t("check.money")} />
      );
    case "date":
      return (
        <Typed
          {...props}
          form={calendarDate}
          type="date"
          now={{ text: t("check.todaydate"), read: () => isoDate(Date.now()) }}
        />
      );
    case "time":
      return (
        <Typed
          {...props}
          form={timeOfDay}
          inputMode="numeric"
          fault={t("check.time.bad")}
          hint={t("check.time.hint")}
          now={{ text: t("check.now"), read: () => clock(Date.now()) }}
        />
      );
    case "text":
    case "doc":
      return <Typed {...props} form={plainText} long={props.question.t === "text"} />;
    case "photo":
      return <PhotoAnswer {...props} />;
  }
}

/** A failed save must not leave the control on an answer that is not stored: the key makes it fresh. */
function useAttempts(save: AnswerProps["save"]) {
  const [failures, setFailures] = useState(0);
  const attempt = async (value: Json): Promise<void> => {
    if (!(await save(value))) setFailures(failures + 1);
  };
  return { key: failures, attempt };
}

/** Yes and no fit four to a row; worded options need room for their words. */
function widthOf(question: Question): string {
  return question.t === "one" || question.t === "many" ? "choices choices-wide" : "choices";
}

function OneOf({ cell, question, answer, save, legend }: AnswerProps) {
  const { key, attempt } = useAttempts(save);
  const options = optionsOf(question);
  const name = `${cell.id}.${question.id}`;
  return (
    <fieldset class="field" key={key}>
      <legend class="question-head">{legend}</legend>
      <div class={widthOf(question)}>
        {options.map((option) => {
          const tone = optionTone(question, option.id);
          return (
            <label key={option.id} class={tone ? `choice choice-${tone}` : "choice"}>
              <input type="radio" name={name} checked={answer === option.id} onChange={() => void attempt(option.id)} />
              <span>{label(option)}</span>
            </label>
          );
        })}
      </div>
    </fieldset>
  );
}

function ManyOf({ question, answer, save, legend }: AnswerProps) {
  const { key, attempt } = useAttempts(save);
  const chosen = Array.isArray(answer) ? answer.map(String) : [];
  return (
    <fieldset class="field" key={key}>
      <legend class="question-head">{legend}</legend>
      <div class={widthOf(question)}>
        {optionsOf(question).map((option) => (
          <label key={option.id} class="choice">
            <input
              type="checkbox"
              checked={chosen.includes(option.id)}
              onChange={(event) => {
                const next = toggled(chosen, option.id, event.currentTarget.checked);
                void attempt(next.length > 0 ? next : null);
              }}
            />
            <span>{label(option)}</span>
          </label>
        ))}
      </div>
    </fieldset>
  );
}

interface TypedProps extends AnswerProps {
  form: Form;
  long?: boolean;
  type?: "date";
  hint?: string;
  inputMode?: "numeric" | "decimal";
  fault?: string;
  suffix?: string;
  now?: { text: string; read: () => string };
}

function Typed({ cell, form, legend, long, type, inputMode, hint, fault, suffix, now, save }: TypedProps) {
  const id = useId();
  const draft = useDraft(cell, form);
  const press = (read: () => string) => () => {
    draft.reset();
    void save(read());
  };
  const shared = {
    id,
    class: "input",
    value: draft.text,
    onFocus: draft.onFocus,
    onInput: (event: { currentTarget: { value: string } }) => draft.onInput(event.currentTarget.value),
    onBlur: draft.onBlur,
    autocomplete: "off",
    ...(hint ? { placeholder: hint } : {}),
    ...(draft.invalid ? { "aria-invalid": true, "aria-describedby": `${id}-fault` } : {}),
  } as const;
  return (
    <div class="field">
      <label class="question-head" for={id}>
        {legend}
      </label>
      <div class="typed">
        {long ? (
          <textarea rows={2} {...shared} />
        ) : (
          <Input kind={type ?? "text"} {...(inputMode && { inputMode })} {...shared} />
        )}
        {suffix && <span class="typed-suffix">{suffix}</span>}
        {now && (
          <Button size={56} kind="line" icon="clock" onPress={press(now.read)}>
            {now.text}
          </Button>
        )}
      </div>
      <Faults id={id} {...(draft.invalid && fault ? { fault } : {})} failed={draft.failed} />
    </div>
  );
}

function Faults({ id, fault, failed }: { id: string; fault?: string; failed: boolean }) {
  return (
    <>
      {fault && (
        <p class="field-error" id={`${id}-fault`}>
          <Icon name="alert" size="s" />
          {fault}
        </p>
      )}
      {failed && (
        <p class="field-error" role="alert">
          <Icon name="alert" size="s" />
          {t("saved.failed")}
        </p>
      )}
    </>
  );
}

/** Temperatures go below zero; what is counted does not. */
function isSigned(question: Question): boolean {
  return question.sv.includes("°C");
}

/** A number is typed, or stepped with thumbs; both save at once. Quick taps build on each other, not on the last render. */
function useSteps({ answer, question, save }: AnswerProps, draft: DraftState) {
  const pending = useRef<number | null>(null);
  return async (delta: 1 | -1): Promise<void> => {
    const typed = wholeNumber.read(draft.text);
    const from = pending.current ?? (typeof typed === "number" ? typed : typeof answer === "number" ? answer : 0);
    const next = isSigned(question) ? from + delta : Math.max(0, from + delta);
    pending.current = next;
    draft.reset();
    await save(next);
    if (pending.current === next) pending.current = null;
  };
}

function NumberAnswer(props: AnswerProps) {
  const { cell, question, legend } = props;
  const id = useId();
  const draft = useDraft(cell, wholeNumber);
  const step = useSteps(props, draft);
  const what = label(question);
  return (
    <div class="field">
      <label class="question-head" for={id}>
        {legend}
      </label>
      <div class="typed typed-number">
        <Button size={56} icon="minus" label={t("stepper.less", { what })} onPress={() => void step(-1)} />
        <input
          id={id}
          class="input num"
          {...(isSigned(question) ? {} : { inputMode: "numeric" as const })}
          autocomplete="off"
          value={draft.text}
          onFocus={draft.onFocus}
          onInput={(event) => draft.onInput(event.currentTarget.value)}
          onBlur={draft.onBlur}
          {...(draft.invalid ? { "aria-invalid": true, "aria-describedby": `${id}-fault` } : {})}
        />
        <Button size={56} icon="plus" label={t("stepper.more", { what })} onPress={() => void step(1)} />
      </div>
      <Faults id={id} {...(draft.invalid ? { fault: t("check.num.bad") } : {})} failed={draft.failed} />
    </div>
  );
}

function PhotoAnswer({ legend, photo, save }: AnswerProps) {
  return (
    <fieldset class="field">
      <legend class="question-head">{legend}</legend>
      {photo((id) => void save(id))}
    </fieldset>
  );
}

import { useState } from "preact/hooks";
import type { Question } from "../../domain/checklist";
import type { Json } from "../../domain/json";
import { distinct, winner } from "../../domain/merge";
import { code } from "../../state/operation";
import { heads, isPending } from "../../state/replica";
import { attempt, type CellRef, write } from "../cells";
import { StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { personOf } from "../components/ConflictCard";
import { Icon } from "../components/Icon";
import { SavedLine } from "../components/ItemState";
import { announce, toast } from "../components/Toast";
import { label, moment, t } from "../i18n";
import type { ChecklistView, VisitView } from "../model";
import { now } from "../now";
import { QuestionPhotos } from "../records/QuestionPhotos";
import { CellConflict } from "../visit/CellConflict";
import { Answer } from "./Answer";
import { answerText, optionTone } from "./answers";
import { NoteField } from "./NoteField";

interface QuestionProps {
  visit: VisitView;
  list: ChecklistView;
  question: Question;
  number: number;
}

/** The cell of a question; the checklist itself comes into being with its first answer. */
export function answerCell(visit: VisitView, list: ChecklistView, field: string): CellRef {
  const birth = { visit: visit.id, template: list.template.ref, status: "UTK" };
  return { stream: list.stream, id: list.id, field, birth };
}

export function QuestionCard({ visit, list, question, number }: QuestionProps) {
  const shown = heads(list.entity, question.id);
  const answer = winner(shown)?.[1] ?? null;
  const torn = distinct(shown).length > 1;
  const tone = typeof answer === "string" && !torn ? optionTone(question, answer) : undefined;
  const cell = answerCell(visit, list, question.id);
  const save = async (value: Json): Promise<boolean> => {
    const saved = await attempt(write(cell, value, shown));
    if (saved) announce(t("saved.local"));
    return saved !== undefined;
  };
  const clear = async (): Promise<void> => {
    const saved = await attempt(write(cell, null, shown));
    if (saved) toast(t("check.cleared"), () => void attempt(saved.result()));
  };
  return (
    <div class={`question ${tone ? `question-${tone}` : ""} ${torn ? "question-torn" : ""}`}>
      <Answer
        cell={cell}
        question={question}
        answer={answer}
        save={save}
        legend={<Legend question={question} number={number} answered={answer !== null} />}
        photo={(pick) => <QuestionPhotos visit={visit} list={list} question={question} onTaken={pick} />}
      />
      {torn && list.entity && (
        <CellConflict view={list.entity} field={question.id} heads={shown} render={(v) => answerText(question, v)} />
      )}
      <Verdict question={question} tone={tone} />
      {answer !== null && !torn && (
        <div class="row-s">
          <SavedLine state={isPending(list.entity, question.id)} />
          <Author stream={list.stream} head={winner(shown)} />
        </div>
      )}
      <Extras visit={visit} list={list} question={question} clear={answer === null ? undefined : clear} />
    </div>
  );
}

function Legend({ question, number, answered }: { question: Question; number: number; answered: boolean }) {
  return (
    <>
      <span class="question-meta num">
        {number}
        {question.req && (
          <span class={answered ? "req req-met" : "req"}>
            <Icon name={answered ? "check" : "flag"} size="s" />
            {t("field.required")}
          </span>
        )}
        {question.law && <span class="question-law">{question.law}</span>}
      </span>
      <span class="question-text">{label(question)}</span>
    </>
  );
}

/** In words and with an icon, whatever the tint says; suggestions are never acted on by themselves. */
function Verdict({ question, tone }: { question: Question; tone: "ok" | "warn" | "bad" | undefined }) {
  if (tone === undefined) return null;
  if (tone === "ok") {
    return (
      <StatusBadge tone="ok" icon="check">
        {t("check.ok")}
      </StatusBadge>
    );
  }
  const measures = (question.fail ?? []).map((id) => label(code("outcomes", id) ?? code("offences", id), id));
  return (
    <div class="stack-s">
      <div>
        <StatusBadge tone={tone} icon="alert">
          {t("check.deviates")}
        </StatusBadge>
      </div>
      {measures.length > 0 && <p class="small">{t("check.suggest", { list: measures.join(" · ") })}</p>}
    </div>
  );
}

function Author({ stream, head }: { stream: string; head: ReturnType<typeof winner> }) {
  if (head === undefined) return null;
  return (
    <span class="small muted">
      {t("person.at", { name: personOf(stream, head[2]), at: moment(head[4], now.value) })}
    </span>
  );
}

interface ExtrasProps extends Omit<QuestionProps, "number"> {
  clear: (() => Promise<void>) | undefined;
}

/** A note and photos to every question, out of the way until they are wanted. */
function Extras({ visit, list, question, clear }: ExtrasProps) {
  const field = `${question.id}:note`;
  const written = winner(heads(list.entity, field))?.[1];
  const [open, setOpen] = useState(false);
  const noting = open || (typeof written === "string" && written !== "");
  const what = <span class="vh"> {label(question)}</span>;
  return (
    <>
      {noting && <NoteField cell={answerCell(visit, list, field)} what={label(question)} fresh={open} />}
      <div class="extras">
        {!noting && (
          <Button kind="quiet" icon="note" onPress={() => setOpen(true)}>
            {t("check.note.add")}
            {what}
          </Button>
        )}
        {question.t !== "photo" && <QuestionPhotos visit={visit} list={list} question={question} />}
        {clear && (
          <Button kind="quiet" icon="close" class="extras-clear" onPress={() => void clear()}>
            {t("act.clear")}
            {what}
          </Button>
        )}
      </div>
    </>
  );
}

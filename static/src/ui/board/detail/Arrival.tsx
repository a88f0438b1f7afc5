import { findings, type Question, type Template } from "../../../domain/checklist";
import { headsOf, winner } from "../../../domain/merge";
import { template } from "../../../state/operation";
import type { EntityView } from "../../../state/replica";
import { answerText } from "../../checklist/answers";
import { StatusBadge } from "../../components/Badge";
import { personOf } from "../../components/ConflictCard";
import { Icon } from "../../components/Icon";
import { label, moment, t } from "../../i18n";
import { now } from "../../now";
import { text, type VisitFacts } from "../facts";
import { Block } from "./Block";

/** The arrival sheet everyone shares: what was answered, by whom, and what nobody has answered. */
export function Arrival({ visit }: { visit: VisitFacts }) {
  const sheets = visit.sheets.flatMap((sheet) => {
    const form = template(text(sheet, "template") ?? "");
    return form ? [{ sheet, form }] : [];
  });
  if (sheets.length === 0) {
    return (
      <Block title={t("detail.arrival")}>
        <p class="muted">{t("detail.arrival.none")}</p>
      </Block>
    );
  }
  return (
    <>
      {sheets.map(({ sheet, form }) => (
        <Sheet key={sheet.id} sheet={sheet} form={form} />
      ))}
    </>
  );
}

function Sheet({ sheet, form }: { sheet: EntityView; form: Template }) {
  const answered = form.questions.filter((question) => (answerOf(sheet, question)?.[1] ?? null) !== null);
  const open = form.questions.filter((question) => !answered.includes(question));
  const departing = new Set(findings(form, sheet.cells));
  const progress = t("detail.arrival.progress", { n: answered.length, total: form.questions.length });
  return (
    <Block title={label(form)} end={<span class="small muted num">{progress}</span>}>
      <dl class="bd-answers">
        {answered.map((question) => (
          <Answer key={question.id} sheet={sheet} question={question} departs={departing.has(question)} />
        ))}
      </dl>
      {open.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {t("detail.unanswered", { n: open.length })}
          </summary>
          <ul class="small">
            {open.map((question) => (
              <li key={question.id}>{label(question, question.id)}</li>
            ))}
          </ul>
        </details>
      )}
    </Block>
  );
}

function answerOf(sheet: EntityView, question: Question) {
  return winner(headsOf(sheet.cells, question.id));
}

function Answer({ sheet, question, departs }: { sheet: EntityView; question: Question; departs: boolean }) {
  const head = answerOf(sheet, question);
  if (head === undefined) return null;
  const note = text(sheet, `${question.id}:note`);
  return (
    <div class="bd-answer">
      <dt>{label(question, question.id)}</dt>
      <dd>
        <span class="row-s">
          <strong>{answerText(question, head[1])}</strong>
          {departs && (
            <StatusBadge tone="warn" icon="alert">
              {t("detail.arrival.departs")}
            </StatusBadge>
          )}
        </span>
        {note && <span class="bd-answer-note">{note}</span>}
        <span class="small muted">
          {t("person.at", { name: personOf(sheet.stream, head[2]), at: moment(head[4], now.value) })}
        </span>
      </dd>
    </div>
  );
}

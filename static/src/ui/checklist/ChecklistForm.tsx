import { useEffect, useState } from "preact/hooks";
import { findings, progress } from "../../domain/checklist";
import { heads } from "../../state/replica";
import { Chip, StatusBadge } from "../components/Badge";
import { EmptyState, Note } from "../components/Card";
import { Switch } from "../components/Field";
import { Progress } from "../components/Stepper";
import { DiscloseButton } from "../disclose/DiscloseButton";
import { label, plural, t } from "../i18n";
import type { ChecklistView, VisitView } from "../model";
import { Heading } from "../Page";
import { QuestionCard } from "./QuestionCard";

interface FormProps {
  visit: VisitView;
  list: ChecklistView;
  /** A question to go to, from the list of what is missing. */
  question: string | undefined;
}

/** A checklist is read from the top and answered in any order; every answer is saved by itself. */
export function ChecklistForm({ visit, list, question }: FormProps) {
  const [only, setOnly] = useState<ReadonlySet<string> | null>(null);
  useEffect(() => goTo(question), [question]);
  const { template } = list;
  const shown = only === null ? template.questions : template.questions.filter((each) => only.has(each.id));
  const filter = (on: boolean): void => setOnly(on ? unanswered(list) : null);
  return (
    <section class="stack checklist" aria-label={label(template)}>
      <FormHead list={list} />
      {list.entity && !isShared(list) && (
        <div>
          <DiscloseButton visit={visit} views={[list.entity]} chosen={deviating(list)} />
        </div>
      )}
      <Switch label={t("check.only")} checked={only !== null} onChange={filter} />
      {shown.length === 0 && <EmptyState icon="checkCircle" level={3} title={t("check.allanswered")} />}
      <ol class="bare questions">
        {shown.map((each) => (
          <li key={each.id} id={`q-${each.id}`} tabIndex={-1}>
            <QuestionCard visit={visit} list={list} question={each} number={template.questions.indexOf(each) + 1} />
          </li>
        ))}
      </ol>
    </section>
  );
}

function isShared({ template }: ChecklistView): boolean {
  return template.share === "GEM";
}

/** What deviates is what another authority usually needs. */
function deviating({ template, entity }: ChecklistView): string[] {
  return findings(template, entity?.cells ?? {}).flatMap(({ id }) => [id, `${id}:note`]);
}

/** Taken when the filter is switched on: a question must not vanish under the finger that answers it. */
function unanswered({ template, entity }: ChecklistView): ReadonlySet<string> {
  return new Set(
    template.questions.filter((each) => heads(entity, each.id).every((head) => head[1] === null)).map((q) => q.id),
  );
}

function goTo(question: string | undefined): void {
  const target = question === undefined ? null : document.getElementById(`q-${question}`);
  target?.scrollIntoView({ block: "center" });
  target?.focus({ preventScroll: true });
}

function FormHead({ list }: { list: ChecklistView }) {
  const { template, entity } = list;
  const { answered, questions, missing } = progress(template, entity?.cells ?? {});
  const deviations = findings(template, entity?.cells ?? {}).length;
  const shared = isShared(list);
  return (
    <div class="stack-s">
      <Heading level={2} title={label(template)} />
      <div class="row-s">
        <Chip icon={shared ? "people" : "lock"}>{t(shared ? "check.shared" : "check.own")}</Chip>
        {missing.length === 0 ? (
          <StatusBadge tone="ok" icon="checkCircle">
            {t("check.required.done")}
          </StatusBadge>
        ) : (
          <StatusBadge tone="info" icon="flag">
            {plural(missing.length, t("check.required.left.one"), t("check.required.left", { n: missing.length }))}
          </StatusBadge>
        )}
        {deviations > 0 && (
          <StatusBadge tone="warn" icon="alert">
            {plural(deviations, t("check.findings.one"), t("check.findings", { n: deviations }))}
          </StatusBadge>
        )}
      </div>
      <p class="num small">{t("check.progress", { n: answered, total: questions })}</p>
      <Progress part={answered} whole={questions} />
      {template.note && (
        <Note tone="warn">
          <p>{template.note}</p>
        </Note>
      )}
    </div>
  );
}

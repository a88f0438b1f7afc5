import { useState } from "preact/hooks";
import { findings } from "../../domain/checklist";
import { code, codes, own } from "../../state/operation";
import { newEntity } from "../../state/recording";
import { type EntityView, entity, isPending, value } from "../../state/replica";
import { attempt, snap, writeFields } from "../cells";
import { calendarDate, money } from "../checklist/answers";
import { Button } from "../components/Button";
import { Card, EmptyState } from "../components/Card";
import { SelectField } from "../components/Field";
import { ItemState } from "../components/ItemState";
import { PickerDialog } from "../components/Picker";
import { announce } from "../components/Toast";
import { isoDate, label, plainDate, t } from "../i18n";
import { me, ownChecklists, ownOf, type VisitView } from "../model";
import { Heading } from "../Page";
import { go, href } from "../router";
import { DraftField } from "./DraftField";
import { discard } from "./PhotoDialog";
import { RecordLink, RecordPage } from "./Record";

export function Decisions({ visit, item }: { visit: VisitView; item: string | undefined }) {
  const open = item === undefined ? undefined : entity(own(visit.op), item);
  return open && !open.void ? <Decision visit={visit} decision={open} /> : <DecisionList visit={visit} />;
}

/** The outcomes this authority may decide, those its checklists point to first. */
function outcomesFor(visit: VisitView) {
  const suggested = new Set(
    ownChecklists(visit).flatMap((list) =>
      findings(list.template, list.entity?.cells ?? {}).flatMap((q) => q.fail ?? []),
    ),
  );
  const allowed = codes("outcomes").filter((outcome) => {
    const by = outcome.by;
    return Array.isArray(by) && (by.includes("ANY") || by.includes(me()));
  });
  const items = allowed.map((outcome) => ({
    id: outcome.id,
    title: label(outcome),
    facts: [outcome.law, suggested.has(outcome.id) && t("decision.suggested")].filter(Boolean).join(" · "),
    also: `${outcome.sv} ${outcome.en}`,
  }));
  return items.sort((a, b) => Number(suggested.has(b.id)) - Number(suggested.has(a.id)));
}

function DecisionList({ visit }: { visit: VisitView }) {
  const [choosing, setChoosing] = useState(false);
  const decisions = ownOf(visit, "decision");
  const pick = async (outcome: string): Promise<void> => {
    const id = newEntity("decision");
    const fields = { visit: visit.id, outcome, status: "BESL", decided: isoDate(Date.now()) };
    if (!(await attempt(writeFields({ stream: own(visit.op), id }, fields, {})))) return;
    setChoosing(false);
    announce(t("decision.created"));
    go("visit", visit.id, "decisions", id);
  };
  return (
    <section class="stack" aria-label={t("decision.title")}>
      <Heading level={2} title={t("decision.title")} />
      <div>
        <Button size={56} kind="primary" icon="plus" onPress={() => setChoosing(true)}>
          {t("decision.new")}
        </Button>
      </div>
      {decisions.length === 0 && (
        <EmptyState icon="gavel" level={3} title={t("decision.none")}>
          <p>{t("decision.none.help")}</p>
        </EmptyState>
      )}
      <ul class="bare stack-s">
        {decisions.map((decision) => (
          <li key={decision.id}>
            <RecordLink
              href={href("visit", visit.id, "decisions", decision.id)}
              title={outcomeName(decision)}
              facts={factsOf(decision)}
              end={<ItemState state={isPending(decision, "outcome")} />}
            />
          </li>
        ))}
      </ul>
      {choosing && (
        <PickerDialog
          title={t("decision.outcome")}
          items={outcomesFor(visit)}
          empty={t("count.search.none")}
          onPick={(id) => void pick(id)}
          onClose={() => setChoosing(false)}
        />
      )}
    </section>
  );
}

function outcomeName(decision: EntityView): string {
  const id = value<string>(decision, "outcome") ?? "";
  return label(code("outcomes", id), id);
}

function factsOf(decision: EntityView): string {
  const status = value<string>(decision, "status") ?? "";
  const decided = value<string>(decision, "decided");
  return [
    label(code("status_decision", status), status),
    decided ? plainDate(decided) : "",
    value<string>(decision, "note") ?? "",
  ]
    .filter(Boolean)
    .join(" · ");
}

function Decision({ visit, decision }: { visit: VisitView; decision: EntityView }) {
  const seen = snap(decision);
  const cell = (field: string) => ({ stream: decision.stream, id: decision.id, field });
  const remove = async (): Promise<void> => {
    if (await discard(decision, t("decision.reason"), t("decision.removed"))) go("visit", visit.id, "decisions");
  };
  const setStatus = (status: string): void => {
    if (status) void attempt(writeFields({ stream: decision.stream, id: decision.id }, { status }, seen));
  };
  return (
    <RecordPage
      visit={visit}
      back={href("visit", visit.id, "decisions")}
      backText={t("decision.title")}
      title={outcomeName(decision)}
      view={decision}
      field="outcome"
      removeText={t("decision.remove")}
      onRemove={() => void remove()}
    >
      <div>
        <ItemState state={isPending(decision, "outcome")} />
      </div>
      <Card>
        <SelectField
          label={t("decision.status")}
          value={value<string>(decision, "status") ?? ""}
          onChange={setStatus}
          options={codes("status_decision").map((item) => ({ id: item.id, label: label(item) }))}
        />
        <DraftField cell={cell("decided")} label={t("decision.decided")} form={calendarDate} type="date" />
        <DraftField
          cell={cell("amount")}
          label={t("decision.amount")}
          form={money}
          fault={t("check.money.bad")}
          inputMode="decimal"
        />
        <DraftField cell={cell("note")} label={t("decision.note")} long />
      </Card>
    </RecordPage>
  );
}

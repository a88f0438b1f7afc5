import { useState } from "preact/hooks";
import type { Json } from "../../domain/json";
import { code, codes, operations, own, shared } from "../../state/operation";
import { restoreEntities, voidEntities, writeReport } from "../../state/recording";
import { type EntityView, entity, isPending, value } from "../../state/replica";
import { attempt } from "../cells";
import { Chip } from "../components/Badge";
import { Button } from "../components/Button";
import { Card, EmptyState } from "../components/Card";
import { ItemState } from "../components/ItemState";
import { PickerDialog } from "../components/Picker";
import { announce, toast } from "../components/Toast";
import type { Form } from "../draft";
import { clock, instant, isoDate, label, moment, parseTime, plainDate, t } from "../i18n";
import { ownOf, type VisitView, validOn } from "../model";
import { now } from "../now";
import { Heading } from "../Page";
import { go, href } from "../router";
import { DraftField } from "./DraftField";
import { offenceName } from "./names";
import { PhotoButtons } from "./PhotoButtons";
import { RecordLink, RecordPage } from "./Record";

/** The law of an evening is the law of its day, also when the report is written later. */
function dayOf(visit: VisitView): string {
  return operations.value.find((operation) => operation.id === visit.op)?.date ?? "";
}

/** The area a report is counted under in the press figures. */
function areaOf(offence: string | undefined): string {
  const press = String(code("offences", offence ?? "")?.press ?? "");
  return label(code("press_categories", press), press);
}

export function Reports({ visit, item }: { visit: VisitView; item: string | undefined }) {
  const open = item === undefined ? undefined : entity(own(visit.op), item);
  return open && !open.void ? <Report visit={visit} report={open} /> : <ReportList visit={visit} />;
}

function ReportList({ visit }: { visit: VisitView }) {
  const [choosing, setChoosing] = useState(false);
  const reports = ownOf(visit, "report");
  return (
    <section class="stack" aria-label={t("report.title")}>
      <Heading level={2} title={t("report.title")} />
      <div>
        <Button size={56} kind="primary" icon="plus" onPress={() => setChoosing(true)}>
          {t("report.new")}
        </Button>
      </div>
      {reports.length === 0 && (
        <EmptyState icon="report" level={3} title={t("report.none")}>
          <p>{t("report.none.help")}</p>
        </EmptyState>
      )}
      <ul class="bare stack-s">
        {reports.map((report) => (
          <li key={report.id}>
            <RecordLink
              href={href("visit", visit.id, "reports", report.id)}
              title={offenceName(value(report, "offence"))}
              facts={factsOf(report)}
              end={<ItemState state={isPending(report, "offence")} />}
            />
          </li>
        ))}
      </ul>
      {choosing && <OffencePicker visit={visit} onClose={() => setChoosing(false)} />}
    </section>
  );
}

function factsOf(report: EntityView): string {
  const at = value<number>(report, "at");
  const summary = value<string>(report, "summary") ?? "";
  return [at ? moment(at, now.value) : "", summary.slice(0, 90)].filter(Boolean).join(" · ");
}

/** Choosing the offence makes the report: from then on every word is saved as it is typed. */
function OffencePicker({ visit, onClose }: { visit: VisitView; onClose: () => void }) {
  const day = dayOf(visit);
  const items = validOn(codes("offences"), day).map((offence) => ({
    id: offence.id,
    title: label(offence),
    facts: [offence.law, areaOf(offence.id)].filter(Boolean).join(" · "),
    also: `${offence.sv} ${offence.en}`,
  }));
  const pick = async (offence: string): Promise<void> => {
    const made = await attempt(writeReport(visit.op, visit.id, { offence, at: Date.now(), status: "UPPR" }));
    if (!made) return;
    onClose();
    announce(t("report.created"));
    go("visit", visit.id, "reports", made.result);
  };
  return (
    <PickerDialog
      title={t("report.offence")}
      help={t("report.offence.help", { date: plainDate(day) })}
      items={items}
      empty={t("count.search.none")}
      onPick={(id) => void pick(id)}
      onClose={onClose}
    />
  );
}

/** The clock of a report on its Swedish day; the day itself is the one it was written on. */
function clockForm(report: EntityView): Form {
  const at = value<number>(report, "at") ?? Date.now();
  const day = isoDate(at);
  return {
    show: (stored: Json | undefined) => (typeof stored === "number" ? clock(stored) : ""),
    read: (text) => {
      const hhmm = parseTime(text);
      return hhmm === null ? undefined : instant(day, hhmm);
    },
  };
}

function Report({ visit, report }: { visit: VisitView; report: EntityView }) {
  const back = href("visit", visit.id, "reports");
  const offence = value<string>(report, "offence");
  const cell = (field: string) => ({ stream: report.stream, id: report.id, field });
  return (
    <RecordPage
      visit={visit}
      back={back}
      backText={t("report.title")}
      title={offenceName(offence)}
      view={report}
      field="offence"
      removeText={t("report.remove")}
      onRemove={() => void remove(visit, report)}
    >
      <div class="row-s">
        <Chip>{String(code("offences", offence ?? "")?.law ?? "")}</Chip>
        <Chip icon="people">{t("report.area", { area: areaOf(offence) })}</Chip>
        <ItemState state={isPending(report, "offence")} />
      </div>
      <Card>
        <DraftField cell={cell("summary")} label={t("report.summary")} hint={t("check.text.hint")} long />
        <DraftField
          cell={cell("at")}
          label={t("report.at")}
          form={clockForm(report)}
          inputMode="numeric"
          fault={t("check.time.bad")}
        />
        <DraftField cell={cell("number")} label={t("report.number")} />
      </Card>
      <div class="row">
        <PhotoButtons visit={visit} extra={{ about: report.id }} />
      </div>
    </RecordPage>
  );
}

/** The report and its number go together: the tally carries the same token in the shared stream. */
async function remove(visit: VisitView, report: EntityView): Promise<void> {
  const tallyId = report.id.replace("report_", "tally_");
  const tally = entity(shared(visit.op), tallyId);
  const both = tally ? [report, tally] : [report];
  if (!(await attempt(voidEntities(both, t("report.reason"))))) return;
  go("visit", visit.id, "reports");
  toast(t("report.removed"), () => void bringBack(both));
}

async function bringBack(views: readonly EntityView[]): Promise<void> {
  await attempt(restoreEntities(views.map((view) => entity(view.stream, view.id) ?? view)));
}

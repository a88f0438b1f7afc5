import { progress, type Question } from "../../domain/checklist";
import { codes, own } from "../../state/operation";
import { heads, inConflict, isPending, roleIn, value } from "../../state/replica";
import { isSupervisor } from "../../state/session";
import { items, status } from "../../state/status";
import { versionOf } from "../../state/versions";
import { attempt, snap, writeFields } from "../cells";
import { AuthorityChip, VisitStatus } from "../components/Badge";
import { Button } from "../components/Button";
import { Card, Note } from "../components/Card";
import { ChoiceField } from "../components/Field";
import { Icon } from "../components/Icon";
import { SavedLine } from "../components/ItemState";
import { unsentText } from "../components/SyncBar";
import { toast } from "../components/Toast";
import { label, t } from "../i18n";
import { arrivalSheet, conflictsOf, isDone, leadsVisit, me, ownChecklists, partiesOf, type VisitView } from "../model";
import { Heading } from "../Page";
import { href } from "../router";
import { itemName } from "../sync/itemNames";
import { CellConflict } from "./CellConflict";
import { conflictHref, conflictName } from "./conflictNames";
import { ownParty } from "./Regime";
import { setVisit, statusFields } from "./StatusCard";
import { VersionCard } from "./Version";

interface Missing {
  question: Question;
  href: string;
}

/** Required questions without an answer, of the shared sheet and of one's own begun or proposed lists. */
function missingOf(visit: VisitView): Missing[] {
  const sheet = arrivalSheet(visit);
  const lists = [
    ...(sheet ? [{ list: sheet, section: "arrival" }] : []),
    ...ownChecklists(visit).map((list) => ({ list, section: "checklist" })),
  ];
  return lists.flatMap(({ list, section }) => {
    const open = new Set(progress(list.template, list.entity?.cells ?? {}).missing);
    return list.template.questions
      .filter((question) => open.has(question.id))
      .map((question) => ({ question, href: href("visit", visit.id, section, question.id) }));
  });
}

/** The last look before the door: what is missing, what is not sent, then the marks. Nothing here blocks. */
export function Conclude({ visit }: { visit: VisitView }) {
  const missing = missingOf(visit);
  const conflicts = conflictsOf(visit);
  const incomplete = missing.length > 0 || conflicts.length > 0;
  return (
    <section class="stack" aria-label={t("conclude.title")}>
      <Heading level={2} title={t("conclude.title")} />
      <Card title={t("conclude.check")} level={3}>
        {!incomplete && (
          <Note tone="ok">
            <p>{t("conclude.ready")}</p>
          </Note>
        )}
        {missing.length > 0 && <MissingList missing={missing} />}
        {conflicts.length > 0 && <ConflictList visit={visit} conflicts={conflicts} />}
        <Unsent />
      </Card>
      <Judgement visit={visit} />
      <OwnDone visit={visit} incomplete={incomplete} />
      {leadsVisit() && <WholeVisit visit={visit} incomplete={incomplete} />}
      {versionStreams(visit).map((stream) => (
        <VersionCard key={stream} visit={visit} stream={stream} />
      ))}
    </section>
  );
}

/** One's own part, and the shared one for those who approve it or where it has been handed in. */
function versionStreams(visit: VisitView): string[] {
  const { submitted, approved } = versionOf(visit.stream, visit.id);
  const mine = roleIn(own(visit.op)) === undefined ? [] : [own(visit.op)];
  return isSupervisor.value || submitted || approved ? [...mine, visit.stream] : mine;
}

function MissingList({ missing }: { missing: readonly Missing[] }) {
  return (
    <div class="stack-s">
      <h4>
        {t("conclude.missing")} ({missing.length})
      </h4>
      <ul class="bare lines">
        {missing.map((each) => (
          <li key={each.question.id}>
            <a class="line line-link" href={each.href}>
              <Icon name="flag" />
              <span class="grow">{label(each.question)}</span>
              <Icon name="chevron" />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

function ConflictList({ visit, conflicts }: { visit: VisitView; conflicts: ReturnType<typeof conflictsOf> }) {
  return (
    <div class="stack-s">
      <h4>
        {t("conclude.conflicts")} ({conflicts.length})
      </h4>
      <ul class="bare lines">
        {conflicts.map(({ entity, field }) => (
          <li key={`${entity.id} ${field}`}>
            <a class="line line-link" href={conflictHref(visit, entity, field)}>
              <Icon name="alert" />
              <span class="grow">{conflictName(entity, field)}</span>
              <Icon name="chevron" />
            </a>
          </li>
        ))}
      </ul>
    </div>
  );
}

const NAMED = 6;

/** What this tablet still holds is named before somebody believes the visit is safe. */
function Unsent() {
  const { unsentChanges, unsentPhotos } = status.value;
  if (unsentChanges + unsentPhotos === 0) return null;
  const names = [...new Set(items.value.filter((item) => item.state === "local").map(itemName))];
  return (
    <Note tone="info" icon="tablet">
      <p>
        <strong>
          {t("conclude.unsent")}: {unsentText(unsentChanges, unsentPhotos)}
        </strong>
      </p>
      <ul class="small">
        {names.slice(0, NAMED).map((name) => (
          <li key={name}>{name}</li>
        ))}
        {names.length > NAMED && <li>…</li>}
      </ul>
      <p class="small">{t("conclude.unsent.help")}</p>
    </Note>
  );
}

/** Activity and remarks: two words about the visit as a whole that the evaluation lives on. */
function Judgement({ visit }: { visit: VisitView }) {
  const seen = snap(visit.entity);
  const remarks = value<boolean>(visit.entity, "remarks");
  const set = (field: "activity" | "remarks", v: string | boolean): void => {
    void attempt(writeFields({ stream: visit.stream, id: visit.id }, { [field]: v }, seen));
  };
  return (
    <Card>
      <ChoiceField
        legend={t("conclude.activity")}
        layout="wide"
        value={value<string>(visit.entity, "activity")}
        options={codes("status_site_activity").map((item) => ({ id: item.id, label: label(item) }))}
        onChange={(id) => set("activity", id)}
      />
      <Torn
        visit={visit}
        field="activity"
        render={(v) =>
          label(
            codes("status_site_activity").find((item) => item.id === v),
            String(v),
          )
        }
      />
      <ChoiceField
        legend={t("conclude.remarks")}
        value={remarks === undefined || remarks === null ? undefined : remarks ? "yes" : "no"}
        options={[
          { id: "yes", label: t("conclude.remarks.yes"), tone: "warn" },
          { id: "no", label: t("conclude.remarks.no"), tone: "ok" },
        ]}
        onChange={(id) => set("remarks", id === "yes")}
      />
      <Torn
        visit={visit}
        field="remarks"
        render={(v) => t(v === true ? "conclude.remarks.yes" : "conclude.remarks.no")}
      />
    </Card>
  );
}

function Torn({ visit, field, render }: { visit: VisitView; field: string; render: (v: unknown) => string }) {
  if (!inConflict(visit.entity, field)) return null;
  return <CellConflict view={visit.entity} field={field} heads={heads(visit.entity, field)} render={render} />;
}

function OwnDone({ visit, incomplete }: { visit: VisitView; incomplete: boolean }) {
  const { stream, id, view, birth } = ownParty(visit);
  const seen = snap(view);
  const done = value<boolean>(view, "done") === true;
  const mark = async (next: boolean): Promise<void> => {
    const saved = await attempt(
      writeFields({ stream, id, birth }, { done: next, left: next ? Date.now() : null }, seen),
    );
    if (saved) toast(t(next ? "conclude.own.done" : "conclude.own.open"), () => void attempt(saved.result()));
  };
  return (
    <Card title={t("conclude.own")} level={3} end={<AuthorityChip id={me()} own />}>
      {done ? (
        <Note tone="ok">
          <p>{t("conclude.own.done")}</p>
        </Note>
      ) : (
        incomplete && <Override />
      )}
      <div class="actions">
        <Button
          size={56}
          kind={done ? "line" : "primary"}
          icon={done ? "undo" : "check"}
          onPress={() => void mark(!done)}
        >
          {t(done ? "conclude.own.open" : "conclude.own.mark")}
        </Button>
      </div>
      {view && <SavedLine state={isPending(view, "done")} />}
    </Card>
  );
}

function Override() {
  return (
    <Note tone="warn">
      <p>{t("conclude.override")}</p>
    </Note>
  );
}

function WholeVisit({ visit, incomplete }: { visit: VisitView; incomplete: boolean }) {
  const seen = snap(visit.entity);
  const waiting = partiesOf(visit).filter((party) => !party.done);
  const finished = isDone(visit.status);
  const finish = (): void => {
    const fields = statusFields("KLART", value<number>(visit.entity, "arrived"), Date.now());
    void setVisit(visit, fields, seen, t("conclude.whole.done"));
  };
  const reopen = (): void => void setVisit(visit, { status: "INNE", left: null }, seen, t("status.reopen"));
  return (
    <Card title={t("conclude.whole")} level={3} end={<VisitStatus status={visit.status} />}>
      <p>{t("conclude.whole.help")}</p>
      {!finished && waiting.length > 0 && (
        <div class="row-s">
          <span>{t("conclude.others")}:</span>
          {waiting.map((party) => (
            <AuthorityChip key={party.authority} id={party.authority} own={party.authority === me()} />
          ))}
        </div>
      )}
      {!finished && (incomplete || waiting.length > 0) && <Override />}
      <div class="actions">
        {finished ? (
          <Button size={56} kind="line" icon="undo" onPress={reopen}>
            {t("status.reopen")}
          </Button>
        ) : (
          <Button size={56} kind={incomplete || waiting.length > 0 ? "line" : "primary"} icon="flag" onPress={finish}>
            {t(incomplete || waiting.length > 0 ? "conclude.whole.anyway" : "conclude.whole.mark")}
          </Button>
        )}
      </div>
    </Card>
  );
}

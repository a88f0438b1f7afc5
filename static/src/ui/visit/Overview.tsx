import { code } from "../../state/operation";
import { heads, inConflict, value } from "../../state/replica";
import { StatusBadge } from "../components/Badge";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { HandedByUs, HandedToUs } from "../disclose/Handed";
import { label, plainDate, plural, t } from "../i18n";
import { type EarlierVisit, me, partiesOf, safetyOf, type VisitView } from "../model";
import { Notice } from "../safety/SafetyBanner";
import { amountInBase } from "../units";
import { CellConflict } from "./CellConflict";
import { Regime } from "./Regime";
import { StatusCard } from "./StatusCard";

/** What to know before going in, and the acts that belong to the door. */
export function Overview({ visit }: { visit: VisitView }) {
  const notices = safetyOf(visit.op).filter((notice) => value<string>(notice, "visit") === visit.id);
  return (
    <div class="columns">
      {notices.length > 0 && (
        <Card title={t("safety.list")} tone="warn">
          {notices.map((notice) => (
            <Notice key={notice.id} notice={notice} />
          ))}
        </Card>
      )}
      <HandedToUs visit={visit} />
      <StatusCard visit={visit} />
      <Regime visit={visit} />
      <HandedByUs visit={visit} />
      <Others visit={visit} />
      {visit.history.length > 0 && <History visit={visit} />}
    </div>
  );
}

/** Done or not done: all that one authority ever sees of another's work. */
function Others({ visit }: { visit: VisitView }) {
  return (
    <Card title={t("others.title")}>
      <ul class="bare lines">
        {partiesOf(visit).map((party) => (
          <li key={party.authority} class="line">
            <span class="grow">
              {label(code("authorities", party.authority), party.authority)}
              {party.authority === me() && <strong> · {t("others.you")}</strong>}
            </span>
            <StatusBadge tone={party.done ? "ok" : "plain"} icon={party.done ? "checkCircle" : "circle"}>
              {t(party.done ? "others.done" : "others.notdone")}
            </StatusBadge>
            {inConflict(party.entity, "done") && (
              <CellConflict
                view={party.entity}
                field="done"
                heads={heads(party.entity, "done")}
                render={(v) => t(v === true ? "others.done" : "others.notdone")}
              />
            )}
          </li>
        ))}
      </ul>
      <p class="small muted row-s">
        <Icon name="lock" size="s" />
        <span class="grow">{t("others.note")}</span>
      </p>
    </Card>
  );
}

function History({ visit }: { visit: VisitView }) {
  return (
    <Card title={t("history.title")}>
      <ol class="bare lines">
        {[...visit.history]
          .sort((a, b) => (a.date < b.date ? 1 : -1))
          .map((earlier) => (
            <li key={earlier.operation} class="line">
              <Earlier visit={earlier} />
            </li>
          ))}
      </ol>
    </Card>
  );
}

function Earlier({ visit }: { visit: EarlierVisit }) {
  return (
    <div class="grow stack-s">
      <div class="row-s between">
        <strong class="num">{plainDate(visit.date)}</strong>
        <span class="small muted">{t("history.insats", { n: visit.number })}</span>
      </div>
      <div class="row-s">
        {visit.remarks !== undefined && (
          <StatusBadge tone={visit.remarks ? "warn" : "ok"} icon={visit.remarks ? "alert" : "check"}>
            {t(visit.remarks ? "history.remarks" : "history.clean")}
          </StatusBadge>
        )}
        {visit.activity && (
          <span class="small">{label(code("status_site_activity", visit.activity), visit.activity)}</span>
        )}
        {visit.reports ? (
          <span class="small">
            {plural(visit.reports, t("history.reports.one"), t("history.reports", { n: visit.reports }))}
          </span>
        ) : null}
        <EarlierSeizures seizures={visit.seizures} />
      </div>
    </div>
  );
}

/** The figures the server wrote into the site's history: `{CODE: {BASE: qty}}`. */
function EarlierSeizures({ seizures }: { seizures: EarlierVisit["seizures"] }) {
  if (typeof seizures !== "object" || seizures === null || Array.isArray(seizures)) return null;
  const rows = Object.entries(seizures as Record<string, unknown>);
  return (
    <>
      {rows.map(([category, amount]) => (
        <span key={category} class="small">
          {label(code("seizure_categories", category), category)}: <span class="num">{earlierFigure(amount)}</span>
        </span>
      ))}
    </>
  );
}

function earlierFigure(amount: unknown): string {
  if (typeof amount === "number") return String(amount);
  if (typeof amount !== "object" || amount === null) return "";
  return Object.entries(amount)
    .map(([base, qty]) => amountInBase(Number(qty), base))
    .join(", ");
}

import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type OperationView, operationId, operations } from "../../state/operation";
import { syncNow } from "../../state/status";
import { Button } from "../components/Button";
import { EmptyState } from "../components/Card";
import { Dialog } from "../components/Dialog";
import { Progress } from "../components/Stepper";
import { label, longDate, plainDate, t } from "../i18n";
import { isDone, nextVisit, ownTeam, visitsOf } from "../model";
import { Heading, Page } from "../Page";
import { go } from "../router";
import { SiteCard } from "./SiteCard";

/** The evening's sites in their order, the next one marked. */
export function Today({ operation, open }: { operation: OperationView; open: string | undefined }) {
  const visits = visitsOf(operation.id);
  const team = ownTeam(operation);
  const next = nextVisit(visits, team);
  const done = visits.filter((visit) => isDone(visit.status)).length;
  return (
    <div class="page today">
      <EveningHead operation={operation} covered={open !== undefined}>
        <strong class="small">{t("today.done", { n: done, total: visits.length })}</strong>
        {team && <span class="small muted">{t("today.team", { team })}</span>}
      </EveningHead>
      <Progress part={done} whole={visits.length} />
      {visits.length === 0 && (
        <EmptyState icon="building" title={t("today.nosites")}>
          <p>{t("today.nosites.help")}</p>
        </EmptyState>
      )}
      <ol class="bare sites">
        {visits.map((visit) => (
          <li key={visit.id}>
            <SiteCard visit={visit} next={visit.id === next?.id} here={visit.id === open} ownTeam={team} />
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Beside an open visit the evening is a second-level matter: the visit owns the page's heading. */
function EveningHead(props: { operation: OperationView; covered: boolean; children: ComponentChildren }) {
  const { operation, covered, children } = props;
  const [picking, setPicking] = useState(false);
  const title = label(operation.title);
  return (
    <div class="page-head">
      <p class="eyebrow num">
        {longDate(operation.date)} · {operation.start}–{operation.end}
      </p>
      {covered ? <h2>{title}</h2> : <Heading title={title} />}
      <div class="row head-row">
        <div class="row-s grow">{children}</div>
        {operations.value.length > 1 && (
          <Button kind="quiet" icon="calendar" onPress={() => setPicking(true)}>
            {t("today.pick")}
          </Button>
        )}
      </div>
      {picking && <OperationPicker current={operation.id} onClose={() => setPicking(false)} />}
    </div>
  );
}

function OperationPicker({ current, onClose }: { current: string; onClose: () => void }) {
  const pick = (id: string): void => {
    operationId.value = id;
    onClose();
    go("day");
  };
  return (
    <Dialog title={t("today.pick.title")} onClose={onClose}>
      <ul class="bare stack-s">
        {operations.value.map((operation) => (
          <li key={operation.id}>
            <Button
              wide
              size={56}
              kind={operation.id === current ? "primary" : "plain"}
              pressed={operation.id === current}
              onPress={() => pick(operation.id)}
            >
              <span class="grow pick-label">
                {label(operation.title)}
                <span class="small num">{plainDate(operation.date)}</span>
              </span>
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** Before the first evening has been fetched. */
export function NoOperation() {
  return (
    <Page title={t("nav.today")} narrow>
      <EmptyState icon="calendar" title={t("today.none")}>
        <p>{t("today.none.help")}</p>
        <Button size={56} kind="primary" icon="refresh" onPress={() => void syncNow()}>
          {t("today.fetch")}
        </Button>
      </EmptyState>
    </Page>
  );
}

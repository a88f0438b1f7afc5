import { type Given, givenOf, type Progress, previewOf, type Received, receivedOf } from "../../state/disclosure";
import { own } from "../../state/operation";
import { StatusBadge, shortAuthority } from "../components/Badge";
import { Card } from "../components/Card";
import { personOf } from "../components/ConflictCard";
import { moment, t } from "../i18n";
import type { VisitView } from "../model";
import { now } from "../now";
import { reason } from "../sync/itemNames";
import { CopyLines, Facts } from "./Copy";

/** What other authorities handed over of a visit: before one's own work, since it may change that. */
export function HandedToUs({ visit }: { visit: VisitView }) {
  const received = receivedOf(visit.op, visit.id);
  if (received.length === 0) return null;
  return (
    <Card title={t("received.title")} tone="info">
      <ul class="bare lines">
        {received.map((each) => (
          <li key={each.id} class="line">
            <ReceivedOne visit={visit} received={each} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** What one's own authority handed over of a visit, and how far each has come. */
export function HandedByUs({ visit }: { visit: VisitView }) {
  const given = givenOf(visit.op, visit.id);
  if (given.length === 0) return null;
  return (
    <Card title={t("given.title")}>
      <ul class="bare lines">
        {given.map((each) => (
          <li key={each.id} class="line">
            <GivenOne visit={visit} given={each} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ReceivedOne({ visit, received: { told } }: { visit: VisitView; received: Received }) {
  const from = shortAuthority(told.from);
  return (
    <article class="grow stack-s">
      <h3>{t("received.from", { from })}</h3>
      <p class="small muted">
        {t("person.at", { name: personOf(visit.stream, told.actor), at: moment(told.at, now.value) })}
      </p>
      <Facts ground={told.ground} by={told.by} proviso={told.proviso} />
      {told.corrects && <p class="small">{t("handed.corrects")}</p>}
      <CopyLines stream={own(visit.op)} copy={told.items} />
      <p class="small muted">{t("received.lead", { from })}</p>
      <details class="small muted">
        <summary>{t("handed.hash")}</summary>
        <code class="hash">{told.hash}</code>
      </details>
    </article>
  );
}

function GivenOne({ visit, given: { said, actor, at, progress } }: { visit: VisitView; given: Given }) {
  const copy = progress.state === "delivered" ? progress.copy : previewOf(own(visit.op), said.items);
  return (
    <article class="grow stack-s">
      <div class="row-s between">
        <h3>{t("given.to", { to: shortAuthority(said.to) })}</h3>
        <ProgressBadge progress={progress} />
      </div>
      {progress.state === "held" && <p>{reason(progress.code)}</p>}
      <p class="small muted">{t("person.at", { name: personOf(visit.stream, actor), at: moment(at, now.value) })}</p>
      <Facts ground={said.ground} by={said.by} proviso={said.proviso} />
      {said.weighing && (
        <p class="small">
          {t("given.weighing")}: {said.weighing}
        </p>
      )}
      {copy && (
        <details>
          <summary>{t("handed.show", { n: copy.length })}</summary>
          <CopyLines stream={own(visit.op)} copy={copy} />
        </details>
      )}
    </article>
  );
}

function ProgressBadge({ progress }: { progress: Progress }) {
  switch (progress.state) {
    case "waiting":
      return (
        <StatusBadge tone="plain" icon="tablet">
          {t("given.waiting")}
        </StatusBadge>
      );
    case "received":
      return (
        <StatusBadge tone="info" icon="check">
          {t("given.received")}
        </StatusBadge>
      );
    case "delivered":
      return (
        <StatusBadge tone="ok" icon="checkCircle">
          {t("given.delivered", { at: moment(progress.at, now.value) })}
        </StatusBadge>
      );
    case "held":
      return (
        <StatusBadge tone="warn" icon="eye">
          {t("given.held")}
        </StatusBadge>
      );
  }
}

import { useState } from "preact/hooks";
import type { Cells } from "../../domain/merge";
import { code, codes } from "../../state/operation";
import { heads, inConflict, isPending, value } from "../../state/replica";
import { attempt, type Fields, snap, writeFields } from "../cells";
import { Button, ButtonLink } from "../components/Button";
import { Card } from "../components/Card";
import { Dialog } from "../components/Dialog";
import type { IconName } from "../components/Icon";
import { Underway } from "../components/ItemState";
import { toast } from "../components/Toast";
import { label, moment, t } from "../i18n";
import { isDone, isPolice, type VisitView } from "../model";
import { now } from "../now";
import { href } from "../router";
import { CellConflict } from "./CellConflict";

/** Saves fields of a visit on what was rendered, says so and offers to take it back. */
export async function setVisit(visit: VisitView, fields: Fields, rendered: Cells, said: string): Promise<void> {
  const saved = await attempt(writeFields({ stream: visit.stream, id: visit.id }, fields, rendered));
  if (saved) toast(said, () => void attempt(saved.result()));
}

export function statusName(status: string): string {
  return label(code("status_visit", status), status);
}

/** A new status, with the moment of arrival or leaving where the status means one. The first arrival stands. */
export function statusFields(status: string, arrived: number | undefined, at: number): Fields {
  const enters = status === "INNE" || status === "SAKRAT";
  return {
    status,
    ...(enters && arrived === undefined ? { arrived: at } : {}),
    ...(isDone(status) ? { left: at } : {}),
  };
}

interface Step {
  status: string;
  icon: IconName;
  text: string;
}

/** What usually comes next, largest; the rest is one tap away. */
function nextSteps(status: string): Step[] {
  const go: Step = { status: "PAVAG", icon: "route", text: t("status.go") };
  const arrive: Step = { status: "INNE", icon: "arrive", text: t("status.arrive") };
  const secure: Step = { status: "SAKRAT", icon: "shield", text: t("status.secure") };
  if (status === "PLANERAT") return [go, arrive];
  if (status === "PAVAG") return isPolice() ? [arrive, secure] : [arrive];
  if (status === "SAKRAT" || status === "PAUS_FU") return [arrive];
  return [];
}

export function StatusCard({ visit }: { visit: VisitView }) {
  const [choosing, setChoosing] = useState(false);
  const seen = snap(visit.entity);
  const arrived = value<number>(visit.entity, "arrived");
  const set = (status: string): void => {
    const fields = statusFields(status, arrived, Date.now());
    void setVisit(visit, fields, seen, t("status.set", { status: statusName(status) }));
  };
  const steps = nextSteps(visit.status);
  return (
    <Card title={t("status.title")}>
      <Times visit={visit} />
      {inConflict(visit.entity, "status") && (
        <CellConflict
          view={visit.entity}
          field="status"
          heads={heads(visit.entity, "status")}
          render={(v) => statusName(String(v))}
        />
      )}
      <div class="actions">
        {steps.map((step, i) => (
          <Button
            key={step.status}
            size={56}
            kind={i === 0 ? "primary" : "line"}
            icon={step.icon}
            onPress={() => set(step.status)}
          >
            {step.text}
          </Button>
        ))}
        {steps.length === 0 && !isDone(visit.status) && (
          <ButtonLink size={56} kind="primary" icon="flag" href={href("visit", visit.id, "conclude")}>
            {t("status.conclude")}
          </ButtonLink>
        )}
        <Button size={56} kind="quiet" icon="more" onPress={() => setChoosing(true)}>
          {t("status.other")}
        </Button>
      </div>
      <Underway state={isPending(visit.entity, "status")} />
      {choosing && <StatusDialog current={visit.status} onPick={set} onClose={() => setChoosing(false)} />}
    </Card>
  );
}

function Times({ visit }: { visit: VisitView }) {
  const rows = (["arrived", "left"] as const).flatMap((field) => {
    const at = value<number>(visit.entity, field);
    return at === undefined || at === null ? [] : [{ field, at }];
  });
  const persons = value<number>(visit.entity, "persons");
  if (rows.length === 0 && persons === undefined) return null;
  return (
    <dl class="facts">
      {rows.map(({ field, at }) => [
        <dt key={`${field}-t`}>{t(`status.${field}`)}</dt>,
        <dd key={`${field}-d`} class="num">
          {moment(at, now.value)}
        </dd>,
      ])}
      {typeof persons === "number" && (
        <>
          <dt>{t("status.persons")}</dt>
          <dd class="num">{persons}</dd>
        </>
      )}
    </dl>
  );
}

function StatusDialog(props: { current: string; onPick: (status: string) => void; onClose: () => void }) {
  const pick = (status: string): void => {
    props.onPick(status);
    props.onClose();
  };
  // Buttons, not radios: arrow keys through a list must not change what everyone sees.
  return (
    <Dialog title={t("status.other")} onClose={props.onClose}>
      <ul class="bare stack-s">
        {codes("status_visit").map((item) => (
          <li key={item.id}>
            <Button
              wide
              size={56}
              kind={item.id === props.current ? "primary" : "plain"}
              pressed={item.id === props.current}
              onPress={() => pick(item.id)}
            >
              {label(item)}
            </Button>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import { tap } from "../../state/recording";
import { actorName, isPending } from "../../state/replica";
import { session } from "../../state/session";
import { attempt } from "../cells";
import { Breakable } from "../components/Breakable";
import { Button } from "../components/Button";
import { Card } from "../components/Card";
import { personOf } from "../components/ConflictCard";
import { ChoiceField } from "../components/Field";
import { SavedLine } from "../components/ItemState";
import { Stepper } from "../components/Stepper";
import { announce } from "../components/Toast";
import { figure, t } from "../i18n";
import type { VisitView } from "../model";
import { categoryName } from "../records/names";
import { amount, unit } from "../units";
import { AmountDialog, RecountDialog } from "./AmountDialogs";
import type { CountRow } from "./rows";

/** Whether an actor is this person on this tablet: the only entry their taps change. */
function isMine(stream: string, actor: string): boolean {
  const known = actorName(stream, actor);
  return known?.name === session.value?.user.name && known?.device === session.value?.device.label;
}

interface CountCardProps {
  visit: VisitView;
  row: CountRow;
  /** Units to choose from while nothing is counted yet. */
  units: readonly string[];
  onUnit: (unit: string) => void;
}

export function CountCard({ visit, row, units, onUnit }: CountCardProps) {
  const [dialog, setDialog] = useState<"amount" | "recount">();
  const form = unit(row.unit);
  const what = categoryName(row.category);
  const mine = row.people
    .filter((person) => isMine(visit.stream, person.actor))
    .reduce((sum, person) => sum + person.qty, 0);
  const step = async (delta: 1 | -1): Promise<void> => {
    const by = delta * Math.min(form.factor, delta < 0 ? mine : form.factor);
    const saved = await attempt(tap(visit.op, visit.id, "seizure", row.category, row.unit, by));
    if (saved) announce(t("count.announce", { what, figure: amount(row.total + by, row.unit) }));
  };
  return (
    <Card title={<Breakable text={what} />} level={3} class="count">
      {units.length > 1 && (
        <ChoiceField
          legend={t("count.unit")}
          value={row.unit}
          options={units.map((id) => ({ id, label: unit(id).name }))}
          onChange={onUnit}
        />
      )}
      <Stepper
        what={what}
        figure={figure(row.total, form)}
        unit={form.name}
        blockedLess={mine <= 0 ? t("count.less.blocked") : undefined}
        onStep={(delta) => void step(delta)}
      />
      <People visit={visit} row={row} mine={mine} />
      <div class="row-s">
        <Button class="flush" kind="quiet" icon="edit" onPress={() => setDialog("amount")}>
          {t("count.amount")}
          <span class="vh"> {what}</span>
        </Button>
        {row.people.length > 0 && (
          <Button kind="quiet" icon="refresh" onPress={() => setDialog("recount")}>
            {t("count.recount")}
            <span class="vh"> {what}</span>
          </Button>
        )}
      </div>
      {dialog === "amount" && <AmountDialog visit={visit} row={row} onClose={() => setDialog(undefined)} />}
      {dialog === "recount" && <RecountDialog visit={visit} row={row} onClose={() => setDialog(undefined)} />}
    </Card>
  );
}

/** Everyone's share, so that nobody counts the same machine twice unnoticed. */
function People({ visit, row, mine }: { visit: VisitView; row: CountRow; mine: number }) {
  const own = row.entries.find((entry) => (entry.cells.entry ?? []).some((head) => isMine(visit.stream, head[2])));
  return (
    <div class="stack-s">
      {row.people.length > 0 && (
        <ul class="bare lines" aria-label={t("count.by")}>
          {row.people.map((person) => (
            <li key={person.actor} class="line">
              <span class="grow">
                {isMine(visit.stream, person.actor)
                  ? t("count.you", { name: session.value?.user.name ?? "" })
                  : personOf(visit.stream, person.actor)}
                <DeviceName stream={visit.stream} actor={person.actor} />
              </span>
              <strong class="num">{amount(person.qty, row.unit)}</strong>
            </li>
          ))}
        </ul>
      )}
      {own && mine > 0 && <SavedLine state={isPending(own, "entry")} />}
    </div>
  );
}

/** One person may count on two tablets; the label keeps their rows apart. */
function DeviceName({ stream, actor }: { stream: string; actor: string }) {
  const device = actorName(stream, actor)?.device;
  return device ? <span class="small muted"> · {device}</span> : null;
}

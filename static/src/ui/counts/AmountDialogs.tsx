import { useState } from "preact/hooks";
import { recount, tap } from "../../state/recording";
import { attempt } from "../cells";
import { Button } from "../components/Button";
import { personOf } from "../components/ConflictCard";
import { Dialog } from "../components/Dialog";
import { TextField } from "../components/Field";
import { toast } from "../components/Toast";
import { parseFigure, t } from "../i18n";
import type { VisitView } from "../model";
import { categoryName } from "../records/names";
import { amount, unit } from "../units";
import type { CountRow } from "./rows";

interface AmountProps {
  visit: VisitView;
  row: CountRow;
  onClose: () => void;
}

interface AmountFieldProps {
  form: ReturnType<typeof unit>;
  error: string | undefined;
  value: string;
  onInput: (value: string) => void;
}

function AmountField({ form, ...field }: AmountFieldProps) {
  const label = t("count.amount.label", { unit: form.name });
  return <TextField label={label} inputMode={form.dec === 0 ? "numeric" : "decimal"} class="input-code" {...field} />;
}

/** A weight or a large number: added to one's own entry, like that many taps. */
export function AmountDialog({ visit, row, onClose }: AmountProps) {
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const form = unit(row.unit);
  const add = async (): Promise<void> => {
    const qty = parseFigure(typed, form);
    if (qty === null || qty === 0) {
      return setFault(form.dec === 0 ? t("count.amount.int") : t("count.amount.bad", { dec: form.dec }));
    }
    const saved = await attempt(tap(visit.op, visit.id, "seizure", row.category, row.unit, qty));
    if (!saved) return;
    const undo = () => void attempt(tap(visit.op, visit.id, "seizure", row.category, row.unit, -qty));
    toast(t("count.recounted", { what: categoryName(row.category), figure: `+${amount(qty, row.unit)}` }), undo);
    onClose();
  };
  return (
    <Dialog
      title={`${t("count.amount.title")}: ${categoryName(row.category)}`}
      onClose={onClose}
      foot={
        <Button size={56} kind="primary" icon="plus" onPress={() => void add()}>
          {t("count.amount.add")}
        </Button>
      }
    >
      <AmountField form={form} error={fault} value={typed} onInput={setTyped} />
    </Dialog>
  );
}

/** Correcting everyone: names what it replaces, and replaces nothing else. */
export function RecountDialog({ visit, row, onClose }: AmountProps) {
  // What is listed is what is replaced: taken once, although others go on counting behind the dialog.
  const [listed] = useState(row);
  const [typed, setTyped] = useState("");
  const [fault, setFault] = useState<string>();
  const form = unit(row.unit);
  const qty = parseFigure(typed, form);
  const what = categoryName(row.category);
  const save = async (): Promise<void> => {
    if (qty === null) return setFault(t("count.recount.bad"));
    const saved = await attempt(
      recount(visit.op, visit.id, "seizure", listed.category, listed.unit, qty, listed.entries),
    );
    if (!saved) return;
    toast(t("count.recounted", { what, figure: amount(qty, listed.unit) }));
    onClose();
  };
  return (
    <Dialog
      title={t("count.recount.title", { what })}
      onClose={onClose}
      foot={
        <Button size={56} kind="primary" icon="check" onPress={() => void save()}>
          {qty === null ? t("act.save") : t("count.recount.save", { figure: amount(qty, listed.unit) })}
        </Button>
      }
    >
      <p>{t("count.recount.help")}</p>
      <div class="stack-s">
        <h3>{t("count.recount.replaces")}</h3>
        <ul class="bare lines">
          {listed.people.map((person) => (
            <li key={person.actor} class="line">
              <span class="grow">{personOf(visit.stream, person.actor)}</span>
              <strong class="num">{amount(person.qty, listed.unit)}</strong>
            </li>
          ))}
        </ul>
      </div>
      <AmountField form={form} error={fault} value={typed} onInput={setTyped} />
    </Dialog>
  );
}

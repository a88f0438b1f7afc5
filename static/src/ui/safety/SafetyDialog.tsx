import { signal } from "@preact/signals";
import { useState } from "preact/hooks";
import { shared } from "../../state/operation";
import { newEntity, record } from "../../state/recording";
import { attempt } from "../cells";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { ChoiceField, TextField } from "../components/Field";
import { toast } from "../components/Toast";
import { parseInteger, t } from "../i18n";
import type { VisitView } from "../model";
import { type Level, markRead } from "./notices";

/** Survives closing the dialog by mistake; emptied when the notice is saved. */
const draft = signal<{ level: Level; text: string; injuries: string }>({ level: "medium", text: "", injuries: "" });

function change(part: Partial<typeof draft.value>): void {
  draft.value = { ...draft.value, ...part };
}

/** A notice to everyone on the evening. Its author has read it by writing it. */
async function publish(visit: VisitView): Promise<boolean> {
  const { level, text, injuries } = draft.value;
  const id = newEntity("safety");
  const cells = { visit: visit.id, level, text: text.trim(), injuries: parseInteger(injuries) ?? 0, at: Date.now() };
  const drafts = Object.entries(cells).map(([f, v]) => ({ e: id, f, v, seen: [] }));
  if (!(await attempt(record(shared(visit.op), drafts)))) return false;
  markRead([id]);
  change({ text: "", injuries: "" });
  toast(t("safety.sent"));
  return true;
}

export function SafetyDialog({ visit, onClose }: { visit: VisitView; onClose: () => void }) {
  const [fault, setFault] = useState<string>();
  const { level, text, injuries } = draft.value;
  const send = async (): Promise<void> => {
    if (!text.trim()) return setFault(t("safety.missing"));
    if (await publish(visit)) onClose();
  };
  return (
    <Dialog
      title={t("safety.title")}
      onClose={onClose}
      foot={
        <Button size={56} kind="danger" icon="bell" onPress={() => void send()}>
          {t("safety.send")}
        </Button>
      }
    >
      <p class="muted">{t("safety.help")}</p>
      <ChoiceField
        legend={t("safety.level")}
        layout="list"
        value={level}
        options={[
          { id: "low", label: t("safety.low") },
          { id: "medium", label: t("safety.medium"), tone: "warn" },
          { id: "high", label: t("safety.high"), tone: "bad" },
        ]}
        onChange={(id) => change({ level: id as Level })}
      />
      <TextField
        long
        label={t("safety.text")}
        value={text}
        error={fault}
        onInput={(typed) => change({ text: typed })}
      />
      <TextField
        label={t("safety.injuries")}
        inputMode="numeric"
        optional
        value={injuries}
        onInput={(typed) => change({ injuries: typed })}
      />
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import { decide } from "../../state/decisions";
import { attempt } from "../cells";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { ChoiceField, TextField } from "../components/Field";
import { toast } from "../components/Toast";
import { t } from "../i18n";
import { type Matter, matterName } from "./held";
import { Rows } from "./Rows";

const MAX_REASON = 500;
const QUICK = {
  admit: ["decide.quick.asked", "decide.quick.seen", "decide.quick.right"],
  refuse: ["decide.quick.wrong", "decide.quick.double", "decide.quick.elsewhere"],
} as const;

/** Each change has a decision of its own; an interrupted run leaves the rest in the list. */
async function decideAll({ changes }: Matter, admit: boolean, reason: string): Promise<void> {
  for (const change of changes) await decide(change, admit, reason);
}

/** The decision with its reason: seen once more, justified, then taken. */
export function DecideDialog({ matter, admit, onClose }: { matter: Matter; admit: boolean; onClose: () => void }) {
  const [reason, setReason] = useState("");
  const act = admit ? "admit" : "refuse";
  const save = async (): Promise<void> => {
    const what = matterName(matter);
    if (!(await attempt(decideAll(matter, admit, reason.trim())))) return;
    toast(t(admit ? "decide.admitted" : "decide.refused", { what }));
    onClose();
  };
  return (
    <Dialog
      title={t(`decide.${act}.title`)}
      onClose={onClose}
      foot={
        <>
          <Button size={56} kind="line" onPress={onClose}>
            {t("act.cancel")}
          </Button>
          <Button
            size={56}
            kind={admit ? "primary" : "danger"}
            icon={admit ? "check" : "close"}
            blocked={reason.trim() === "" ? t("decide.reason.missing") : undefined}
            onPress={() => void save()}
          >
            {t(`decide.${act}`)}
          </Button>
        </>
      }
    >
      <div class="matter">
        <h3>{matterName(matter)}</h3>
        <Rows matter={matter} />
      </div>
      <p>{t(`decide.${act}.text`)}</p>
      <ChoiceField
        legend={t("decide.reason.quick")}
        layout="list"
        value={QUICK[act].find((key) => t(key) === reason)}
        options={QUICK[act].map((key) => ({ id: key, label: t(key) }))}
        onChange={(id) => setReason(QUICK[act].flatMap((key) => (key === id ? [t(key)] : [])).join(""))}
      />
      <TextField
        label={t("decide.reason")}
        hint={t("decide.reason.hint")}
        long
        value={reason}
        onInput={setReason}
        maxLength={MAX_REASON}
      />
    </Dialog>
  );
}

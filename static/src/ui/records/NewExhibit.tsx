import { useState } from "preact/hooks";
import { code, codes, own } from "../../state/operation";
import { newEntity } from "../../state/recording";
import { entity } from "../../state/replica";
import { session } from "../../state/session";
import { attempt, writeFields } from "../cells";
import { Button, ButtonLink } from "../components/Button";
import { Note } from "../components/Card";
import { Dialog } from "../components/Dialog";
import { SelectField, TextField } from "../components/Field";
import { announce } from "../components/Toast";
import { label, t } from "../i18n";
import type { VisitView } from "../model";
import { go, href } from "../router";
import { unit } from "../units";
import { exhibitId, sealLabel } from "./seals";

/** Seal and category make the exhibit; everything else is filled in and saved on its own page. */
export function NewExhibit({ visit, onClose }: { visit: VisitView; onClose: () => void }) {
  const [seal, setSeal] = useState("");
  const [category, setCategory] = useState("");
  const sealed = sealLabel(seal);
  const existing = sealed ? entity(own(visit.op), exhibitId(sealed)) : undefined;
  const create = async (): Promise<void> => {
    const id = await make(visit, sealed, category);
    if (id === undefined) return;
    onClose();
    go("visit", visit.id, "exhibits", id);
  };
  const unusable = seal.trim() !== "" && sealed === "" ? t("exhibit.seal.bad") : undefined;
  return (
    <Dialog
      title={t("exhibit.new")}
      onClose={onClose}
      foot={
        <Button
          size={56}
          kind="primary"
          icon="seal"
          blocked={
            category === "" ? t("exhibit.category") : existing ? t("exhibit.exists", { seal: sealed }) : unusable
          }
          onPress={() => void create()}
        >
          {t("exhibit.create")}
        </Button>
      }
    >
      <TextField
        label={t("exhibit.seal")}
        hint={t("exhibit.seal.hint")}
        error={unusable}
        optional
        value={seal}
        onInput={setSeal}
        class="input-code"
        maxLength={60}
        spellcheck={false}
      />
      {existing && (
        <Note tone="warn" live>
          <p>{t("exhibit.exists", { seal: sealed })}</p>
          <ButtonLink kind="line" href={href("visit", visit.id, "exhibits", existing.id)}>
            {t("act.open")}
          </ButtonLink>
        </Note>
      )}
      <SelectField
        label={t("exhibit.category")}
        value={category}
        onChange={setCategory}
        options={codes("seizure_categories").map((item) => ({ id: item.id, label: label(item) }))}
      />
    </Dialog>
  );
}

async function make(visit: VisitView, seal: string, category: string): Promise<string | undefined> {
  const id = seal ? exhibitId(seal) : newEntity("exhibit");
  const unitId = String(code("seizure_categories", category)?.unit ?? "ST");
  const fields = {
    visit: visit.id,
    category,
    // One object is the rule, and a weight is never one gram by default.
    ...(unit(unitId).dec === 0 ? { qty: 1 } : {}),
    unit: unitId,
    ...(seal ? { seal } : {}),
    finder: session.value?.user.name ?? "",
    at: Date.now(),
    status: "TAGET",
  };
  if (!(await attempt(writeFields({ stream: own(visit.op), id }, fields, {})))) return undefined;
  announce(t("exhibit.created"));
  return id;
}

import { useState } from "preact/hooks";
import { type CopiedItem, type Item, isTooLong, needsWeighing } from "../../domain/disclosure";
import { disclose, groundsTo, lists, previewOf } from "../../state/disclosure";
import { code, type OperationView, operations } from "../../state/operation";
import type { EntityView } from "../../state/replica";
import { session } from "../../state/session";
import { attempt } from "../cells";
import { shortAuthority } from "../components/Badge";
import { Button } from "../components/Button";
import { Note } from "../components/Card";
import { Dialog } from "../components/Dialog";
import { ChoiceField, Switch, TextField } from "../components/Field";
import { alertUser, toast } from "../components/Toast";
import { isoDate, label, t } from "../i18n";
import { isPolice, me, type VisitView } from "../model";
import { now } from "../now";
import { CopyLines, Facts, groundText } from "./Copy";
import { type Row, rowsOf } from "./rows";

interface Props {
  visit: VisitView;
  views: readonly EntityView[];
  chosen?: readonly string[] | undefined;
  onClose: () => void;
}

interface Said {
  to: string;
  ground: string;
  by: string;
  weighing: string;
  proviso: string;
}

/** What is under review: the cells as they were named, and the copy of them. */
interface Review {
  items: readonly Item[];
  copy: readonly CopiedItem[];
}

/** Who, on which ground, why; then exactly what goes; then the signature. What is ticked is taken when it is reviewed. */
export function DiscloseDialog({ visit, views, chosen, onClose }: Props) {
  const stream = views[0]?.stream ?? "";
  const rows = rowsOf(views, now.value);
  const [ticked, setTicked] = useState<ReadonlySet<string>>(() => preselected(rows, chosen));
  const [said, setSaid] = useState<Said>(() => empty());
  const [review, setReview] = useState<Review>();
  const items = rows.filter((row) => ticked.has(row.key)).flatMap((row) => row.items);
  const missing = missingIn(said, items);
  const start = (): void => {
    const copy = previewOf(stream, items);
    if (copy === null) alertUser(t("disclose.changed"));
    else if (isTooLong(copy)) alertUser(t("disclose.need.less"));
    else setReview({ items, copy });
  };
  const sign = async ({ items, copy }: Review): Promise<void> => {
    if (previewOf(stream, items) === null) {
      alertUser(t("disclose.changed"));
      setReview(undefined);
      return;
    }
    const saved = await attempt(disclose(visit.op, { visit: visit.id, ...trimmed(said) }, items, copy));
    if (!saved) return;
    onClose();
    toast(t("disclose.saved", { to: shortAuthority(said.to) }));
  };
  if (review) {
    return (
      <Dialog
        key="review"
        title={t("disclose.preview.title")}
        onClose={onClose}
        foot={
          <>
            <Button kind="quiet" icon="back" onPress={() => setReview(undefined)}>
              {t("disclose.back")}
            </Button>
            <Button size={56} kind="primary" icon="share" onPress={() => void sign(review)}>
              {t("disclose.sign", { to: shortAuthority(said.to) })}
            </Button>
          </>
        }
      >
        <CopyLines stream={stream} copy={review.copy} />
        <Facts ground={said.ground} by={said.by} proviso={said.proviso} />
        <Note tone="warn">
          <p>{t("disclose.preview.final")}</p>
        </Note>
      </Dialog>
    );
  }
  return (
    <Dialog
      key="form"
      title={t("disclose.title")}
      onClose={onClose}
      foot={
        <Button size={56} kind="primary" icon="eye" blocked={missing} onPress={start}>
          {t("disclose.preview")}
        </Button>
      }
    >
      {rows.length === 0 ? (
        <Note>
          <p>{t("disclose.nothing")}</p>
        </Note>
      ) : (
        <What rows={rows} ticked={ticked} onChange={setTicked} />
      )}
      <Whom visit={visit} said={said} onChange={setSaid} />
    </Dialog>
  );
}

function preselected(rows: readonly Row[], chosen: readonly string[] | undefined): ReadonlySet<string> {
  const wanted = rows.filter(({ key }) => chosen === undefined || chosen.includes(key.slice(key.indexOf(" ") + 1)));
  return new Set(wanted.map((row) => row.key));
}

function empty(): Said {
  return { to: "", ground: "", by: session.value?.user.name ?? "", weighing: "", proviso: "" };
}

function trimmed(said: Said) {
  const [weighing, proviso] = [said.weighing.trim(), said.proviso.trim()];
  return {
    to: said.to,
    ground: said.ground,
    by: said.by.trim(),
    ...(weighing && { weighing }),
    ...(proviso && { proviso }),
  };
}

function isWeighed({ to, ground }: Said): boolean {
  const found = code("disclosure_grounds", ground);
  return found !== undefined && needsWeighing(lists(), found, me(), to);
}

function missingIn(said: Said, items: readonly Item[]): string | undefined {
  if (items.length === 0) return t("disclose.need.what");
  if (said.to === "") return t("disclose.need.to");
  if (said.ground === "") return t("disclose.need.ground");
  if (said.by.trim() === "") return t("disclose.need.by");
  if (isWeighed(said) && said.weighing.trim() === "") return t("disclose.need.weighing");
  return undefined;
}

interface WhatProps {
  rows: readonly Row[];
  ticked: ReadonlySet<string>;
  onChange: (ticked: ReadonlySet<string>) => void;
}

function What({ rows, ticked, onChange }: WhatProps) {
  const set = (key: string, on: boolean): void =>
    onChange(new Set(on ? [...ticked, key] : [...ticked].filter((k) => k !== key)));
  return (
    <fieldset class="field disclose-what">
      <legend class="field-label">{t("disclose.what")}</legend>
      <p class="field-hint">{t("disclose.what.hint")}</p>
      {rows.map((row) => (
        <Switch
          key={row.key}
          label={`${row.name}: ${row.text}`}
          checked={ticked.has(row.key)}
          onChange={(on) => set(row.key, on)}
        />
      ))}
    </fieldset>
  );
}

/** Everybody of the evening but oneself; social services have no part in Insats. */
function recipientsOf(operation: OperationView | undefined): readonly string[] {
  return (operation?.authorities ?? []).filter((id) => id !== me() && id !== "SOC");
}

function Whom({ visit, said, onChange }: { visit: VisitView; said: Said; onChange: (said: Said) => void }) {
  const operation = operations.value.find((each) => each.id === visit.op);
  const grounds = said.to === "" ? [] : groundsTo(said.to, isoDate(now.value));
  return (
    <>
      <ChoiceField
        legend={t("disclose.to")}
        layout="wide"
        value={said.to}
        options={recipientsOf(operation).map((id) => ({ id, label: shortAuthority(id) }))}
        onChange={(to) => onChange({ ...said, to, ground: "" })}
      />
      {said.to !== "" && grounds.length === 0 && (
        <Note tone="warn" live>
          <p>{t("disclose.ground.none")}</p>
        </Note>
      )}
      {grounds.length > 0 && (
        <>
          <ChoiceField
            legend={t("disclose.ground")}
            layout="list"
            value={said.ground}
            options={grounds.map((ground) => ({ id: ground.id, label: groundText(ground) }))}
            onChange={(ground) => onChange({ ...said, ground })}
          />
          <GroundNote id={said.ground} />
          <p class="field-hint">
            {t("disclose.ground.hint", { from: shortAuthority(me()), to: shortAuthority(said.to) })}
          </p>
        </>
      )}
      <TextField
        label={t("disclose.by")}
        hint={t(isPolice() ? "disclose.by.fu" : "disclose.by.hint")}
        value={said.by}
        onInput={(by) => onChange({ ...said, by })}
        maxLength={200}
      />
      <TextField
        label={t("disclose.weighing")}
        hint={t("disclose.weighing.hint")}
        optional={!isWeighed(said)}
        long
        value={said.weighing}
        onInput={(weighing) => onChange({ ...said, weighing })}
        maxLength={5_000}
      />
      <TextField
        label={t("disclose.proviso")}
        hint={t("disclose.proviso.hint")}
        optional
        long
        value={said.proviso}
        onInput={(proviso) => onChange({ ...said, proviso })}
        maxLength={2_000}
      />
    </>
  );
}

/** What the code list warns of about a ground. */
function GroundNote({ id }: { id: string }) {
  const note = code("disclosure_grounds", id)?.note as { sv: string; en: string } | undefined;
  return note === undefined ? null : (
    <Note tone="info" live>
      <p>{label(note)}</p>
    </Note>
  );
}

import { useState } from "preact/hooks";
import type { Cells } from "../../domain/merge";
import { code, codes } from "../../state/operation";
import { entity, heads, inConflict, isPending } from "../../state/replica";
import { attempt, snap, writeFields } from "../cells";
import { shortAuthority } from "../components/Badge";
import { Button } from "../components/Button";
import { Card, Note } from "../components/Card";
import { personOf } from "../components/ConflictCard";
import { Dialog } from "../components/Dialog";
import { ChoiceField, Switch, TextField } from "../components/Field";
import { Icon } from "../components/Icon";
import { Underway } from "../components/ItemState";
import { toast } from "../components/Toast";
import { clock, label, moment, t } from "../i18n";
import { me, type PartyView, partiesOf, partyId, type VisitView } from "../model";
import { now } from "../now";
import { CellConflict } from "./CellConflict";

function regimeName(id: string): string {
  return label(code("legal_regimes", id), id);
}

/** The part of one's own authority in a visit; it is made by the first thing said about it. */
export function ownParty(visit: VisitView) {
  const id = partyId(visit.token, me());
  const view = entity(visit.stream, id);
  return { stream: visit.stream, id, view, birth: { visit: visit.id, authority: me() } };
}

/** Under which law one's own authority is inside: on the first page, because everybody must know it. */
export function Regime({ visit }: { visit: VisitView }) {
  const [choosing, setChoosing] = useState(false);
  const party = partiesOf(visit).find((each) => each.authority === me());
  const { view } = ownParty(visit);
  const seen = snap(view);
  return (
    <Card title={t("regime.title")}>
      {party?.regime ? <Current party={party} /> : <p>{t("regime.none")}</p>}
      {view && inConflict(view, "regime") && (
        <CellConflict view={view} field="regime" heads={heads(view, "regime")} render={(v) => regimeName(String(v))} />
      )}
      <p class="small muted">{t("regime.help")}</p>
      <div class="actions">
        <Button size={56} kind={party?.regime ? "line" : "primary"} icon="scale" onPress={() => setChoosing(true)}>
          {t(party?.regime ? "regime.switch" : "regime.choose")}
        </Button>
      </div>
      {party?.regime && view && <Underway state={isPending(view, "regime")} />}
      {choosing && <RegimeDialog visit={visit} party={party} seen={seen} onClose={() => setChoosing(false)} />}
    </Card>
  );
}

function Current({ party }: { party: PartyView }) {
  const head = heads(party.entity, "regime")[0];
  return (
    <div class="stack-s">
      <p class="regime-now">{regimeName(party.regime ?? "")}</p>
      <p class="row-s small">
        {party.law && <strong>{party.law}</strong>}
        {party.decidedBy && <span>{party.decidedBy}</span>}
        {head && (
          <span class="muted">
            {t("regime.since", { at: moment(head[4], now.value) })} · {personOf(party.entity.stream, head[2])}
          </span>
        )}
      </p>
      {party.present.length > 0 && (
        <p class="row-s small">
          <Icon name="people" size="s" />
          <span>{t("regime.present", { who: party.present.map(shortAuthority).join(", ") })}</span>
        </p>
      )}
    </div>
  );
}

interface RegimeDialogProps {
  visit: VisitView;
  party: PartyView | undefined;
  seen: Cells;
  onClose: () => void;
}

/**
 * Regime, provision, decision-maker and who was in the room are one fact and are saved together. At a switch somebody looks round
 * the room: who has no part in the new regime has to step out.
 */
function RegimeDialog({ visit, party, seen, onClose }: RegimeDialogProps) {
  const [regime, setRegime] = useState(party?.regime ?? "");
  const [law, setLaw] = useState(party?.law ?? "");
  const [by, setBy] = useState(party?.decidedBy ?? "");
  const [present, setPresent] = useState<readonly string[]>([me()]);
  const others = partiesOf(visit).map((each) => each.authority);
  const here = [...new Set([me(), ...others])];
  const isSwitch = party?.regime !== undefined && regime !== party.regime;
  const hour = Number(clock(now.value).slice(0, 2));
  // Another regime stands on another provision and somebody else's decision.
  const choose = (id: string): void => {
    setRegime(id);
    setLaw(id === party?.regime ? (party.law ?? "") : "");
    setBy(id === party?.regime ? (party.decidedBy ?? "") : "");
  };
  const save = async (): Promise<void> => {
    const { stream, id, birth } = ownParty(visit);
    const fields = { regime, law: law.trim() || null, decided_by: by.trim() || null, present: [...present] };
    const saved = await attempt(writeFields({ stream, id, birth }, fields, seen));
    if (!saved) return;
    toast(t("regime.saved", { regime: regimeName(regime) }), () => void attempt(saved.result()));
    onClose();
  };
  return (
    <Dialog
      title={t(party?.regime ? "regime.switch" : "regime.choose")}
      onClose={onClose}
      foot={
        <Button
          size={56}
          kind="primary"
          icon="check"
          blocked={regime === "" ? t("regime.which") : undefined}
          onPress={() => void save()}
        >
          {t("act.save")}
        </Button>
      }
    >
      <ChoiceField
        legend={t("regime.which")}
        layout="list"
        value={regime}
        options={codes("legal_regimes").map((item) => ({ id: item.id, label: label(item) }))}
        onChange={choose}
      />
      {regime === "HUSRANNSAKAN" && (hour >= 21 || hour < 6) && (
        <Note tone="warn" live>
          <p>{t("regime.night")}</p>
        </Note>
      )}
      <TextField
        label={t("regime.law")}
        hint={t("regime.law.hint")}
        optional
        value={law}
        onInput={setLaw}
        maxLength={200}
      />
      <TextField
        label={t("regime.by")}
        hint={t("regime.by.hint")}
        optional
        value={by}
        onInput={setBy}
        maxLength={200}
      />
      <fieldset class="field disclose-what">
        <legend class="field-label">{t("regime.room")}</legend>
        <p class="field-hint">{t("regime.room.hint")}</p>
        {here.map((id) => (
          <Switch
            key={id}
            label={label(code("authorities", id), id)}
            checked={present.includes(id)}
            onChange={(on) => setPresent(on ? [...present, id] : present.filter((each) => each !== id))}
          />
        ))}
      </fieldset>
      {isSwitch && present.some((id) => id !== me()) && (
        <Note tone="warn" live>
          <p>{t("regime.room.warn")}</p>
        </Note>
      )}
    </Dialog>
  );
}

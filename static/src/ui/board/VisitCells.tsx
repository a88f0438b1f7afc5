import { code } from "../../state/operation";
import { StatusBadge, shortAuthority, visitLook } from "../components/Badge";
import { Icon } from "../components/Icon";
import { label, plural, t, time } from "../i18n";
import { amountInBase } from "../units";
import { byRegime, SEARCH } from "./byRegime";
import { brief, inListOrder, regimeName, seizureName } from "./cells";
import type { PartyFacts, Sum, VisitFacts } from "./facts";

/** Status, team and times: where the visit is right now. */
export function State({ visit }: { visit: VisitFacts }) {
  const when = stay(visit);
  const { tone, icon } = visitLook(visit.status);
  return (
    <div class="bd-visit-state">
      <StatusBadge tone={tone} icon={icon}>
        {brief(label(code("status_visit", visit.status), visit.status))}
      </StatusBadge>
      {when !== "" && <span class="small num">{when}</span>}
      {visit.team !== undefined && (
        <span class="bd-visit-team small muted">{t("list.team", { team: visit.team })}</span>
      )}
    </div>
  );
}

function stay({ arrived, left }: VisitFacts): string {
  if (arrived === undefined) return left === undefined ? "" : `–${time(left)}`;
  return left === undefined
    ? t("list.arrived", { at: time(arrived) })
    : t("list.stay", { from: time(arrived), to: time(left) });
}

/** What must not be overlooked at a visit, in words. */
export function Marks({ visit }: { visit: VisitFacts }) {
  if (visit.clashes === 0 && visit.notices.length === 0) return null;
  return (
    <span class="bd-visit-marks">
      {visit.notices.length > 0 && (
        <StatusBadge tone="bad" icon="bell">
          {t("list.safety")}
        </StatusBadge>
      )}
      {visit.clashes > 0 && (
        <StatusBadge tone="warn" icon="alert">
          {plural(visit.clashes, t("list.conflicts.one"), t("list.conflicts", { n: visit.clashes }))}
        </StatusBadge>
      )}
    </span>
  );
}

/** Under which law who is inside: the authorities by regime, each with its mark of done. Searches come first. */
export function Regimes({ visit }: { visit: VisitFacts }) {
  if (visit.parties.length === 0) return <span class="small muted">{t("list.noauthorities")}</span>;
  return (
    <dl class="bd-regimes small">
      {byRegime(visit.parties).map(([regime, parties]) => (
        <div key={regime ?? ""} class={regime === SEARCH ? "bd-regime bd-regime-search" : "bd-regime"}>
          <dt>{regime === undefined ? t("list.noregime") : regimeName(regime)}</dt>
          <dd>
            {parties.map((party) => (
              <PartyMark key={party.view.id} party={party} />
            ))}
          </dd>
        </div>
      ))}
    </dl>
  );
}

function PartyMark({ party }: { party: PartyFacts }) {
  return (
    <span class={party.done ? "bd-party bd-party-done" : "bd-party"}>
      <Icon name={party.done ? "checkCircle" : "circle"} size="s" />
      {shortAuthority(party.authority)}
      <span class="vh"> ({t(party.done ? "list.done" : "list.notdone")})</span>
    </span>
  );
}

export function Amounts({ sums }: { sums: readonly Sum[] }) {
  if (sums.length === 0) return <span class="muted">–</span>;
  return (
    <ul class="bare bd-visit-amounts small">
      {inListOrder("seizure_categories", sums).map((sum) => (
        <li key={`${sum.code} ${sum.base}`}>
          <strong class="num">{amountInBase(sum.qty, sum.base)}</strong> {seizureName(sum.code)}
        </li>
      ))}
    </ul>
  );
}

const LEVELS = 3;

/** The assessed level as words and as filled steps out of three. */
export function Activity({ id }: { id: string | undefined }) {
  if (id === undefined) return <span class="muted">–</span>;
  const item = code("status_site_activity", id);
  const level = Number(item?.value ?? 0);
  return (
    <span class="bd-activity small" title={label(item, id)}>
      <span class="bd-activity-steps" aria-hidden="true">
        {Array.from({ length: LEVELS }, (_, i) => (
          <span key={i} class={i < level ? "bd-step bd-step-on" : "bd-step"} />
        ))}
      </span>
      <span class="bd-activity-word">{activityWord(brief(label(item, id)))}</span>
    </span>
  );
}

/** The column is called activity already: `Hög aktivitet` → `Hög`. */
function activityWord(name: string): string {
  return name.replace(/ (aktivitet|activity)$/, "");
}

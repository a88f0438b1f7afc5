import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { code, shared } from "../../state/operation";
import { shortAuthority } from "../components/Badge";
import { personOf } from "../components/ConflictCard";
import { Icon, type IconName } from "../components/Icon";
import { isoDate, label, plainDate, t, time } from "../i18n";
import { href } from "../router";
import { amount } from "../units";
import { pressName, regimeName, seizureName, siteName } from "./cells";
import type { Happening } from "./happenings";
import { facts, timeline } from "./live";
import { Part } from "./Part";
import type { Room } from "./room";
import { span } from "./words";

/** Enough for the last hour of a busy evening; the whole of it is one press away. */
const SHOWN: Record<Room, number> = { narrow: 6, small: 8, middle: 10, wide: 14, huge: 14 };

const ICON: Record<Happening["kind"], IconName> = {
  arrived: "arrive",
  left: "door",
  status: "flag",
  regime: "scale",
  safety: "bell",
  seizure: "seal",
  report: "report",
};

/** What happened, newest first. */
export function Timeline({ op, room }: { op: string; room: Room }) {
  const [whole, setWhole] = useState(false);
  const [only, setOnly] = useState<string | null>(null);
  const all = timeline(op).filter((each) => only === null || each.visit === only);
  const shown = whole ? all : all.slice(0, SHOWN[room]);
  return (
    <Part id="board-timeline" title={t("time.title")} end={<Filter op={op} only={only} onPick={setOnly} />}>
      {all.length === 0 && <p class="muted">{t("time.none")}</p>}
      <ol class="bare bd-events">
        {shown.map((each, i) => (
          <li key={each.id} class={`bd-event bd-event-${each.kind}`}>
            <When at={each.at} before={shown[i - 1]?.at} />
            <Icon name={ICON[each.kind]} size="s" />
            <What op={op} happening={each} place={only === null} />
          </li>
        ))}
      </ol>
      {all.length > SHOWN[room] && (
        <button type="button" class="button button-48 button-quiet bd-events-more" onClick={() => setWhole(!whole)}>
          {whole ? t("time.less") : t("time.more", { n: all.length })}
        </button>
      )}
    </Part>
  );
}

function Filter({ op, only, onPick }: { op: string; only: string | null; onPick: (visit: string | null) => void }) {
  const { visits } = facts(op);
  return (
    <label class="bd-event-filter">
      <span class="vh">{t("time.filter")}</span>
      <select class="input" value={only ?? ""} onChange={(event) => onPick(event.currentTarget.value || null)}>
        <option value="">{t("time.all")}</option>
        {visits.map((visit) => (
          <option key={visit.id} value={visit.id}>
            {visit.order}. {siteName(visit.view.stream, visit.id)}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The date is told once where it changes: evenings pass midnight. */
function When({ at, before }: { at: number; before: number | undefined }) {
  const newDay = before !== undefined && isoDate(before) !== isoDate(at);
  return (
    <span class="bd-event-time num">
      {newDay && <span class="bd-event-date">{plainDate(isoDate(at))} </span>}
      {time(at)}
    </span>
  );
}

function What({ op, happening, place }: { op: string; happening: Happening; place: boolean }) {
  const where = place ? siteName(shared(op), happening.visit) : "";
  return (
    <span class="bd-event-what">
      <span>{words(happening)}</span>
      <span class="small muted">
        {where !== "" && happening.visit !== undefined && <Place visit={happening.visit}>{where}</Place>}
        {where !== "" && happening.actor !== undefined && " · "}
        {happening.actor !== undefined && personOf(shared(op), happening.actor)}
      </span>
    </span>
  );
}

function Place({ visit, children }: { visit: string; children: ComponentChildren }) {
  return <a href={href("board", visit)}>{children}</a>;
}

function words(it: Happening): string {
  switch (it.kind) {
    case "arrived":
      return t("time.arrived");
    case "left":
      return it.stayed === undefined ? t("time.left") : t("time.left.length", { length: span(it.stayed) });
    case "status":
      return label(code("status_visit", it.status), it.status);
    case "regime":
      return regimeWords(it);
    case "safety":
      return t("time.safety", { text: it.text });
    case "seizure":
      return `${seizureName(it.code)}: ${amount(it.qty, it.unit)}`;
    case "report":
      return t("time.report", { what: it.qty > 1 ? `${it.qty} × ${pressName(it.code)}` : pressName(it.code) });
  }
}

function regimeWords({ authority, regime, law }: Extract<Happening, { kind: "regime" }>): string {
  const name = t("time.regime", { authority: shortAuthority(authority), regime: regimeName(regime) });
  return law === undefined ? name : `${name} (${law})`;
}

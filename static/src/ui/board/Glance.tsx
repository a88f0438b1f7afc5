import type { ComponentChildren } from "preact";
import { code, type OperationView } from "../../state/operation";
import { visitLook } from "../components/Badge";
import { Icon, type IconName } from "../components/Icon";
import { Progress } from "../components/Stepper";
import { mattersIn } from "../decide/held";
import { label, number, t } from "../i18n";
import { isDone } from "../model";
import { href } from "../router";
import { amountInBase } from "../units";
import { Completeness } from "./Completeness";
import { inListOrder, pressName, seizureName, siteName } from "./cells";
import type { Facts, Sum, VisitFacts } from "./facts";
import { facts } from "./live";
import { hundredths } from "./words";

/** The evening at a glance. The figures are those of the read models; what may be missing stands beside them. */
export function Glance({ operation }: { operation: OperationView }) {
  const known = facts(operation.id);
  return (
    <section class="bd-glance" aria-labelledby="glance-title">
      <h2 id="glance-title" class="vh">
        {t("glance.title")}
      </h2>
      <Completeness operation={operation} />
      <div class="bd-tiles">
        <VisitsTile known={known} />
        <SeizuresTile known={known} />
        <ReportsTile known={known} />
        <Smalls known={known} op={operation.id} />
      </div>
    </section>
  );
}

function Tile({ name, class: extra, children }: { name: string; class: string; children: ComponentChildren }) {
  return (
    <div class={`bd-tile ${extra}`}>
      <h3 class="bd-tile-name">{name}</h3>
      {children}
    </div>
  );
}

function VisitsTile({ known }: { known: Facts }) {
  const { done, visits } = known.figures;
  return (
    <Tile name={t("glance.visits")} class={visits > MANY ? "bd-tile-visits bd-tile-many" : "bd-tile-visits"}>
      <p class="bd-tile-figure num">
        {done}
        <span class="bd-tile-of"> {t("glance.of", { total: visits })}</span>
      </p>
      <Progress part={done} whole={visits} />
      <Route visits={known.visits} />
    </Tile>
  );
}

/** From here on the stops are drawn small. */
const MANY = 12;

/** Every visit as one stop in route order: its number, its state by shape and colour, its words on demand. */
function Route({ visits }: { visits: readonly VisitFacts[] }) {
  return (
    <ol class={visits.length > MANY ? "bare bd-route bd-route-many" : "bare bd-route"} aria-label={t("glance.route")}>
      {visits.map((visit) => (
        <li key={visit.id}>
          <Stop visit={visit} />
        </li>
      ))}
    </ol>
  );
}

function Stop({ visit }: { visit: VisitFacts }) {
  const { tone, icon } = visitLook(visit.status);
  const words = {
    n: visit.order,
    name: siteName(visit.view.stream, visit.id),
    status: label(code("status_visit", visit.status), visit.status),
  };
  const name = t("glance.stop", words);
  const look = isDone(visit.status) ? "bd-stop-done" : visit.status === "PLANERAT" ? "bd-stop-planned" : "bd-stop-now";
  return (
    <a class={`bd-stop bd-stop-${tone} ${look}`} href={href("board", visit.id)} title={name} aria-label={name}>
      <Icon name={icon} size="s" />
      <span class="num">{visit.order}</span>
    </a>
  );
}

/** The first category large, because it is what these evenings look for; the others beside it. */
function SeizuresTile({ known }: { known: Facts }) {
  const [first, ...rest] = seizureRows(known.figures.seizures);
  return (
    <Tile name={t("glance.seizures")} class="bd-tile-seizures">
      {first === undefined ? (
        <p class="muted">{t("glance.seizures.none")}</p>
      ) : (
        <dl class="bd-seizures">
          <Amount sum={first} beside={rest.length} />
          {rest.map((sum) => (
            <Amount key={`${sum.code} ${sum.base}`} sum={sum} />
          ))}
        </dl>
      )}
    </Tile>
  );
}

/** `beside`: how many rows stand next to it, for the one that is set large. */
function Amount({ sum, beside }: { sum: Sum; beside?: number }) {
  const large = beside === undefined ? {} : { style: `--beside: ${Math.max(beside, 1)}` };
  return (
    <div class={beside === undefined ? "bd-amount" : "bd-amount bd-amount-first"} {...large}>
      <dt>{seizureName(sum.code)}</dt>
      <dd class="num">{amountInBase(sum.qty, sum.base)}</dd>
    </div>
  );
}

/** In the order of the code list, which begins with what these evenings look for. What was counted back to none is left out. */
function seizureRows(seizures: Facts["figures"]["seizures"]): Sum[] {
  const rows = Object.entries(seizures).flatMap(([id, bases]) =>
    Object.entries(bases).map(([base, qty]) => ({ code: id, base, qty })),
  );
  return inListOrder(
    "seizure_categories",
    rows.filter((row) => row.qty > 0),
  );
}

function reportRows(reports: Facts["figures"]["reports"]): { code: string; n: number }[] {
  const rows = Object.entries(reports).map(([id, n]) => ({ code: id, n }));
  return inListOrder(
    "press_categories",
    rows.filter((row) => row.n > 0),
  );
}

function ReportsTile({ known }: { known: Facts }) {
  const { reports, reports_total: total } = known.figures;
  const rows = reportRows(reports);
  return (
    <Tile name={t("glance.reports")} class="bd-tile-reports">
      <div class="bd-reports">
        <p class="bd-tile-figure num">{number(total)}</p>
        {rows.length === 0 ? <p class="muted">{t("glance.reports.none")}</p> : <Areas rows={rows} />}
      </div>
    </Tile>
  );
}

function Areas({ rows }: { rows: readonly { code: string; n: number }[] }) {
  return (
    <dl class="bd-amounts">
      {rows.map(({ code: press, n }) => (
        <div key={press} class="bd-amount">
          <dt>{pressName(press)}</dt>
          <dd class="num">{number(n)}</dd>
        </div>
      ))}
    </dl>
  );
}

function Smalls({ known, op }: { known: Facts; op: string }) {
  const waiting = mattersIn(op).length;
  const { photos, safety, conflicts, review, activity_mean_x100: activity } = known.figures;
  return (
    <dl class="bd-smalls">
      <Small icon="camera" name={t("glance.photos")} figure={number(photos)} />
      <Small icon="bell" name={t("glance.safety")} figure={number(safety)} to="board-notices" warn={safety > 0} />
      <Small
        icon="alert"
        name={t("glance.conflicts")}
        figure={number(conflicts)}
        to="board-clashes"
        warn={conflicts > 0}
      />
      {waiting > 0 && (
        <Small icon="clock" name={t("glance.decide")} figure={number(waiting)} to="board-decisions" warn />
      )}
      {review > 0 && (
        <Small icon="eye" name={t("glance.review")} figure={number(review)} warn hint={t("glance.review.help")} />
      )}
      {activity !== null && <Small icon="activity" name={t("glance.activity")} figure={hundredths(activity)} />}
    </dl>
  );
}

/** A figure that leads to what it counts, where the board shows that. */
function Small(props: { icon: IconName; name: string; figure: string; to?: string; warn?: boolean; hint?: string }) {
  const { icon, name, figure, to, warn, hint } = props;
  return (
    <div
      class={warn ? "bd-small-figure bd-small-warn" : "bd-small-figure"}
      {...(hint === undefined ? {} : { title: hint })}
    >
      <dt>
        <Icon name={icon} size="s" />
        {name}
      </dt>
      <dd class="num">
        {figure}
        {warn && to && (
          <button type="button" class="bd-small-show" onClick={() => show(to)}>
            {t("glance.show")}
            <span class="vh"> {name}</span>
          </button>
        )}
      </dd>
    </div>
  );
}

/** Brings a part of the board into sight and gives its heading the focus. */
function show(id: string): void {
  const part = document.getElementById(id);
  part?.scrollIntoView({ block: "start", behavior: "auto" });
  part?.focus({ preventScroll: true });
}

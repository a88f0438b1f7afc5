import { code } from "../../state/operation";
import { EmptyState } from "../components/Card";
import { label, t } from "../i18n";
import { isDone } from "../model";
import { href } from "../router";
import { siteName } from "./cells";
import { text, type VisitFacts } from "./facts";
import { facts } from "./live";
import { Part } from "./Part";
import { hasTable, type Room } from "./room";
import { Activity, Amounts, Marks, Regimes, State } from "./VisitCells";

/** Every visit in route order: a table where there is room for one, cards where there is not. */
export function Visits({ op, open, room }: { op: string; open: string | undefined; room: Room }) {
  const { visits } = facts(op);
  return (
    <Part id="board-visits" title={t("list.title")} class="bd-part-visits">
      {visits.length === 0 && (
        <EmptyState icon="building" title={t("list.none")} level={3}>
          <p>{t("list.none.help")}</p>
        </EmptyState>
      )}
      {visits.length > 0 && (hasTable(room) ? <Table visits={visits} open={open} /> : <Cards visits={visits} />)}
    </Part>
  );
}

/** What stands under a site's name. The type comes last and apart: a big screen leaves it out. */
function Place({ visit }: { visit: VisitFacts }) {
  const type = text(visit.site, "type") ?? "";
  return (
    <span class="bd-visit-place small muted">
      {[text(visit.site, "address"), text(visit.site, "area")].filter(Boolean).join(" · ")}
      {type !== "" && <span class="bd-visit-type"> · {label(code("premises_types", type), type)}</span>}
    </span>
  );
}

function look(visit: VisitFacts, open: string | undefined): string {
  const state = isDone(visit.status) ? "done" : visit.status === "PLANERAT" ? "planned" : "now";
  return `bd-visit-${state}${visit.id === open ? " bd-visit-open" : ""}`;
}

function Table({ visits, open }: { visits: readonly VisitFacts[]; open: string | undefined }) {
  return (
    <table class="bd-table bd-visits">
      <thead>
        <tr>
          <th scope="col">{t("list.order")}</th>
          <th scope="col">{t("list.site")}</th>
          <th scope="col">{t("list.status")}</th>
          <th scope="col">{t("list.authorities")}</th>
          <th scope="col">{t("list.seized")}</th>
          <th scope="col" class="bd-n">
            <abbr title={t("list.reports.full")}>{t("list.reports")}</abbr>
          </th>
          <th scope="col">{t("list.activity")}</th>
        </tr>
      </thead>
      <tbody>
        {visits.map((visit) => (
          <Row key={visit.id} visit={visit} open={open} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ visit, open }: { visit: VisitFacts; open: string | undefined }) {
  return (
    <tr class={look(visit, open)}>
      <td class="bd-visit-order num">{visit.order}</td>
      <th scope="row" class="bd-visit-site">
        <SiteLink visit={visit} here={visit.id === open} />
        <Place visit={visit} />
        <Marks visit={visit} />
      </th>
      <td>
        <State visit={visit} />
      </td>
      <td>
        <Regimes visit={visit} />
      </td>
      <td>
        <Amounts sums={visit.seizures} />
      </td>
      <td class="bd-n num">{visit.reports === 0 ? <None /> : visit.reports}</td>
      <td>
        <Activity id={visit.activity} />
      </td>
    </tr>
  );
}

function None() {
  return <span class="muted">–</span>;
}

/** The link covers its row, so that anywhere on it opens the visit; to the keyboard it is one ordinary link. */
function SiteLink({ visit, here }: { visit: VisitFacts; here: boolean }) {
  return (
    <a
      id={`open-${visit.id}`}
      class="bd-visit-link"
      href={here ? href("board") : href("board", visit.id)}
      {...(here ? { "aria-current": "true" as const } : {})}
    >
      {siteName(visit.view.stream, visit.id) || visit.id}
    </a>
  );
}

function Cards({ visits }: { visits: readonly VisitFacts[] }) {
  return (
    <ol class="bare bd-visit-cards">
      {visits.map((visit) => (
        <li key={visit.id} class={look(visit, undefined)}>
          <Card visit={visit} />
        </li>
      ))}
    </ol>
  );
}

function Card({ visit }: { visit: VisitFacts }) {
  return (
    <>
      <div class="bd-visit-card-head">
        <span class="bd-visit-order num">{visit.order}</span>
        <div class="grow">
          <h3>
            <SiteLink visit={visit} here={false} />
          </h3>
          <Place visit={visit} />
        </div>
      </div>
      <State visit={visit} />
      <Marks visit={visit} />
      <Regimes visit={visit} />
      <dl class="bd-visit-card-facts small">
        {visit.seizures.length > 0 && (
          <div>
            <dt>{t("list.seized")}</dt>
            <dd>
              <Amounts sums={visit.seizures} />
            </dd>
          </div>
        )}
        {visit.reports > 0 && (
          <div>
            <dt>{t("list.reports.full")}</dt>
            <dd class="num">{visit.reports}</dd>
          </div>
        )}
        {visit.activity !== undefined && (
          <div>
            <dt>{t("list.activity")}</dt>
            <dd>
              <Activity id={visit.activity} />
            </dd>
          </div>
        )}
      </dl>
    </>
  );
}

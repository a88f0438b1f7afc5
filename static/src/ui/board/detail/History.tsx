import type { Json } from "../../../domain/json";
import { code } from "../../../state/operation";
import { label, plainDate, plural, t } from "../../i18n";
import type { EarlierVisit } from "../../model";
import { amountInBase } from "../../units";
import { seizureName } from "../cells";
import { shown, type VisitFacts } from "../facts";
import { Block } from "./Block";

/** What earlier evenings shared about this site, newest first. */
export function History({ visit }: { visit: VisitFacts }) {
  const earlier = earlierOf(visit);
  return (
    <Block title={t("detail.history")}>
      {earlier.length === 0 && <p class="muted">{t("detail.history.none")}</p>}
      <ol class="bare bd-rows">
        {earlier.map((each) => (
          <li key={`${each.operation} ${each.date}`} class="bd-row-item">
            <Earlier visit={each} />
          </li>
        ))}
      </ol>
    </Block>
  );
}

function earlierOf(visit: VisitFacts): EarlierVisit[] {
  const told = shown(visit.site, "history");
  if (!Array.isArray(told)) return [];
  const known = told.filter((each) => typeof each === "object" && each !== null && "date" in each);
  return (known as unknown as EarlierVisit[]).sort((a, b) => (a.date < b.date ? 1 : -1));
}

function Earlier({ visit }: { visit: EarlierVisit }) {
  const facts = [
    label(code("status_visit", visit.status), visit.status),
    visit.activity && label(code("status_site_activity", visit.activity), visit.activity),
    visit.remarks !== undefined && t(visit.remarks ? "detail.history.remarks" : "detail.history.clean"),
    visit.reports &&
      plural(visit.reports, t("detail.history.reports.one"), t("detail.history.reports", { n: visit.reports })),
    ...seized(visit.seizures ?? null),
  ].filter(Boolean);
  return (
    <div class="grow">
      <p>
        <strong class="num">{plainDate(visit.date)}</strong>{" "}
        <span class="small muted">{t("detail.history.n", { n: visit.number })}</span>
      </p>
      <p class="small num">{facts.join(" · ")}</p>
    </div>
  );
}

/** `{CODE: {BASE: qty}}`, as the server writes a site's history. */
function seized(told: Json): string[] {
  if (typeof told !== "object" || told === null || Array.isArray(told)) return [];
  return Object.entries(told).flatMap(([id, bases]) =>
    typeof bases === "object" && bases !== null && !Array.isArray(bases)
      ? Object.entries(bases).map(([base, qty]) => `${seizureName(id)} ${amountInBase(Number(qty), base)}`)
      : [],
  );
}

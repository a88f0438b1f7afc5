import { code, operations } from "../../state/operation";
import { Icon } from "../components/Icon";
import { label, plainDate, t } from "../i18n";
import { facts } from "./live";
import { ceiling, comparable, type Evening, MEASURES, type Measure, pointsOf } from "./measures";
import { Part } from "./Part";
import { Plot, valueText } from "./Plot";

/** The newest evenings only: more would not be readable side by side. The table tells them all. */
const PLOTTED = 6;
/** The levels of activity end at three. */
const HIGHEST_ACTIVITY = 300;

/** The evenings beside each other. It compares visited sites and claims no cause. */
export function Trend({ chosen }: { chosen: string }) {
  const evenings = comparable(operations.value, chosen).map(
    ({ id, date, status }): Evening => ({ id, date, status, figures: facts(id).figures }),
  );
  return (
    <Part id="board-trend" title={t("trend.title")} class="bd-part-trend">
      {evenings.length === 0 ? (
        <p class="muted">{t("trend.none")}</p>
      ) : (
        <>
          <div class="bd-plots">
            {MEASURES.map((measure) => (
              <Panel key={measure} measure={measure} evenings={evenings.slice(-PLOTTED)} />
            ))}
          </div>
          <p class="bd-trend-caution small">
            <Icon name="info" size="s" />
            <span>{t("trend.caution")}</span>
          </p>
          <details class="disclosure trend-table">
            <summary>
              <Icon name="chevron" size="s" />
              {t("trend.table")}
            </summary>
            <Table evenings={evenings} />
          </details>
        </>
      )}
    </Part>
  );
}

function Panel({ measure, evenings }: { measure: Measure; evenings: readonly Evening[] }) {
  const points = pointsOf(measure, evenings);
  const title = t(`trend.${measure}`);
  const top = measure === "activity" ? HIGHEST_ACTIVITY : ceiling(points.map((point) => point.value));
  return (
    <figure class={`bd-panel bd-panel-${measure}`}>
      <figcaption>{title}</figcaption>
      <Plot measure={measure} title={title} points={points} top={top} />
    </figure>
  );
}

function Table({ evenings }: { evenings: readonly Evening[] }) {
  const rows = MEASURES.map((measure) => ({ measure, points: pointsOf(measure, evenings) }));
  return (
    <table class="bd-table bd-trend-table">
      <caption class="vh">{t("trend.title")}</caption>
      <thead>
        <tr>
          <th scope="col">{t("trend.evening")}</th>
          {rows.map(({ measure }) => (
            <th key={measure} scope="col" class="bd-n">
              {t(`trend.${measure}`)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {evenings.map((evening, i) => (
          <tr key={evening.id}>
            <th scope="row" class="num">
              {plainDate(evening.date)}{" "}
              <span class="small muted">{label(code("status_operation", evening.status))}</span>
            </th>
            {rows.map(({ measure, points }) => (
              <td key={measure} class="bd-n num">
                {cell(measure, points[i]?.value ?? null, points[i]?.open ?? false)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function cell(measure: Measure, value: number | null, open: boolean): string {
  const words = valueText(measure, value);
  return open && value !== null ? t("trend.sofar", { value: words }) : words;
}

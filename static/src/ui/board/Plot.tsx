import { useId } from "preact/hooks";
import { number, plainDate, shortDate, t } from "../i18n";
import { type Column, columns, isMean, type Measure, type Point } from "./measures";
import { hundredths } from "./words";

/** The picture in percent of its box, so that text keeps its own size on every screen. */
const TOP = 16;
const FIELD = 58;
const BASE = TOP + FIELD;
const WIDEST = 17;

export function valueText(measure: Measure, value: number | null): string {
  if (value === null) return t("trend.missing");
  return isMean(measure) ? hundredths(value) : number(value / 100);
}

interface PlotProps {
  measure: Measure;
  title: string;
  points: readonly Point[];
  /** Where the axis ends, in the unit of the values. It begins at zero. */
  top: number;
}

/** One measure over the evenings: columns for counts, dots on a line for means, every value written where it stands. */
export function Plot({ measure, title, points, top }: PlotProps) {
  const id = useId();
  const placed = columns(points, top, 100, FIELD, WIDEST);
  return (
    <svg class="bd-plot" role="img" aria-labelledby={`${id}-t ${id}-d`}>
      <title id={`${id}-t`}>{title}</title>
      <desc id={`${id}-d`}>{description(measure, title, points)}</desc>
      <Hatch id={id} />
      <line class="bd-plot-base" x1="0%" x2="100%" y1={percent(BASE)} y2={percent(BASE)} />
      {isMean(measure) ? <Dots placed={placed} /> : <Bars placed={placed} hatch={id} />}
      {placed.map((column) => (
        <Label key={column.point.id} measure={measure} column={column} />
      ))}
    </svg>
  );
}

function percent(n: number): string {
  return `${Math.round(n * 100) / 100}%`;
}

function middle({ x, width }: Column): string {
  return percent(x + width / 2);
}

/** An evening that goes on is drawn open: hatched, never solid. */
function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={`${id}-h`} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <line class="bd-plot-hatch" x1="0" y1="0" x2="0" y2="7" />
      </pattern>
    </defs>
  );
}

function Bars({ placed, hatch }: { placed: readonly Column[]; hatch: string }) {
  return (
    <>
      {placed.map(({ point, x, y, width, height }) => (
        <rect
          key={point.id}
          class={point.open ? "bd-plot-bar bd-plot-bar-open" : "bd-plot-bar"}
          x={percent(x)}
          y={percent(TOP + y)}
          width={percent(width)}
          height={percent(height)}
          rx="3"
          {...(point.open ? { style: { fill: `url(#${hatch}-h)` } } : {})}
        />
      ))}
    </>
  );
}

function Dots({ placed }: { placed: readonly Column[] }) {
  const known = placed.filter(({ point }) => point.value !== null);
  return (
    <>
      {known.slice(1).map((column, i) => {
        const before = known[i];
        return before && <Line key={column.point.id} from={before} to={column} />;
      })}
      {known.map((column) => (
        <circle
          key={column.point.id}
          class={column.point.open ? "bd-plot-dot bd-plot-dot-open" : "bd-plot-dot"}
          cx={middle(column)}
          cy={percent(TOP + column.y)}
          r="5"
        />
      ))}
    </>
  );
}

function Line({ from, to }: { from: Column; to: Column }) {
  return (
    <line
      class={to.point.open ? "bd-plot-line bd-plot-line-open" : "bd-plot-line"}
      x1={middle(from)}
      y1={percent(TOP + from.y)}
      x2={middle(to)}
      y2={percent(TOP + to.y)}
    />
  );
}

/** The value above its mark; below the base line the day, and the year or that the evening goes on. */
function Label({ measure, column }: { measure: Measure; column: Column }) {
  const { point, y } = column;
  const known = point.value !== null;
  return (
    <>
      <text
        class={known ? "bd-plot-value" : "bd-plot-missing"}
        x={middle(column)}
        y={percent(known ? TOP + y : BASE)}
        dy="-0.6em"
      >
        {valueText(measure, point.value)}
      </text>
      <text class="bd-plot-day" x={middle(column)} y={percent(BASE)} dy="1.5em">
        {dayAndMonth(point.date)}
      </text>
      <text class={point.open ? "bd-plot-open" : "bd-plot-year"} x={middle(column)} y={percent(BASE)} dy="2.8em">
        {point.open ? t("trend.open") : point.date.slice(0, 4)}
      </text>
    </>
  );
}

/** `25 maj` */
function dayAndMonth(date: string): string {
  return shortDate(date).replace(/^\S+ /, "");
}

function description(measure: Measure, title: string, points: readonly Point[]): string {
  const told = points.map((point) => {
    const words = { date: plainDate(point.date), value: valueText(measure, point.value) };
    return t(point.open ? "trend.point.open" : "trend.point", words);
  });
  return t("trend.desc", { what: title, points: told.join("; ") });
}

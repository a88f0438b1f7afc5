import { code } from "../../../state/operation";
import { label, number, t, time } from "../../i18n";
import { now } from "../../now";
import type { VisitFacts } from "../facts";
import { span } from "../words";
import { Block } from "./Block";

/** Times, people on the premises, activity and remarks, as far as they are known. */
export function InShort({ visit }: { visit: VisitFacts }) {
  const { activity, persons, remarks, photos } = visit;
  const rows: [string, string][] = [[t("detail.stay"), stay(visit)]];
  if (persons !== undefined) rows.push([t("detail.persons"), number(persons)]);
  if (activity !== undefined) rows.push([t("list.activity"), label(code("status_site_activity", activity), activity)]);
  if (remarks !== undefined) rows.push([t("detail.remarks"), t(remarks ? "detail.yes" : "detail.no")]);
  rows.push([t("detail.photos"), number(photos)]);
  return (
    <Block title={t("detail.facts")}>
      <dl class="facts num">
        {rows.map(([name, words]) => [<dt key={name}>{name}</dt>, <dd key={`${name} value`}>{words}</dd>])}
      </dl>
    </Block>
  );
}

function stay({ arrived, left }: VisitFacts): string {
  if (arrived === undefined) return t("detail.stay.none");
  const from = time(arrived);
  if (left !== undefined)
    return t("detail.stay.length", { from, to: time(left), length: span(Math.max(0, left - arrived)) });
  return t("detail.stay.since", { from, length: span(Math.max(0, now.value - arrived)) });
}

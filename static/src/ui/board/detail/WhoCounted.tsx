import { personOf } from "../../components/ConflictCard";
import { t } from "../../i18n";
import { amount, amountInBase } from "../../units";
import { countedName } from "../cells";
import type { CountFacts, VisitFacts } from "../facts";
import { Block } from "./Block";

/** What each person counted here: the figures add up, and nobody's contribution hides in a sum. */
export function WhoCounted({ visit }: { visit: VisitFacts }) {
  const groups = byWhat(visit.counts.filter((count) => count.entry.of !== "photo"));
  return (
    <Block title={t("detail.tallies")}>
      {groups.length === 0 ? (
        <p class="muted">{t("detail.tallies.none")}</p>
      ) : (
        <table class="bd-table bd-counted">
          <thead>
            <tr>
              <th scope="col">{t("detail.who")}</th>
              <th scope="col" class="bd-n">
                {t("detail.qty")}
              </th>
            </tr>
          </thead>
          {groups.map((group) => (
            <Group key={group.key} visit={visit} group={group} />
          ))}
        </table>
      )}
    </Block>
  );
}

interface CountGroup {
  key: string;
  name: string;
  counts: CountFacts[];
}

function byWhat(counts: readonly CountFacts[]): CountGroup[] {
  const groups = new Map<string, CountGroup>();
  for (const count of counts) {
    const key = `${count.entry.of} ${count.entry.code}`;
    const group = groups.get(key) ?? { key, name: countedName(count.entry), counts: [] };
    group.counts.push(count);
    groups.set(key, group);
  }
  return [...groups.values()];
}

function Group({ visit, group }: { visit: VisitFacts; group: CountGroup }) {
  return (
    <tbody>
      <tr>
        <th scope="rowgroup" class="bd-counted-what">
          {group.name}
        </th>
        <td class="bd-n num">
          <strong>{totals(visit, group)}</strong>
        </td>
      </tr>
      {group.counts.map((count) => (
        <tr key={count.id}>
          <td class="bd-counted-who">{personOf(visit.view.stream, count.actor)}</td>
          <td class="bd-n num">{amount(count.entry.qty, count.entry.unit)}</td>
        </tr>
      ))}
    </tbody>
  );
}

/** Seizures add up per base unit, which the visit has done already; reports are pieces. */
function totals(visit: VisitFacts, { counts }: CountGroup): string {
  const first = counts[0]?.entry;
  if (first?.of === "report") return String(counts.reduce((sum, { entry }) => sum + entry.qty, 0));
  const sums = visit.seizures.filter((sum) => sum.code === first?.code);
  return sums.map((sum) => amountInBase(sum.qty, sum.base)).join(", ");
}

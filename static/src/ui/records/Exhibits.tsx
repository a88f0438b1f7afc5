import { useState } from "preact/hooks";
import { contributions } from "../../domain/tally";
import { code, own } from "../../state/operation";
import { type EntityView, entitiesOf, entity, isPending, value } from "../../state/replica";
import { Button } from "../components/Button";
import { EmptyState, Note } from "../components/Card";
import { ItemState } from "../components/ItemState";
import { t } from "../i18n";
import { ownOf, type VisitView } from "../model";
import { Heading } from "../Page";
import { href } from "../router";
import { amount, unit } from "../units";
import { categoriesCounted } from "../visit/sections";
import { ExhibitForm } from "./ExhibitForm";
import { NewExhibit } from "./NewExhibit";
import { categoryName } from "./names";
import { RecordLink } from "./Record";

export function Exhibits({ visit, item }: { visit: VisitView; item: string | undefined }) {
  const open = item === undefined ? undefined : entity(own(visit.op), item);
  return open && !open.void ? <ExhibitForm visit={visit} exhibit={open} /> : <ExhibitList visit={visit} />;
}

function ExhibitList({ visit }: { visit: VisitView }) {
  const [creating, setCreating] = useState(false);
  const exhibits = ownOf(visit, "exhibit");
  return (
    <section class="stack" aria-label={t("exhibit.title")}>
      <Heading level={2} title={t("exhibit.title")} />
      <div>
        <Button size={56} kind="primary" icon="plus" onPress={() => setCreating(true)}>
          {t("exhibit.new")}
        </Button>
      </div>
      <Differences visit={visit} exhibits={exhibits} />
      {exhibits.length === 0 && (
        <EmptyState icon="seal" level={3} title={t("exhibit.none")}>
          <p>{t("exhibit.none.help")}</p>
        </EmptyState>
      )}
      <ul class="bare stack-s">
        {exhibits.map((exhibit) => (
          <li key={exhibit.id}>
            <RecordLink
              href={href("visit", visit.id, "exhibits", exhibit.id)}
              title={`${value<string>(exhibit, "seal") || t("exhibit.unsealed")} · ${categoryName(value(exhibit, "category"))}`}
              facts={factsOf(exhibit)}
              end={<ItemState state={isPending(exhibit, "category")} />}
            />
          </li>
        ))}
      </ul>
      {creating && <NewExhibit visit={visit} onClose={() => setCreating(false)} />}
    </section>
  );
}

function factsOf(exhibit: EntityView): string {
  const qty = value<number>(exhibit, "qty");
  const parts = [
    typeof qty === "number" ? amount(qty, value<string>(exhibit, "unit") ?? "ST") : "",
    value<string>(exhibit, "place") ?? "",
    (value<string>(exhibit, "description") ?? "").slice(0, 80),
  ];
  return parts.filter(Boolean).join(" · ");
}

interface Difference {
  category: string;
  base: string;
  counted: number;
  listed: number;
}

/** Counts and exhibits are two records of the same things; where both exist and differ, somebody should look. */
function Differences({ visit, exhibits }: { visit: VisitView; exhibits: readonly EntityView[] }) {
  const found = differences(visit, exhibits);
  if (found.length === 0) return null;
  return (
    <Note tone="warn">
      {found.map(({ category, counted, listed, base }) => (
        <p key={category}>
          {t("exhibit.differs", {
            what: categoryName(category),
            counted: amount(counted, base),
            listed: amount(listed, base),
          })}
        </p>
      ))}
    </Note>
  );
}

function differences(visit: VisitView, exhibits: readonly EntityView[]): Difference[] {
  const tallies = entitiesOf(visit.stream, "tally");
  return [...new Set(categoriesCounted(visit))].flatMap((category) => {
    const shownIn = String(code("seizure_categories", category)?.unit ?? "ST");
    const { base } = unit(shownIn);
    const rows = contributions(tallies, { visit: visit.id, of: "seizure", code: category });
    const counted = sum(rows.filter((row) => unit(row.unit).base === base).map((row) => row.qty));
    const same = exhibits.filter((each) => value(each, "category") === category);
    const listed = sum(same.filter((each) => unit(value<string>(each, "unit") ?? "ST").base === base).map(qtyOf));
    return same.length > 0 && counted !== listed ? [{ category, base: shownIn, counted, listed }] : [];
  });
}

function qtyOf(exhibit: EntityView): number {
  return value<number>(exhibit, "qty") ?? 0;
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

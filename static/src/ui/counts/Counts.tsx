import { useState } from "preact/hooks";
import { code, codes } from "../../state/operation";
import { Button } from "../components/Button";
import { EmptyState } from "../components/Card";
import { PickerDialog } from "../components/Picker";
import { label, t } from "../i18n";
import type { VisitView } from "../model";
import { Heading } from "../Page";
import { categoryName } from "../records/names";
import { unit } from "../units";
import { CountCard } from "./CountCard";
import { type CountRow, countRows } from "./rows";

/** Counting what is seized: everyone counts on their own tablet and the figures add up. */
export function Counts({ visit }: { visit: VisitView }) {
  const [choosing, setChoosing] = useState(false);
  const [added, setAdded] = useState<readonly CountRow[]>([]);
  const counted = countRows(visit);
  const rows = [...counted, ...added.filter((row) => !counted.some((other) => other.category === row.category))];
  const add = (category: string): void => {
    setChoosing(false);
    setAdded([...added.filter((row) => row.category !== category), emptyRow(category, unitsOf(category)[0] ?? "ST")]);
  };
  const switchUnit = (row: CountRow, unitId: string): void => {
    setAdded(added.map((other) => (other.category === row.category ? emptyRow(row.category, unitId) : other)));
  };
  return (
    <section class="stack" aria-label={t("count.title")}>
      <Heading level={2} title={t("count.title")} />
      <p class="muted">{t("count.help")}</p>
      {rows.length === 0 && (
        <EmptyState icon="count" level={3} title={t("count.none")}>
          <p>{t("count.none.help")}</p>
        </EmptyState>
      )}
      <ul class="bare counts">
        {rows.map((row) => (
          <li key={`${row.category} ${row.unit}`}>
            <CountCard
              visit={visit}
              row={row}
              units={counted.includes(row) ? [] : unitsOf(row.category)}
              onUnit={(unitId) => switchUnit(row, unitId)}
            />
          </li>
        ))}
      </ul>
      <div>
        <Button size={56} kind={rows.length === 0 ? "primary" : "line"} icon="plus" onPress={() => setChoosing(true)}>
          {t("count.add")}
        </Button>
      </div>
      <FoundBefore
        categories={foundBefore(visit).filter((id) => rows.every((row) => row.category !== id))}
        onPick={add}
      />
      {choosing && <CategoryPicker onPick={add} onClose={() => setChoosing(false)} />}
    </section>
  );
}

/** What earlier visits found on this site, newest visit first: the likeliest to be found again. */
function foundBefore(visit: VisitView): string[] {
  const newestFirst = [...visit.history].sort((a, b) => (a.date < b.date ? 1 : -1));
  return [...new Set(newestFirst.flatMap((earlier) => Object.keys(earlier.seizures ?? {})))];
}

function FoundBefore({ categories, onPick }: { categories: readonly string[]; onPick: (id: string) => void }) {
  if (categories.length === 0) return null;
  return (
    <div class="stack-s">
      <h3>{t("count.before")}</h3>
      <div class="row-s">
        {categories.map((id) => (
          <Button key={id} kind="line" icon="plus" onPress={() => onPick(id)}>
            {categoryName(id)}
          </Button>
        ))}
      </div>
    </div>
  );
}

function emptyRow(category: string, unitId: string): CountRow {
  return { category, unit: unitId, total: 0, people: [], entries: [] };
}

/** The usual unit of a category first, then the others it may be counted in. */
function unitsOf(category: string): string[] {
  const item = code("seizure_categories", category);
  const others = item?.alt;
  return [String(item?.unit ?? "ST"), ...(Array.isArray(others) ? others.map(String) : [])];
}

function CategoryPicker({ onPick, onClose }: { onPick: (id: string) => void; onClose: () => void }) {
  const items = codes("seizure_categories").map((item) => ({
    id: item.id,
    title: label(item),
    facts: unit(String(item.unit ?? "ST")).name,
    also: `${item.sv} ${item.en}`,
  }));
  return (
    <PickerDialog
      title={t("count.add.title")}
      items={items}
      empty={t("count.search.none")}
      onPick={onPick}
      onClose={onClose}
    />
  );
}

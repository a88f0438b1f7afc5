import { code, codes, own } from "../../state/operation";
import { type EntityView, entitiesOf, heads, isPending, value } from "../../state/replica";
import { attempt, snap, writeFields } from "../cells";
import { Card, Note } from "../components/Card";
import { SelectField } from "../components/Field";
import { ItemState } from "../components/ItemState";
import type { Form } from "../draft";
import { figure, label, parseFigure, t, type UnitForm } from "../i18n";
import type { VisitView } from "../model";
import { go, href } from "../router";
import { unit } from "../units";
import { CellConflict } from "../visit/CellConflict";
import { DraftField } from "./DraftField";
import { categoryName } from "./names";
import { PhotoButtons } from "./PhotoButtons";
import { discard } from "./PhotoDialog";
import { PhotoThumb } from "./PhotoTile";
import { RecordPage } from "./Record";

/** A quantity in the unit it is shown in; stored in base units. */
export function quantityForm(form: UnitForm): Form {
  return {
    show: (stored) => (typeof stored === "number" ? figure(stored, form) : ""),
    read: (text) => (text.trim() === "" ? null : (parseFigure(text, form) ?? undefined)),
  };
}

export function ExhibitForm({ visit, exhibit }: { visit: VisitView; exhibit: EntityView }) {
  const list = href("visit", visit.id, "exhibits");
  const cell = (field: string) => ({ stream: exhibit.stream, id: exhibit.id, field });
  const remove = async (): Promise<void> => {
    if (await discard(exhibit, t("exhibit.reason"), t("exhibit.removed"))) go("visit", visit.id, "exhibits");
  };
  return (
    <RecordPage
      visit={visit}
      back={list}
      backText={t("exhibit.title")}
      title={value<string>(exhibit, "seal") || t("exhibit.unsealed")}
      view={exhibit}
      field="category"
      removeText={t("exhibit.remove")}
      onRemove={() => void remove()}
    >
      <div>
        <ItemState state={isPending(exhibit, "category")} />
      </div>
      <Card>
        <Choice exhibit={exhibit} field="category" list="seizure_categories" text={t("exhibit.category")} />
        <Quantity exhibit={exhibit} />
        <DraftField
          cell={cell("description")}
          label={t("exhibit.description")}
          hint={t("exhibit.description.hint")}
          long
        />
        <DraftField cell={cell("place")} label={t("exhibit.place")} />
        <DraftField cell={cell("holder")} label={t("exhibit.holder")} />
        <DraftField cell={cell("finder")} label={t("exhibit.finder")} />
      </Card>
      <Photos visit={visit} exhibit={exhibit} />
      <Card title={t("record.details")}>
        <DraftField cell={cell("purpose")} label={t("exhibit.purpose")} long />
        <DraftField cell={cell("occurred")} label={t("exhibit.occurred")} long />
      </Card>
    </RecordPage>
  );
}

/** A code of the exhibit, chosen from its list; several answers are shown and settled like any others. */
function Choice({
  exhibit,
  field,
  list,
  text,
  only,
}: {
  exhibit: EntityView;
  field: string;
  list: string;
  text: string;
  only?: readonly string[];
}) {
  const seen = snap(exhibit);
  const shown = heads(exhibit, field);
  const options = codes(list).filter((item) => only === undefined || only.includes(item.id));
  const choose = (id: string): void => {
    if (id) void attempt(writeFields({ stream: exhibit.stream, id: exhibit.id }, { [field]: id }, seen));
  };
  return (
    <div class="stack-s">
      <SelectField
        label={text}
        value={value<string>(exhibit, field) ?? ""}
        onChange={choose}
        options={options.map((item) => ({ id: item.id, label: label(item) }))}
      />
      {shown.length > 1 && (
        <CellConflict
          view={exhibit}
          field={field}
          heads={shown}
          render={(v) => label(code(list, String(v)), String(v))}
        />
      )}
    </div>
  );
}

function Quantity({ exhibit }: { exhibit: EntityView }) {
  const category = code("seizure_categories", value<string>(exhibit, "category") ?? "");
  const current = value<string>(exhibit, "unit") ?? "ST";
  const alternatives = Array.isArray(category?.alt) ? category.alt.map(String) : [];
  const units = [...new Set([String(category?.unit ?? "ST"), ...alternatives, current])];
  const form = unit(current);
  return (
    <div class="pair">
      <DraftField
        cell={{ stream: exhibit.stream, id: exhibit.id, field: "qty" }}
        label={t("exhibit.qty")}
        form={quantityForm(form)}
        fault={form.dec === 0 ? t("count.amount.int") : t("count.amount.bad", { dec: form.dec })}
        inputMode={form.dec === 0 ? "numeric" : "decimal"}
      />
      <Choice exhibit={exhibit} field="unit" list="units" text={t("exhibit.unit")} only={units} />
    </div>
  );
}

function Photos({ visit, exhibit }: { visit: VisitView; exhibit: EntityView }) {
  const photos = entitiesOf(own(visit.op), "photo").filter((photo) => value<string>(photo, "about") === exhibit.id);
  const wanted = Number(code("seizure_categories", value<string>(exhibit, "category") ?? "")?.photo_min ?? 0);
  return (
    <Card title={t("photo.title")}>
      {photos.length < wanted && (
        <Note>
          <p>{t("exhibit.photomin", { n: wanted })}</p>
        </Note>
      )}
      <div class="row">
        <PhotoButtons visit={visit} extra={{ about: exhibit.id }} what={categoryName(value(exhibit, "category"))} />
      </div>
      <ul class="bare row-s">
        {photos.map((photo) => (
          <li key={photo.id} class="thumb-button">
            <PhotoThumb photo={photo} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

import { t } from "../i18n";
import { Lost } from "../Lost";
import { currentOperation, findVisit } from "../model";
import { Visit } from "../visit/Visit";
import { Evening } from "./Evening";
import { NoOperation, Today } from "./Today";

/** The evening: the list of sites, and beside it (landscape) or instead of it (portrait) the visit that is open. */
export function Day({
  visit,
  section,
  item,
}: {
  visit: string | undefined;
  section: string | undefined;
  item: string | undefined;
}) {
  const open = visit === undefined ? undefined : findVisit(visit);
  const operation = currentOperation();
  if (operation === undefined) return <NoOperation />;
  if (visit !== undefined && open === undefined) return <Lost />;
  return (
    <div class="split">
      <section class={open ? "split-list split-covered" : "split-list"} aria-label={t("today.sites")}>
        <Today operation={operation} open={open?.id} />
      </section>
      <div class="split-detail">
        {open ? <Visit key={open.id} visit={open} section={section} item={item} /> : <Evening operation={operation} />}
      </div>
    </div>
  );
}

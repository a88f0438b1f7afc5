import { EmptyState } from "../components/Card";
import { label, t } from "../i18n";
import { arrivalSheet, type ChecklistView, ownChecklists, totalProgress, type VisitView } from "../model";
import { href } from "../router";
import { ChecklistForm } from "./ChecklistForm";

/** The shared sheet of arrival: one for everybody on site. */
export function ArrivalSection({ visit, question }: { visit: VisitView; question: string | undefined }) {
  const sheet = arrivalSheet(visit);
  if (sheet === undefined) return <NoChecklist />;
  return <ChecklistForm visit={visit} list={sheet} question={question} />;
}

/** `item` is a template id (`ALK`) or a question of one (`ALK07`). */
export function ChecklistSection({ visit, item }: { visit: VisitView; item: string | undefined }) {
  const lists = ownChecklists(visit);
  const open = lists.find((list) => item?.startsWith(list.template.id)) ?? lists[0];
  if (open === undefined) return <NoChecklist />;
  return (
    <div class="stack">
      {lists.length > 1 && <Picker visit={visit} lists={lists} open={open} />}
      <ChecklistForm key={open.id} visit={visit} list={open} question={item} />
    </div>
  );
}

function NoChecklist() {
  return (
    <EmptyState icon="clipboard" title={t("check.none")}>
      <p>{t("check.none.help")}</p>
    </EmptyState>
  );
}

function Picker({ visit, lists, open }: { visit: VisitView; lists: readonly ChecklistView[]; open: ChecklistView }) {
  return (
    <nav class="picker" aria-label={t("check.pick")}>
      <ul class="bare">
        {lists.map((list) => {
          const { answered, questions } = totalProgress([list]);
          return (
            <li key={list.id}>
              <a
                class="picker-link"
                href={href("visit", visit.id, "checklist", list.template.id)}
                {...(list.id === open.id ? { "aria-current": "true" as const } : {})}
              >
                <span>{label(list.template)}</span>
                <span class="num small">
                  {answered}/{questions}
                </span>
              </a>
            </li>
          );
        })}
      </ul>
    </nav>
  );
}

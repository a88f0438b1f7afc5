import { useState } from "preact/hooks";
import { code } from "../../state/operation";
import { VisitStatus } from "../components/Badge";
import { Button, ButtonLink } from "../components/Button";
import { Icon } from "../components/Icon";
import { label, t } from "../i18n";
import type { VisitView } from "../model";
import { Heading } from "../Page";
import { href } from "../router";
import { SafetyDialog } from "../safety/SafetyDialog";
import { ApprovedBanner } from "./ApprovedBanner";
import { SectionView } from "./SectionView";
import { glance, SECTION_ICON, type Section, sectionOf, sectionsFor } from "./sections";

/** One visit: where, its state, its parts. The part is in the address, so it survives a cold start. */
export function Visit({
  visit,
  section,
  item,
}: {
  visit: VisitView;
  section: string | undefined;
  item: string | undefined;
}) {
  const part = sectionOf(section);
  return (
    <article class="visit">
      <VisitHead visit={visit} />
      <SectionTabs visit={visit} here={part} />
      <div class="visit-body">
        <ApprovedBanner visit={visit} section={part} />
        <SectionView key={`${part}/${item ?? ""}`} visit={visit} section={part} item={item} />
      </div>
    </article>
  );
}

function VisitHead({ visit }: { visit: VisitView }) {
  const [warning, setWarning] = useState(false);
  return (
    <header class="visit-head">
      <ButtonLink class="visit-back" href="#/day" icon="back" kind="quiet" label={t("visit.back")} />
      <div class="visit-title">
        <Heading title={visit.name} />
        <div class="row-s">
          <VisitStatus status={visit.status} />
          <span>{visit.address}</span>
          <span class="muted">{label(code("premises_types", visit.type), visit.type)}</span>
        </div>
      </div>
      <Button class="visit-safety" kind="line" icon="bell" onPress={() => setWarning(true)}>
        <span>{t("safety.button")}</span>
      </Button>
      {warning && <SafetyDialog visit={visit} onClose={() => setWarning(false)} />}
    </header>
  );
}

function SectionTabs({ visit, here }: { visit: VisitView; here: Section }) {
  return (
    <nav class={`tabs tabs-${sectionsFor().length}`} aria-label={t("visit.sections")}>
      <ul class="bare">
        {sectionsFor().map((section) => (
          <li key={section}>
            <Tab visit={visit} section={section} here={section === here} />
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Tab({ visit, section, here }: { visit: VisitView; section: Section; here: boolean }) {
  const { text, todo = 0, done } = glance(section, visit);
  return (
    <a class="tab" href={href("visit", visit.id, section)} {...(here ? { "aria-current": "page" as const } : {})}>
      <Icon name={done ? "checkCircle" : SECTION_ICON[section]} />
      <span class="tab-name">{t(`sec.${section}`)}</span>
      <span class="tab-glance num">
        {text}
        {todo > 0 && (
          <span class="tab-todo">
            <span class="vh">, {t("sec.todo", { n: todo })}</span>
          </span>
        )}
      </span>
    </a>
  );
}

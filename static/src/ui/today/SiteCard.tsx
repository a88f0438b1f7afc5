import { code } from "../../state/operation";
import { AuthorityChip, StatusBadge, VisitStatus } from "../components/Badge";
import { Icon } from "../components/Icon";
import { Progress } from "../components/Stepper";
import { label, plural, t } from "../i18n";
import { arrivalSheet, isDone, me, ownChecklists, partiesOf, totalProgress, type VisitView } from "../model";
import { href } from "../router";
import { hasSafety } from "../safety/notices";

interface SiteCardProps {
  visit: VisitView;
  next: boolean;
  here: boolean;
  ownTeam: string | undefined;
}

/** One site: the whole card is one link, so a glove cannot miss it. What is done takes less room than what is to come. */
export function SiteCard({ visit, next, here, ownTeam }: SiteCardProps) {
  const done = isDone(visit.status);
  const look = ["site", next && "site-next", here && "site-here", done && "site-done"].filter(Boolean).join(" ");
  return (
    <a class={look} href={href("visit", visit.id)} {...(here ? { "aria-current": "true" as const } : {})}>
      <span class="site-order num">
        <span class="vh">{t("today.order", { n: visit.order })}</span>
        <span aria-hidden="true">{visit.order}</span>
      </span>
      <span class="site-body">
        {next && visit.status === "PLANERAT" && <NextMark />}
        <span class="site-name">{visit.name}</span>
        <span class="site-address">
          {visit.address}
          {visit.area && <span class="muted"> · {visit.area}</span>}
        </span>
        {!done && <ToCome visit={visit} ownTeam={ownTeam} />}
      </span>
      <span class="site-end">
        <VisitStatus status={visit.status} />
        <Icon name="chevron" />
      </span>
    </a>
  );
}

/** Where somebody is already, the status says so itself. */
function NextMark() {
  return (
    <span class="site-mark">
      <Icon name="fast" size="s" />
      {t("today.next")}
    </span>
  );
}

/** What kind of place, who goes in, what is known and how far one's own work has come. */
function ToCome({ visit, ownTeam }: { visit: VisitView; ownTeam: string | undefined }) {
  const parties = partiesOf(visit);
  const ownDone = parties.find((party) => party.authority === me())?.done ?? false;
  return (
    <>
      <span class="small muted">{factsOf(visit, ownTeam)}</span>
      <span class="row-s site-parties">
        {parties.map((party) => (
          <AuthorityChip key={party.authority} id={party.authority} own={party.authority === me()} />
        ))}
        {hasSafety(visit) && (
          <StatusBadge tone="warn" icon="bell">
            {t("today.safety")}
          </StatusBadge>
        )}
      </span>
      {ownDone ? <OwnDone /> : <OwnProgress visit={visit} />}
    </>
  );
}

function factsOf(visit: VisitView, ownTeam: string | undefined): string {
  const earlier = visit.history.length;
  return [
    label(code("premises_types", visit.type), visit.type),
    earlier > 0 && plural(earlier, t("today.earlier.one"), t("today.earlier", { n: earlier })),
    visit.team && visit.team !== ownTeam && t("today.team", { team: visit.team }),
  ]
    .filter(Boolean)
    .join(" · ");
}

function OwnDone() {
  return (
    <span class="saved saved-ok">
      <Icon name="checkCircle" size="s" />
      {t("today.own.done")}
    </span>
  );
}

/** One's own checklists; where there is none, the shared sheet alone. Nothing is shown before anything is begun. */
function OwnProgress({ visit }: { visit: VisitView }) {
  const own = ownChecklists(visit);
  const sheet = arrivalSheet(visit);
  const { answered, questions } = totalProgress(own.length > 0 || sheet === undefined ? own : [sheet]);
  if (answered === 0) return null;
  return (
    <span class="site-progress">
      <span class="small muted num">{t("today.checklist", { n: answered, total: questions })}</span>
      <Progress part={answered} whole={questions} />
    </span>
  );
}

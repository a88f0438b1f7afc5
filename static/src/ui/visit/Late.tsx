import type { LateChange } from "../../state/versions";
import { StatusBadge } from "../components/Badge";
import { personOf } from "../components/ConflictCard";
import { fieldName, isWiring } from "../decide/held";
import { moment, plural, t } from "../i18n";
import { now } from "../now";
import { kindName } from "./conflictNames";

const SHOWN = 6;

/** What came after the submission, by whom and when: named as late, and counted like everything else. */
export function Late({ stream, late }: { stream: string; late: readonly LateChange[] }) {
  const said = late.filter(({ field }) => !isWiring(field)).sort((a, b) => b.at - a.at);
  if (said.length === 0) return null;
  return (
    <div class="late stack-s">
      <h4 class="row-s">
        <StatusBadge tone="warn" icon="clock">
          {t("version.late.badge")}
        </StatusBadge>
        {plural(said.length, t("version.late.one"), t("version.late", { n: said.length }))}
      </h4>
      <ul class="bare lines">
        {said.slice(0, SHOWN).map((each) => (
          <li key={each.change} class="line">
            <LateLine stream={stream} late={each} />
          </li>
        ))}
      </ul>
      {said.length > SHOWN && <p class="small">{t("version.late.more", { n: said.length - SHOWN })}</p>}
      <p class="small muted">{t("version.late.text")}</p>
    </div>
  );
}

function LateLine({ stream, late: { entity, field, actor, at } }: { stream: string; late: LateChange }) {
  return (
    <span class="grow stack-s">
      <span>
        {kindName(entity.slice(0, entity.indexOf("_")))}: <strong>{fieldName(stream, entity, field)}</strong>
      </span>
      <span class="small muted num">
        {t("person.at", { name: personOf(stream, actor), at: moment(at, now.value) })}
      </span>
    </span>
  );
}

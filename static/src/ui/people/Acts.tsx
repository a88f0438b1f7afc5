import type { ActRow } from "../../state/people";
import { isSystemAdministrator } from "../../state/session";
import { shortAuthority } from "../components/Badge";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { moment, number, plural, t } from "../i18n";
import { now } from "../now";
import { actText } from "./account";

/** The newest stand open, the others fold away. */
const SHOWN = 10;

/** Who did what to whose account, the newest first. */
export function Acts({ acts }: { acts: readonly ActRow[] }) {
  const rest = acts.slice(SHOWN);
  return (
    <Card title={t("acts.title")}>
      <p class="small muted">{t("acts.lead")}</p>
      {acts.length === 0 ? <p>{t("acts.none")}</p> : <List acts={acts.slice(0, SHOWN)} />}
      {rest.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {plural(rest.length, t("acts.earlier.one"), t("acts.earlier", { n: number(rest.length) }))}
          </summary>
          <List acts={rest} />
        </details>
      )}
    </Card>
  );
}

function List({ acts }: { acts: readonly ActRow[] }) {
  return (
    <ul class="bare lines">
      {acts.map((row) => (
        <li key={row.id} class="line">
          <span class="grow stack-s">
            <span>
              {actText(row)}
              {isSystemAdministrator() && <span class="muted"> ({shortAuthority(row.authority)})</span>}
            </span>
            <span class="small muted num">
              {t("person.at", { name: row.by_name ?? t("acts.terminal"), at: moment(row.at, now.value) })}
            </span>
          </span>
        </li>
      ))}
    </ul>
  );
}

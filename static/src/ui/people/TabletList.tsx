import type { KeptTablet } from "../../state/people";
import { isSystemAdministrator } from "../../state/session";
import { AuthorityChip, StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { unsentText } from "../components/SyncBar";
import { age, moment, number, plural, t } from "../i18n";
import { now } from "../now";

interface Props {
  tablets: readonly KeptTablet[];
  onBlock: (tablet: KeptTablet) => void;
}

/** Which tablets there are, who used each last, what it runs and how much of it is not here yet. */
export function TabletList({ tablets, onBlock }: Props) {
  const open = tablets.filter(({ blocked }) => blocked === null);
  const blocked = tablets.filter((tablet) => tablet.blocked !== null);
  return (
    <Card title={t("kept.title")}>
      <p class="small muted">{t("kept.lead")}</p>
      {open.length === 0 ? <p>{t("kept.none")}</p> : <Rows tablets={open} onBlock={onBlock} />}
      {blocked.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {plural(blocked.length, t("kept.blocked.one"), t("kept.blocked", { n: number(blocked.length) }))}
          </summary>
          <Rows tablets={blocked} onBlock={onBlock} />
        </details>
      )}
    </Card>
  );
}

function Rows({ tablets, onBlock }: Props) {
  return (
    <ul class="bare lines">
      {tablets.map((tablet) => (
        <li key={tablet.id} class="line person">
          <div class="person-head">
            <div class="grow stack-s">
              <strong>{tablet.label}</strong>
              <span class="small person-facts">
                {isSystemAdministrator() && <AuthorityChip id={tablet.authority} />}
                <span>{tablet.name}</span>
              </span>
              <span class="small muted num">
                {t("people.seen", { at: moment(tablet.seen, now.value) })}
                {tablet.app !== null && ` · ${versionOf(tablet.app)}`}
              </span>
              <Held tablet={tablet} />
            </div>
            <State tablet={tablet} />
          </div>
          {tablet.may.includes("block") && (
            <div class="person-acts">
              <Button kind="line" icon="lock" onPress={() => onBlock(tablet)}>
                {t("kept.block")}
                <span class="vh"> {tablet.label}</span>
              </Button>
            </div>
          )}
        </li>
      ))}
    </ul>
  );
}

/** `insats-web/1.2.3` is version 1.2.3; what is of another form stays as it was said. */
function versionOf(app: string): string {
  const [program, version] = app.split("/");
  return program === "insats-web" && version ? t("kept.version", { version }) : app;
}

function Held({ tablet: { pending_changes, pending_blobs, oldest } }: { tablet: KeptTablet }) {
  const held = unsentText(pending_changes, pending_blobs);
  if (!held) return null;
  return (
    <span class="small num">
      <strong>{held}</strong>
      {oldest !== null && ` · ${t("sync.oldest", { age: age(oldest * 1_000) })}`}
    </span>
  );
}

function State({ tablet }: { tablet: KeptTablet }) {
  if (tablet.blocked !== null)
    return (
      <StatusBadge tone="plain" icon="lock">
        {t("kept.is-blocked", { at: moment(tablet.blocked, now.value) })}
      </StatusBadge>
    );
  if (tablet.lost)
    return (
      <StatusBadge tone="bad" icon="alert">
        {t("kept.lost")}
      </StatusBadge>
    );
  return null;
}

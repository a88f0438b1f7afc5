import type { Account, SignIn } from "../../state/people";
import { isSystemAdministrator, session } from "../../state/session";
import { AuthorityChip, StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { moment, number, plural, t } from "../i18n";
import { now } from "../now";
import { roleName, STANDING, standingOf } from "./account";

interface Props {
  person: Account;
  onLink: (person: Account) => void;
  onClose: (person: Account) => void;
  onEnd: (person: Account, at: SignIn) => void;
}

/** One account: who it is, how it stands, and what may be done to it. */
export function PersonRow({ person, onLink, onClose, onEnd }: Props) {
  const own = person.id === session.value?.user.id;
  return (
    <li class="line person">
      <div class="person-head">
        <div class="grow stack-s">
          <span>
            <strong>{person.name}</strong>
            {own && <span class="muted"> ({t("people.you")})</span>}
          </span>
          <span class="small person-facts">
            {isSystemAdministrator() && <AuthorityChip id={person.authority} />}
            <span>{roleName(person.role)}</span>
            <span class="muted">{person.id}</span>
          </span>
          <Last person={person} />
        </div>
        <Standing person={person} />
      </div>
      {person.sessions.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {plural(
              person.sessions.length,
              t("people.sessions.one"),
              t("people.sessions", { n: number(person.sessions.length) }),
            )}
          </summary>
          <SignIns
            list={person.sessions}
            here={own ? session.value?.device.id : undefined}
            onEnd={person.may.includes("end-session") ? (at) => onEnd(person, at) : undefined}
          />
        </details>
      )}
      {(person.may.includes("invite") || person.may.includes("close")) && (
        <div class="person-acts">
          {person.may.includes("invite") && (
            <Button kind="line" icon="share" onPress={() => onLink(person)}>
              {t("people.link")}
              <span class="vh"> {person.name}</span>
            </Button>
          )}
          {person.may.includes("close") && (
            <Button kind="line" icon="lock" onPress={() => onClose(person)}>
              {t("people.close")}
              <span class="vh"> {person.name}</span>
            </Button>
          )}
        </div>
      )}
    </li>
  );
}

function Standing({ person }: { person: Account }) {
  const standing = standingOf(person);
  const [tone, icon] = STANDING[standing];
  return (
    <StatusBadge tone={tone} icon={icon}>
      {t(`people.state.${standing}`)}
    </StatusBadge>
  );
}

function Last({ person: { seen, invited } }: { person: Account }) {
  if (seen === null && invited === null) return null;
  return (
    <span class="small muted num">
      {seen !== null && t("people.seen", { at: moment(seen, now.value) })}
      {seen !== null && invited !== null && " · "}
      {invited !== null && t("people.until", { at: moment(invited, now.value) })}
    </span>
  );
}

/** Where somebody is signed in. The device in hand cannot be ended from itself. */
export function SignIns({
  list,
  here,
  onEnd,
}: {
  list: readonly SignIn[];
  here: string | undefined;
  onEnd: ((at: SignIn) => void) | undefined;
}) {
  return (
    <ul class="bare lines">
      {list.map((at) => (
        <li key={at.device} class="line">
          <span class="grow stack-s">
            <span>
              <strong>{at.label}</strong>
              {at.device === here && <span class="muted"> ({t("people.session.here")})</span>}
            </span>
            <span class="small muted num">
              {t("people.session", { since: moment(at.since, now.value), seen: moment(at.seen, now.value) })}
            </span>
          </span>
          {onEnd && at.device !== here && (
            <Button kind="line" onPress={() => onEnd(at)}>
              {t("people.end")}
              <span class="vh"> {at.label}</span>
            </Button>
          )}
        </li>
      ))}
    </ul>
  );
}

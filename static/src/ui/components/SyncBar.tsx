import { status } from "../../state/status";
import { age, moment, plural, t } from "../i18n";
import { now } from "../now";
import { Icon, type IconName } from "./Icon";

type Mood = "ok" | "info" | "warn" | "bad";

export interface SyncFacts {
  connected: boolean;
  lastContact: number | null;
  unsentChanges: number;
  unsentPhotos: number;
  oldestUnsent: number | null;
  action: number;
}

/** Problems that do not pass by themselves. */
const FOR_A_PERSON: readonly string[] = ["server-key", "receipt", "unauthenticated", "lapsed", "ended", "storage"];

/** Silence alone is no alarm while there is nothing to send; unsent work without contact is. */
export function mood(facts: SyncFacts): Mood {
  if (facts.action > 0) return "bad";
  if (facts.connected) return facts.unsentChanges + facts.unsentPhotos > 0 ? "info" : "ok";
  return "warn";
}

const ICON: Record<Mood, IconName> = { ok: "checkCircle", info: "cloudUp", warn: "cloudOff", bad: "stop" };

/** "3 osända, 2 foton", or that everything has arrived. */
export function unsentText(changes: number, photos: number): string {
  const parts: string[] = [];
  if (changes > 0) parts.push(plural(changes, t("sync.unsent.one"), t("sync.unsent", { n: changes })));
  if (photos > 0) parts.push(plural(photos, t("sync.photos.one"), t("sync.photos", { n: photos })));
  return parts.join(", ");
}

function facts(): SyncFacts {
  const { connected, lastContact, unsentChanges, unsentPhotos, oldestUnsent, rejected, problem } = status.value;
  const action = rejected.length + (problem !== null && FOR_A_PERSON.includes(problem) ? 1 : 0);
  return { connected, lastContact, unsentChanges, unsentPhotos, oldestUnsent, action };
}

function headline(known: SyncFacts): string {
  const unsent = unsentText(known.unsentChanges, known.unsentPhotos);
  if (unsent) return unsent;
  return known.lastContact === null ? t("sync.nothing") : t("sync.all");
}

function contact({ lastContact, connected }: SyncFacts): string {
  if (lastContact === null) return t("sync.contact.none");
  const at = moment(lastContact, now.value);
  return connected ? t("sync.contact", { at }) : t("sync.contact.lost", { at });
}

/** Always on the screen: what is unsent, how old the oldest is, when the server last answered. It never spins. */
export function SyncBar() {
  const known = facts();
  const tone = mood(known);
  return (
    <a class={`syncbar syncbar-${tone}`} href="#/sync">
      <Icon name={ICON[tone]} />
      <span>
        <span class="vh">{t("sync.bar")}: </span>
        <strong>{headline(known)}</strong>
        {known.oldestUnsent !== null && (
          <span> · {t("sync.oldest", { age: age(now.value - known.oldestUnsent) })}</span>
        )}
        {known.action > 0 && (
          <span> · {plural(known.action, t("sync.action.one"), t("sync.action", { n: known.action }))}</span>
        )}
      </span>
      <span class="syncbar-contact num">{contact(known)}</span>
    </a>
  );
}

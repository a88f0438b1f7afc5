import type { ComponentChildren } from "preact";
import { code } from "../../state/operation";
import { label, type Words, words } from "../i18n";
import type { Tone } from "./Card";
import { Icon, type IconName } from "./Icon";

/** A state: always an icon and a word, the colour only repeats them. */
export function StatusBadge({
  tone = "plain",
  icon,
  children,
}: {
  tone?: Tone;
  icon: IconName;
  children: ComponentChildren;
}) {
  return (
    <span class={`badge badge-${tone}`}>
      <Icon name={icon} />
      <span>{children}</span>
    </span>
  );
}

/** A fact in one word: an authority, a premises type. `own` marks the reader's own authority. */
export function Chip({
  icon,
  own,
  title,
  children,
}: {
  icon?: IconName;
  own?: boolean;
  title?: string;
  children: ComponentChildren;
}) {
  return (
    <span class={own ? "chip chip-own" : "chip"} {...(title === undefined ? {} : { title })}>
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </span>
  );
}

const VISIT: Record<string, { tone: Tone; icon: IconName }> = {
  PLANERAT: { tone: "plain", icon: "calendar" },
  PAVAG: { tone: "info", icon: "route" },
  SAKRAT: { tone: "info", icon: "shield" },
  INNE: { tone: "info", icon: "arrive" },
  PAUS_FU: { tone: "warn", icon: "pause" },
  KLART: { tone: "ok", icon: "checkCircle" },
  STANGT: { tone: "plain", icon: "door" },
  UPPHORT: { tone: "plain", icon: "archive" },
  NEKAD: { tone: "bad", icon: "hand" },
  AVBR: { tone: "warn", icon: "stop" },
};

/** How a status of a visit looks; an unknown one is plain. */
export function visitLook(id: string): { tone: Tone; icon: IconName } {
  return VISIT[id] ?? { tone: "plain", icon: "circle" };
}

/** The status of a visit as the code list words it. */
export function VisitStatus({ status }: { status: string | undefined }) {
  const id = status ?? "PLANERAT";
  const { tone, icon } = visitLook(id);
  return (
    <StatusBadge tone={tone} icon={icon}>
      {label(code("status_visit", id), id)}
    </StatusBadge>
  );
}

/** An authority, short: `Polis`, `Alkohol`; the full name as its title. */
export function AuthorityChip({ id, own }: { id: string; own?: boolean }) {
  return (
    <Chip own={own ?? false} title={label(code("authorities", id), id)}>
      {shortAuthority(id)}
    </Chip>
  );
}

const SHORT: Words = words;

/** The one word by which authorities know each other on site; of one we have no word for, the name itself. */
export function shortAuthority(id: string): string {
  return label(SHORT[`auth.${id}`] ?? code("authorities", id), id);
}

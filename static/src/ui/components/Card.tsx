import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";
import { Icon, type IconName } from "./Icon";

export type Tone = "plain" | "info" | "ok" | "warn" | "bad";

interface CardProps {
  title?: ComponentChildren;
  level?: 2 | 3 | 4;
  tone?: Tone;
  /** What stands at the end of the head: a badge or a small button. */
  end?: ComponentChildren;
  children?: ComponentChildren;
  class?: string;
}

/** A titled card is a region named by its heading; an untitled one is a plain box. */
export function Card({ title, level = 2, tone = "plain", end, children, class: extra = "" }: CardProps) {
  const id = useId();
  const look = `card ${tone === "plain" ? "" : `card-${tone}`} ${extra}`.trim();
  if (title === undefined) return <div class={look}>{children}</div>;
  const Heading = `h${level}` as "h2" | "h3" | "h4";
  return (
    <section class={look} aria-labelledby={id}>
      <div class="card-head">
        <Heading id={id}>{title}</Heading>
        {end}
      </div>
      {children}
    </section>
  );
}

const NOTE_ICON: Record<Tone, IconName> = {
  plain: "info",
  info: "info",
  ok: "checkCircle",
  warn: "alert",
  bad: "stop",
};

/** A sentence that needs noticing. `live` announces it when it appears. */
export function Note({
  tone = "info",
  icon,
  live,
  children,
}: {
  tone?: Tone;
  icon?: IconName;
  live?: boolean;
  children: ComponentChildren;
}) {
  return (
    <div class={`note note-${tone}`} {...(live ? { role: tone === "bad" ? "alert" : "status" } : {})}>
      <Icon name={icon ?? NOTE_ICON[tone]} />
      <div class="grow stack-s">{children}</div>
    </div>
  );
}

/** What stands where a list would be, and what to do about it. */
export function EmptyState({
  icon,
  title,
  level = 2,
  children,
}: {
  icon: IconName;
  title: string;
  level?: 2 | 3;
  children?: ComponentChildren;
}) {
  const Heading = `h${level}` as "h2" | "h3";
  return (
    <div class="empty">
      <Icon name={icon} />
      <Heading>{title}</Heading>
      {children}
    </div>
  );
}

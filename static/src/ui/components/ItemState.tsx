import { status } from "../../state/status";
import { t } from "../i18n";
import { StatusBadge } from "./Badge";
import type { Tone } from "./Card";
import { Icon, type IconName } from "./Icon";

/** Where one recorded thing is on its way: on this tablet → sending → received → backed up, or waiting for a person. */
export type Journey = "local" | "sending" | "received" | "backed-up" | "held" | "rejected";

const LOOK: Record<Journey, { tone: Tone; icon: IconName }> = {
  local: { tone: "plain", icon: "tablet" },
  sending: { tone: "info", icon: "cloudUp" },
  received: { tone: "ok", icon: "check" },
  "backed-up": { tone: "ok", icon: "backup" },
  held: { tone: "warn", icon: "eye" },
  rejected: { tone: "bad", icon: "stop" },
};

/** "Sending" is claimed only while a push is really under way and the server answers. */
export function journey(state: Exclude<Journey, "sending">): Journey {
  return state === "local" && status.value.syncing && status.value.connected ? "sending" : state;
}

/** As a badge: in lists of things. */
export function ItemState({ state }: { state: Exclude<Journey, "sending"> | Journey }) {
  const shown = state === "sending" ? state : journey(state);
  const { tone, icon } = LOOK[shown];
  return (
    <StatusBadge tone={tone} icon={icon}>
      {t(`state.${shown}`)}
    </StatusBadge>
  );
}

/** In a field of a thing whose state stands above: only what has not arrived is worth a word. */
export function Underway({ state }: { state: Exclude<Journey, "sending"> }) {
  return state === "received" || state === "backed-up" ? null : <SavedLine state={state} />;
}

/** As one quiet line: under a question or a field, where a badge would shout. */
export function SavedLine({ state }: { state: Exclude<Journey, "sending"> }) {
  const shown = journey(state);
  const { tone, icon } = LOOK[shown];
  return (
    <span class={`saved saved-${tone}`}>
      <Icon name={icon} size="s" />
      {t(`state.${shown}`)}
    </span>
  );
}

import { code } from "../../state/operation";
import type { Account, ActRow } from "../../state/people";
import type { Tone } from "../components/Card";
import type { IconName } from "../components/Icon";
import { label, t } from "../i18n";

/** The id of an account within its authority, as the server takes it; `app/domain/accounts.py` has the rule. */
const SHORT = /^[a-z0-9](?:[a-z0-9._-]{0,29}[a-z0-9])?$/;

export function isShortId(typed: string): boolean {
  return SHORT.test(typed.trim().toLowerCase());
}

export type Standing = "active" | "invited" | "waiting" | "closed";

/** `waiting`: open, but signed in nowhere and without a link to do so. */
export function standingOf({ active, sessions, invited }: Account): Standing {
  if (!active) return "closed";
  if (sessions.length > 0) return "active";
  return invited === null ? "waiting" : "invited";
}

export const STANDING: Record<Standing, [Tone, IconName]> = {
  active: ["ok", "check"],
  invited: ["info", "clock"],
  waiting: ["plain", "tablet"],
  closed: ["plain", "lock"],
};

export function roleName(role: string): string {
  return label(code("roles", role), role);
}

export function authorityName(authority: string): string {
  return label(code("authorities", authority), authority);
}

/** What was done to whom, as a sentence; an act that this release does not know keeps its name. */
export function actText({ act, name, detail }: ActRow): string {
  switch (act) {
    case "setup":
    case "close":
    case "link":
      return t(`acts.${act}`, { name });
    case "invite":
      return t("acts.invite", { name, detail: roleName(detail ?? "") });
    case "end-session":
    case "block-tablet":
      return t(`acts.${act}`, { name, detail: detail ?? "" });
    default:
      return `${act} ${name}`;
  }
}

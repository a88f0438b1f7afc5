import { Problem } from "../../state/session";
import { failureText } from "../cells";
import { alertUser } from "../components/Toast";
import { t, words } from "../i18n";

type Blocked = Extract<keyof typeof words, `version.blocked.${string}`>;

/** Why a version cannot be submitted or approved now, and what to wait for. */
export function versionProblem(code: string): string {
  const key = `version.blocked.${code}`;
  return isBlocked(key) ? t(key) : t("version.blocked.other", { code });
}

function isBlocked(key: string): key is Exclude<Blocked, "version.blocked.other"> {
  return key !== "version.blocked.other" && Object.hasOwn(words, key);
}

const OF_SAVING: readonly string[] = ["storage", "storage-full", "not-enrolled", "too-large"];

/** Awaits the act; a refusal is said with its reason. False: it was not done. */
export async function tryVersion(act: Promise<void>): Promise<boolean> {
  try {
    await act;
    return true;
  } catch (error) {
    const isRefusal = error instanceof Problem && !OF_SAVING.includes(error.code);
    alertUser(isRefusal ? versionProblem(error.code) : failureText(error));
    return false;
  }
}

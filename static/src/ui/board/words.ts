/** Small phrases that several parts of the board use. */
import type { DeviceView } from "../../state/board";
import { age, language, plural, t } from "../i18n";

/** A number times 100 with its two decimals: 129 → `1,29`. */
export function hundredths(times100: number): string {
  const locale = language.value === "sv" ? "sv-SE" : "en-GB";
  return (times100 / 100).toLocaleString(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** A length of time as people say it on site: `55 min`, `1 tim 20 min`. */
export function span(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  const hour = language.value === "sv" ? "tim" : "h";
  if (minutes < 60) return `${minutes} min`;
  const rest = minutes % 60;
  return rest === 0 ? `${minutes / 60} ${hour}` : `${Math.floor(minutes / 60)} ${hour} ${rest} min`;
}

/** `14 uppgifter, 3 foton`; empty when there is nothing. Of a lost store: what it held then. */
export function heldText({ pending_changes, pending_blobs, lost }: DeviceView): string {
  const changes = lost?.changes ?? pending_changes;
  const photos = lost?.blobs ?? pending_blobs;
  const parts: string[] = [];
  if (changes > 0) parts.push(plural(changes, t("tablet.changes.one"), t("tablet.changes", { n: changes })));
  if (photos > 0) parts.push(plural(photos, t("tablet.photos.one"), t("tablet.photos", { n: photos })));
  return parts.join(", ");
}

/** `för 4 min sedan`, `nyss`. */
export function ago(ms: number): string {
  return ms < 60_000 ? age(ms) : t("age.ago", { age: age(ms) });
}

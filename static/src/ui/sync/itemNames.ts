/** What a sent commit holds and why something waits for a person, in plain words. */
import type { Item } from "../../state/status";
import { placeOf } from "../decide/held";
import { t } from "../i18n";
import { sentence } from "../sentence";
import { kindName } from "../visit/conflictNames";

/** "Checklista, Foto – Pizzeria Ugglesoppan" */
export function itemName(item: Item): string {
  const kinds = [...new Set(item.entities.map((id) => id.slice(0, id.indexOf("_"))))];
  const what = kinds.map(kindName).join(", ") || t("kind.other");
  const where = item.entities.map((id) => placeOf(item.stream, id)).find(Boolean);
  return where ? `${what} – ${where}` : what;
}

export function reason(code: string): string {
  return sentence("sync.reason", code);
}

export function problemSentence(code: string): string {
  return sentence("sync.problem", code);
}

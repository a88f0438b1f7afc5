/** What a sent commit holds and why something waits for a person, in plain words. */
import { shared } from "../../state/operation";
import { entity, value } from "../../state/replica";
import type { Item } from "../../state/status";
import { t } from "../i18n";
import { visitOf } from "../model";
import { sentence } from "../sentence";
import { kindName } from "../visit/conflictNames";

/** "Checklista, Foto – Pizzeria Ugglesoppan" */
export function itemName(item: Item): string {
  const kinds = [...new Set(item.entities.map((id) => id.slice(0, id.indexOf("_"))))];
  const what = kinds.map(kindName).join(", ") || t("kind.other");
  const where = item.entities.map((id) => siteOf(item.stream, id)).find(Boolean);
  return where ? `${what} – ${where}` : what;
}

function siteOf(stream: string, id: string): string {
  const op = stream.split("/")[1] ?? "";
  const found = entity(stream, id);
  const entry = value(found, "entry") as { visit?: string } | undefined;
  const visitId = id.startsWith("visit_") ? id : (value<string>(found, "visit") ?? entry?.visit ?? "");
  const visit = entity(shared(op), visitId);
  return visit ? visitOf(op, visit).name : "";
}

export function reason(code: string): string {
  return sentence("sync.reason", code);
}

export function problemSentence(code: string): string {
  return sentence("sync.problem", code);
}

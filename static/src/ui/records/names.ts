/** Names of coded things, in the language of the moment. */
import { code } from "../../state/operation";
import { label } from "../i18n";

export function categoryName(id: string | undefined): string {
  return label(code("seizure_categories", id ?? ""), id ?? "");
}

export function offenceName(id: string | undefined): string {
  return label(code("offences", id ?? ""), id ?? "");
}

import { heldAsOf, moreHeld } from "../../state/decisions";
import { status } from "../../state/status";
import { Note } from "../components/Card";
import { moment, t } from "../i18n";
import { now } from "../now";
import type { Matter } from "./held";
import { MatterCard } from "./Matter";

/** Matters that this person may decide, oldest first. */
export function Waiting({ matters }: { matters: readonly Matter[] }) {
  return (
    <>
      {matters.length > 0 && <p class="small">{t("decide.lead")}</p>}
      <AsOf />
      <ul class="bare matters">
        {matters.map((matter) => (
          <li key={matter.key}>
            <MatterCard matter={matter} />
          </li>
        ))}
      </ul>
      {moreHeld.value && <p class="small muted">{t("decide.more")}</p>}
    </>
  );
}

/** Without contact the list is as old as the last answer, and a decision waits on the tablet. */
function AsOf() {
  const at = heldAsOf.value;
  if (status.value.connected || at === null) return null;
  return (
    <Note tone="warn" icon="cloudOff">
      <p>{t("decide.asof", { at: moment(at, now.value) })}</p>
    </Note>
  );
}

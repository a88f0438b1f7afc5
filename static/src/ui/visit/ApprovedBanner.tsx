import { own } from "../../state/operation";
import { versionOf } from "../../state/versions";
import { personOf } from "../components/ConflictCard";
import { Icon } from "../components/Icon";
import { moment, t } from "../i18n";
import type { VisitView } from "../model";
import { now } from "../now";
import { isSharedSection, type Section } from "./sections";

/** Over every part that is approved: writing goes on, and becomes amendments. Nothing is blocked. */
export function ApprovedBanner({ visit, section }: { visit: VisitView; section: Section }) {
  if (section === "conclude") return null;
  const stream = isSharedSection(section) ? visit.stream : own(visit.op);
  const { approved } = versionOf(stream, visit.id);
  if (approved === null) return null;
  return (
    <div class="approved">
      <Icon name="seal" />
      <p class="grow">
        <strong>
          {t("version.banner", { name: personOf(stream, approved.by), at: moment(approved.at, now.value) })}
        </strong>{" "}
        {t("version.banner.text")}
      </p>
    </div>
  );
}

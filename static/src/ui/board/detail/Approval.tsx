import { t } from "../../i18n";
import { visitOf } from "../../model";
import { VersionBadge, VersionBody } from "../../visit/Version";
import type { VisitFacts } from "../facts";
import { Block } from "./Block";

/** The shared part handed in and approved: a supervisor does it where the visit is looked at. */
export function Approval({ op, visit }: { op: string; visit: VisitFacts }) {
  const part = { visit: visitOf(op, visit.view), stream: visit.view.stream };
  return (
    <Block title={t("version.shared")} end={<VersionBadge {...part} />}>
      <VersionBody {...part} />
    </Block>
  );
}

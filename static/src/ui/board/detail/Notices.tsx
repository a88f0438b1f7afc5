import { t } from "../../i18n";
import { Notice } from "../../safety/SafetyBanner";
import type { VisitFacts } from "../facts";
import { Block } from "./Block";

export function Notices({ visit }: { visit: VisitFacts }) {
  if (visit.notices.length === 0) return null;
  return (
    <Block title={t("notice.title")}>
      {visit.notices.map((notice) => (
        <Notice key={notice.id} notice={notice} />
      ))}
    </Block>
  );
}

import { t } from "../i18n";
import { Notice } from "../safety/SafetyBanner";
import { siteName } from "./cells";
import { text } from "./facts";
import { facts } from "./live";
import { Part } from "./Part";

/** Safety notices of the evening, newest first. */
export function Notices({ op }: { op: string }) {
  const { notices } = facts(op);
  if (notices.length === 0) return null;
  return (
    <Part id="board-notices" title={t("notice.title")} count={notices.length}>
      <ul class="bare stack-s">
        {notices.map((notice) => {
          const where = siteName(notice.stream, text(notice, "visit"));
          return (
            <li key={notice.id}>
              <Notice notice={notice} where={where && `${where}:`} />
            </li>
          );
        })}
      </ul>
    </Part>
  );
}

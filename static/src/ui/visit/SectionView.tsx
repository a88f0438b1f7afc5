import { ArrivalSection, ChecklistSection } from "../checklist/ChecklistSection";
import { Counts } from "../counts/Counts";
import type { VisitView } from "../model";
import { Decisions } from "../records/Decisions";
import { Exhibits } from "../records/Exhibits";
import { Photos } from "../records/Photos";
import { Reports } from "../records/Reports";
import { Conclude } from "./Conclude";
import { Overview } from "./Overview";
import type { Section } from "./sections";

/** `item` opens one thing of a part: a checklist, an exhibit, a question. */
export function SectionView({
  visit,
  section,
  item,
}: {
  visit: VisitView;
  section: Section;
  item: string | undefined;
}) {
  switch (section) {
    case "overview":
      return <Overview visit={visit} />;
    case "arrival":
      return <ArrivalSection visit={visit} question={item} />;
    case "checklist":
      return <ChecklistSection visit={visit} item={item} />;
    case "counts":
      return <Counts visit={visit} />;
    case "photos":
      return <Photos visit={visit} />;
    case "reports":
      return <Reports visit={visit} item={item} />;
    case "exhibits":
      return <Exhibits visit={visit} item={item} />;
    case "decisions":
      return <Decisions visit={visit} item={item} />;
    case "conclude":
      return <Conclude visit={visit} />;
  }
}

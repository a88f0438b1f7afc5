import { headsOf } from "../../domain/merge";
import { t } from "../i18n";
import { now } from "../now";
import { CellConflict } from "../visit/CellConflict";
import { cellName, cellText, siteName } from "./cells";
import type { ClashFacts } from "./facts";
import { facts } from "./live";
import { Part } from "./Part";

/** Everything two people answered differently and nobody has settled, each with its values, people and times. */
export function Conflicts({ op }: { op: string }) {
  const { clashes } = facts(op);
  if (clashes.length === 0) return null;
  return (
    <Part id="board-clashes" title={t("clash.title")} count={clashes.length} tone="warn">
      <ul class="bare stack-s">
        {clashes.map((clash) => (
          <li key={`${clash.view.id} ${clash.field}`}>
            <Clash clash={clash} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

/** What stands here is what settling replaces: the entity and the heads of this very render. */
export function Clash({ clash: { view, field, visit }, bare = false }: { clash: ClashFacts; bare?: boolean }) {
  const what = cellName(view, field);
  const where = bare ? "" : siteName(view.stream, visit);
  return (
    <CellConflict
      view={view}
      field={field}
      heads={headsOf(view.cells, field)}
      what={where === "" ? what : `${where}: ${what}`}
      render={(value) => cellText(view, field, value, now.value)}
    />
  );
}

import { heldForDecision } from "../../state/decisions";
import { mattersIn, mattersOf } from "../decide/held";
import { Waiting } from "../decide/Waiting";
import { t } from "../i18n";
import { Part } from "./Part";

/** Held changes that this person may decide. Those of other evenings wait on their own board, and are counted here. */
export function Decisions({ op }: { op: string }) {
  const here = mattersIn(op);
  const elsewhere = mattersOf(heldForDecision.value).length - here.length;
  if (here.length + elsewhere === 0) return null;
  return (
    <Part id="board-decisions" title={t("decide.title")} count={here.length} tone="warn">
      <Waiting matters={here} />
      {elsewhere > 0 && <p class="small muted">{t("decide.elsewhere", { n: elsewhere })}</p>}
    </Part>
  );
}

import { code } from "../../../state/operation";
import { StatusBadge } from "../../components/Badge";
import { label, moment, t } from "../../i18n";
import { now } from "../../now";
import type { PartyFacts, VisitFacts } from "../facts";
import { Block } from "./Block";

/** Every authority at the visit: under which law, by whose decision, and whether it is done. */
export function Parties({ visit }: { visit: VisitFacts }) {
  return (
    <Block title={t("detail.parties")}>
      {visit.parties.length === 0 && <p class="muted">{t("list.noauthorities")}</p>}
      <ul class="bare bd-rows">
        {visit.parties.map((party) => (
          <li key={party.view.id} class="bd-row-item">
            <Party party={party} />
          </li>
        ))}
      </ul>
    </Block>
  );
}

function Party({ party }: { party: PartyFacts }) {
  const { authority, regime, law, decidedBy, since, done } = party;
  const details = [
    law,
    decidedBy && t("detail.decided", { name: decidedBy }),
    since !== undefined && regime !== undefined && t("detail.since", { at: moment(since, now.value) }),
  ].filter(Boolean);
  return (
    <>
      <div class="grow">
        <strong>{label(code("authorities", authority), authority)}</strong>
        <p>{regime === undefined ? t("list.noregime") : label(code("legal_regimes", regime), regime)}</p>
        {details.length > 0 && <p class="small muted num">{details.join(" · ")}</p>}
      </div>
      <StatusBadge tone={done ? "ok" : "plain"} icon={done ? "checkCircle" : "circle"}>
        {t(done ? "others.done" : "others.notdone")}
      </StatusBadge>
    </>
  );
}

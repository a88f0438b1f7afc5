import type { OperationView } from "../../state/operation";
import { shortAuthority } from "../components/Badge";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { moment, t } from "../i18n";
import { createMarks } from "../marks";
import { now } from "../now";
import type { Tablet } from "./concern";
import { tablets } from "./live";
import { Part } from "./Part";
import { heldText } from "./words";

const dealtWith = createMarks("insats.lost-seen");

/** A loss is noticed anew if the same tablet is emptied again. */
function idOf({ device }: Tablet): string {
  return `${device.id} ${device.lost?.at ?? 0}`;
}

/** Tablets whose store is gone, until somebody at this board has dealt with each; the list of tablets keeps them. */
export function LostTablets({ operation }: { operation: OperationView }) {
  const lost = tablets(operation).filter((tablet) => tablet.device.lost && !dealtWith.has(idOf(tablet)));
  if (lost.length === 0) return null;
  return (
    <Part id="board-lost" title={t("lost.tablet.title")} count={lost.length} tone="bad">
      <ul class="bare stack">
        {lost.map((tablet) => (
          <li key={idOf(tablet)} class="stack-s">
            <Loss tablet={tablet} />
          </li>
        ))}
      </ul>
    </Part>
  );
}

function Loss({ tablet }: { tablet: Tablet }) {
  const { device, holding } = tablet;
  const facts = { user: device.user, at: moment(device.last_seen, now.value), what: heldText(device) };
  return (
    <>
      <p>
        <strong>
          {device.label} ({shortAuthority(device.authority)})
        </strong>{" "}
        {t(holding ? "lost.tablet.held" : "lost.tablet.none", facts)}
      </p>
      <p class="row-s">
        <Icon name={holding ? "phone" : "check"} size="s" />
        <span class="grow">{t(holding ? "lost.tablet.do" : "lost.tablet.fine")}</span>
      </p>
      <div>
        <Button kind="line" icon="check" onPress={() => dealtWith.add([idOf(tablet)])}>
          {t("lost.tablet.seen")}
          <span class="vh"> {device.label}</span>
        </Button>
      </div>
    </>
  );
}

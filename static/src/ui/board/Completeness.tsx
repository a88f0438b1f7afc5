import { devices } from "../../state/board";
import type { OperationView } from "../../state/operation";
import { status } from "../../state/status";
import { shortAuthority } from "../components/Badge";
import { Icon } from "../components/Icon";
import { age, plural, t } from "../i18n";
import type { Tablet } from "./concern";
import { asOf, tablets, watchFor } from "./live";
import { heldText } from "./words";

/** Named one by one up to this many; more would hide the figures they qualify. */
const NAMED = 4;

/** What the board does not know: every tablet that may hold more than is counted, by name, beside the totals. */
export function Completeness({ operation }: { operation: OperationView }) {
  const known = tablets(operation);
  const missing = known.filter((tablet) => tablet.doubtful);
  if (!status.value.connected) return <Doubt title={t("whole.not")} lead={t("whole.blind")} tablets={missing} />;
  if (devices.value.length === 0)
    return <Doubt title={t("whole.unknown")} lead={t("whole.unknown.text")} tablets={[]} />;
  if (missing.length > 0 && missing.every((tablet) => tablet.concern === "sends"))
    return <Arriving tablets={missing} />;
  if (missing.length > 0) {
    const lead = t("whole.not.text", { n: missing.length, total: known.length });
    return <Doubt title={t("whole.not")} lead={lead} tablets={missing} />;
  }
  return <Whole operation={operation} known={known} />;
}

function Doubt({ title, lead, tablets: named }: { title: string; lead: string; tablets: readonly Tablet[] }) {
  const rest = named.length - NAMED;
  return (
    <div class="bd-whole bd-whole-not">
      <p>
        <Icon name="alert" />
        <span>
          <strong>{title}.</strong> {lead}
        </span>
      </p>
      {named.length > 0 && (
        <ul class="bare bd-whole-names">
          {named.slice(0, rest === 1 ? NAMED + 1 : NAMED).map((tablet) => (
            <li key={tablet.device.id}>
              <Icon name={tablet.device.lost ? "alert" : tablet.silent ? "cloudOff" : "cloudUp"} size="s" />
              <span>
                <strong>{tablet.device.label}</strong> ({shortAuthority(tablet.device.authority)}): {why(tablet)}
              </span>
            </li>
          ))}
          {rest > 1 && <li>{t("whole.more", { n: rest })}</li>}
        </ul>
      )}
    </div>
  );
}

/** Seconds old and on its way: the totals are about to change, which is no reason for alarm and no reason for silence. */
function Arriving({ tablets: sending }: { tablets: readonly Tablet[] }) {
  const names = sending.map(({ device }) => `${device.label} (${heldText(device)})`);
  return (
    <div class="bd-whole bd-whole-yes bd-whole-arriving">
      <p>
        <Icon name="cloudUp" />
        <span>{t("whole.arriving", { what: names.join(", ") })}.</span>
      </p>
    </div>
  );
}

/** Why a tablet is named: what it said last, and how long ago. */
function why({ device, silent, holding }: Tablet): string {
  const what = heldText(device);
  if (device.lost) return t("tablet.why.lost", { what });
  if (!silent) return t("tablet.why.holds", { what });
  const since = t("tablet.why.silent", { age: age(asOf() - device.last_seen) });
  return holding ? `${since}, ${t("tablet.why.held", { what })}` : since;
}

function Whole({ operation, known }: { operation: OperationView; known: readonly Tablet[] }) {
  const unused = known.filter((tablet) => tablet.concern === "unused").length;
  const n = known.filter((tablet) => tablet.concern !== "unused" && !tablet.device.lost).length;
  return (
    <div class="bd-whole bd-whole-yes">
      <p>
        <Icon name="checkCircle" />
        <span>
          {n === 0 ? t("whole.none") : wholeText(operation, n)}.
          {unused > 0 && ` ${plural(unused, t("whole.unused.one"), t("whole.unused", { n: unused }))}.`}
        </span>
      </p>
    </div>
  );
}

function wholeText(operation: OperationView, n: number): string {
  const { phase } = watchFor(operation);
  if (phase === "before") return t("whole.yes.before");
  return phase === "live" ? t("whole.yes.live", { n }) : t("whole.yes.after", { n });
}

import type { DeviceView } from "../../state/board";
import type { OperationView } from "../../state/operation";
import { session } from "../../state/session";
import { status } from "../../state/status";
import { StatusBadge, shortAuthority } from "../components/Badge";
import { EmptyState, type Tone } from "../components/Card";
import { Icon, type IconName } from "../components/Icon";
import { age, bytes, moment, plural, t } from "../i18n";
import { now } from "../now";
import { type Concern, LOW_BYTES, type Tablet } from "./concern";
import { asOf, tablets } from "./live";
import { Part } from "./Part";
import type { Room } from "./room";
import { ago, heldText } from "./words";

/** Tablets without remarks beyond this many fold away, so that the ones that matter are seen. */
const SHOWN = 9;

const LOOK: Record<Concern, [Tone, IconName]> = {
  lost: ["bad", "alert"],
  emptied: ["plain", "archive"],
  silent: ["bad", "cloudOff"],
  holds: ["warn", "cloudUp"],
  full: ["warn", "alert"],
  sends: ["info", "cloudUp"],
  ok: ["ok", "check"],
  quiet: ["ok", "check"],
  unused: ["plain", "tablet"],
};

/** Each tablet's last contact and what it still holds, the most worrying first. */
export function Tablets({ operation, room }: { operation: OperationView; room: Room }) {
  const all = tablets(operation);
  const shown = all.slice(0, howMany(all));
  const rest = all.slice(shown.length);
  const List = room === "wide" || room === "small" ? TabletTable : TabletList;
  return (
    <Part id="board-tablets" title={t("tablet.title")} class="bd-part-tablets" end={<Summary all={all} />}>
      {all.length === 0 ? <NoTablets /> : <List tablets={shown} />}
      {rest.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {plural(rest.length, t("tablet.rest.one"), t("tablet.rest", { n: rest.length }))}
          </summary>
          <List tablets={rest} />
        </details>
      )}
    </Part>
  );
}

const WORRYING: readonly Concern[] = ["lost", "silent", "holds", "full"];

/** All that want attention, and as many others as fit; folding away a single one would save nothing. */
function howMany(all: readonly Tablet[]): number {
  const worrying = all.filter(({ concern }) => WORRYING.includes(concern)).length;
  return all.length - SHOWN <= 1 ? all.length : Math.max(worrying, SHOWN);
}

/** Without contact the list is as old as the last answer, and says so. */
function Summary({ all }: { all: readonly Tablet[] }) {
  if (!status.value.connected)
    return <span class="small muted num">{t("tablet.asof", { at: moment(asOf(), now.value) })}</span>;
  if (all.length === 0 || !all.some((tablet) => tablet.concern === "ok" || tablet.silent)) return null;
  const part = all.filter((tablet) => tablet.concern !== "unused" && !tablet.device.lost);
  const heard = part.filter((tablet) => !tablet.silent).length;
  return <span class="small muted num">{t("tablet.summary", { n: heard, total: part.length })}</span>;
}

function NoTablets() {
  return (
    <EmptyState icon="tablet" title={t("tablet.none")} level={3}>
      <p>{t("tablet.none.help")}</p>
    </EmptyState>
  );
}

function TabletList({ tablets: list }: { tablets: readonly Tablet[] }) {
  return (
    <ul class="bare bd-tablets">
      {list.map((tablet) => (
        <li key={tablet.device.id} class={`bd-tablet bd-tablet-${tablet.concern}`}>
          <TabletRow tablet={tablet} />
        </li>
      ))}
    </ul>
  );
}

function TabletRow({ tablet }: { tablet: Tablet }) {
  return (
    <>
      <Name device={tablet.device} />
      <State concern={tablet.concern} />
      <dl class="bd-tablet-facts small num">
        {factsOf(tablet).map(({ name, words, strong }) =>
          words === "" ? null : (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{strong ? <strong>{words}</strong> : words}</dd>
            </div>
          ),
        )}
      </dl>
    </>
  );
}

function TabletTable({ tablets: list }: { tablets: readonly Tablet[] }) {
  return (
    <table class="bd-table">
      <thead>
        <tr>
          <th scope="col">{t("tablet.tablet")}</th>
          <th scope="col">{t("list.status")}</th>
          <th scope="col">{t("tablet.contact")}</th>
          <th scope="col">{t("tablet.held")}</th>
          <th scope="col">{t("tablet.oldest")}</th>
          <th scope="col">{t("tablet.free")}</th>
        </tr>
      </thead>
      <tbody>
        {list.map((tablet) => (
          <tr key={tablet.device.id}>
            <th scope="row">
              <Name device={tablet.device} />
            </th>
            <td>
              <State concern={tablet.concern} />
            </td>
            {factsOf(tablet).map(({ name, words, strong }) => (
              <td key={name} class="num">
                {strong ? <strong>{words}</strong> : words || "–"}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Name({ device }: { device: DeviceView }) {
  const own = device.id === session.value?.device.id;
  return (
    <div class="bd-tablet-name">
      <strong>{device.label}</strong>
      <span class="small muted">
        {device.user} · {shortAuthority(device.authority)}
        {own && ` · ${t("tablet.this")}`}
      </span>
    </div>
  );
}

function State({ concern }: { concern: Concern }) {
  const [tone, icon] = LOOK[concern];
  return (
    <StatusBadge tone={tone} icon={icon}>
      {t(`tablet.${concern}`)}
    </StatusBadge>
  );
}

interface Fact {
  name: string;
  /** Empty where there is nothing to tell. */
  words: string;
  strong: boolean;
}

/** In the order of the table's columns. */
function factsOf({ device, silent, holding }: Tablet): Fact[] {
  const held = holding ? heldText(device) : t("tablet.held.none");
  const then = silent || Boolean(device.lost);
  const oldest = holding && device.oldest !== null ? age(device.oldest * 1000) : "";
  const free = device.free === null ? "" : bytes(device.free);
  return [
    { name: t("tablet.contact"), words: contact(device), strong: silent },
    { name: t("tablet.held"), words: then ? t("tablet.held.then", { what: held }) : held, strong: holding },
    { name: t("tablet.oldest"), words: oldest, strong: false },
    { name: t("tablet.free"), words: free, strong: device.free !== null && device.free < LOW_BYTES },
  ];
}

function contact(device: DeviceView): string {
  return device.last_seen === 0 ? t("tablet.contact.never") : ago(Math.max(0, asOf() - device.last_seen));
}

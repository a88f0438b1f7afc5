import { useState } from "preact/hooks";
import { version } from "../../../package.json";
import { heldForDecision, isDecider } from "../../state/decisions";
import { type Item, items, status, syncNow } from "../../state/status";
import { applyUpdate, updateReady } from "../../state/update";
import { Button } from "../components/Button";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { ItemState } from "../components/ItemState";
import { announce, toast } from "../components/Toast";
import { mattersOf } from "../decide/held";
import { DecisionState, Mine } from "../decide/Mine";
import { Waiting } from "../decide/Waiting";
import { age, bytes, moment, number, t } from "../i18n";
import { now } from "../now";
import { Page } from "../Page";
import { CatchingUp } from "./CatchingUp";
import { Courier } from "./Courier";
import { itemName, reason } from "./itemNames";
import { Problem } from "./Problem";

const PAGE = 30;

export function Sync() {
  return (
    <Page title={t("sync.title")} narrow>
      {updateReady.value && <Update />}
      {isDecider() && <ToDecide />}
      <Connection />
      <Mine />
      <Review />
      <Items />
      <Courier />
      <Storage />
      <p class="small muted num">
        {t("sync.version")} {version}
      </p>
    </Page>
  );
}

function Update() {
  return (
    <Card title={t("sync.update")} tone="info">
      <p>{t("sync.update.text")}</p>
      <div>
        <Button size={56} kind="primary" icon="refresh" onPress={applyUpdate}>
          {t("sync.update.go")}
        </Button>
      </div>
    </Card>
  );
}

/** The attempt has an end whatever the network does, and the screen says how it went. */
async function tryNow(): Promise<void> {
  await syncNow().catch(() => undefined);
  const { connected, lastContact } = status.value;
  const said =
    connected && lastContact !== null
      ? t("sync.tried", { at: moment(lastContact, Date.now()) })
      : t("sync.tried.failed");
  announce(said);
  toast(said);
}

/** What answers is not always the server: then nothing is said to be sent. */
const UNTRUSTED: readonly string[] = ["server-key", "receipt"];

function Connection() {
  const { connected, lastContact, unsentChanges, unsentPhotos, oldestUnsent, problem } = status.value;
  const doubt = problem !== null && UNTRUSTED.includes(problem);
  const state = doubt ? "doubt" : connected ? "connected" : "disconnected";
  return (
    <Card
      title={t(`sync.${state}`)}
      end={<Icon name={doubt ? "stop" : connected ? "checkCircle" : "cloudOff"} />}
      class={doubt ? "contact-doubt" : connected ? "contact-ok" : "contact-lost"}
    >
      <p>{t(`sync.${state}.text`)}</p>
      {problem && <Problem code={problem} />}
      <CatchingUp />
      <dl class="facts">
        <dt>{t("sync.fact.changes")}</dt>
        <dd class="num">{number(unsentChanges)}</dd>
        <dt>{t("sync.fact.photos")}</dt>
        <dd class="num">{number(unsentPhotos)}</dd>
        <dt>{t("sync.fact.oldest")}</dt>
        <dd class="num">{oldestUnsent === null ? t("sync.fact.none") : age(now.value - oldestUnsent)}</dd>
        <dt>{t("sync.fact.contact")}</dt>
        <dd class="num">{lastContact === null ? t("sync.fact.none") : moment(lastContact, now.value)}</dd>
      </dl>
      <div>
        <Button size={56} kind="primary" icon="cloudUp" onPress={() => void tryNow()}>
          {t("sync.now")}
        </Button>
      </div>
    </Card>
  );
}

/** The matters that wait for this very person stand first: somebody out there waits for the answer. */
function ToDecide() {
  const matters = mattersOf(heldForDecision.value);
  if (matters.length === 0) return null;
  return (
    <Card title={t("decide.title")} tone="warn" end={<span class="card-count num">{matters.length}</span>}>
      <Waiting matters={matters} />
    </Card>
  );
}

/** Held and rejected items with their reason and what to do; both are kept. */
function Review() {
  const waiting = [...status.value.rejected, ...status.value.held];
  if (waiting.length === 0) return null;
  return (
    <Card title={t("sync.review")} tone="warn">
      <ul class="bare lines">
        {waiting.map((item) => (
          <li key={keyOf(item)} class="line">
            <span class="grow stack-s">
              <span>
                <strong>{itemName(item)}</strong> <span class="small muted num">{moment(item.at, now.value)}</span>
              </span>
              <span>{reason(item.code ?? "")}</span>
              <span class="small">{t(item.state === "held" ? "sync.held.do" : "sync.rejected.do")}</span>
            </span>
            <ItemState state={item.state} />
          </li>
        ))}
      </ul>
    </Card>
  );
}

function keyOf(item: Item): string {
  return `${item.stream} ${item.n ?? "open"} ${item.at}`;
}

function Items() {
  const [shown, setShown] = useState(PAGE);
  const all = [...items.value].sort((a, b) => b.at - a.at);
  return (
    <Card title={t("sync.items")}>
      {all.length === 0 && <p class="muted">{t("sync.items.none")}</p>}
      <ul class="bare lines">
        {all.slice(0, shown).map((item) => (
          <li key={keyOf(item)} class="line">
            <span class="grow">
              {itemName(item)} <span class="small muted num">{moment(item.at, now.value)}</span>
            </span>
            {item.decision ? <DecisionState verdict={item.decision} /> : <ItemState state={item.state} />}
          </li>
        ))}
      </ul>
      {all.length > shown && (
        <div>
          <Button kind="line" onPress={() => setShown(shown + PAGE)}>
            {t("sync.items.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Storage() {
  const { usage, quota, persisted } = status.value.storage;
  const safe =
    persisted === null ? "sync.storage.unknown" : persisted ? "sync.storage.persisted" : "sync.storage.notpersisted";
  return (
    <Card title={t("sync.storage")}>
      <p class="num">{t("sync.storage.used", { used: bytes(usage), quota: bytes(quota) })}</p>
      <p class="row-s">
        <Icon name={persisted ? "lock" : "info"} size="s" />
        {t(safe)}
      </p>
    </Card>
  );
}

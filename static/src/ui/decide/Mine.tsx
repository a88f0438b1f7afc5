import type { OwnDecision } from "../../state/decisions";
import { StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { Card } from "../components/Card";
import { Icon } from "../components/Icon";
import { moment, number, plural, t } from "../i18n";
import { now } from "../now";
import { fieldName, isWiring, nameOf } from "./held";
import { earlierDecisions, markSeen, newDecisions, type Told, toldOf } from "./mine";

/** What others decided about this person's held entries: new ones stay in sight until they are read. */
export function Mine() {
  const fresh = newDecisions.value;
  const earlier = earlierDecisions.value;
  const told = toldOf(earlier).length;
  if (fresh.length + earlier.length === 0) return null;
  return (
    <Card title={t("mine.title")} tone={fresh.length > 0 ? "info" : "plain"}>
      {fresh.length > 0 && <Decisions decisions={fresh} />}
      {fresh.length > 0 && (
        <div>
          <Button size={56} kind="line" icon="check" onPress={() => markSeen(fresh)}>
            {t("mine.seen")}
          </Button>
        </div>
      )}
      {earlier.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {plural(told, t("mine.earlier.one"), t("mine.earlier", { n: number(told) }))}
          </summary>
          <Decisions decisions={earlier} />
        </details>
      )}
    </Card>
  );
}

function Decisions({ decisions }: { decisions: readonly OwnDecision[] }) {
  return (
    <ul class="bare lines">
      {toldOf(decisions).map((told) => (
        <li key={told.key} class="line">
          <Decision told={told} />
        </li>
      ))}
    </ul>
  );
}

function Decision({ told: { first, fields } }: { told: Told }) {
  const { stream, entity, verdict, reason, at } = first;
  return (
    <>
      <span class="grow stack-s">
        <span>
          <strong>{nameOf(stream, entity)}</strong>{" "}
          <span class="small muted num">{t("decide.written", { at: moment(at, now.value) })}</span>
        </span>
        <span class="small">{fieldsText(stream, entity, fields)}</span>
        <span>{t(`mine.${verdict}.text`, { reason: sentenceOf(reason) })}</span>
      </span>
      <DecisionState verdict={verdict} />
    </>
  );
}

/** Where a decided entry ended; the counterpart of `ItemState`. */
export function DecisionState({ verdict }: { verdict: OwnDecision["verdict"] }) {
  const admitted = verdict === "admitted";
  return (
    <StatusBadge tone={admitted ? "ok" : "bad"} icon={admitted ? "check" : "close"}>
      {t(`mine.${verdict}`)}
    </StatusBadge>
  );
}

const NAMED = 3;

/** Which of its parts, by name while they are few. */
function fieldsText(stream: string, entity: string, fields: readonly string[]): string {
  const said = fields.filter((field) => !isWiring(field));
  if (said.length > NAMED) return t("decide.entries", { n: said.length });
  return said.map((field) => fieldName(stream, entity, field)).join(", ");
}

/** A reason as a person typed it, ended like a sentence. */
function sentenceOf(reason: string): string {
  return /[.!?…]$/.test(reason) ? reason : `${reason}.`;
}

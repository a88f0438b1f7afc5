import { useState } from "preact/hooks";
import type { EntityView } from "../../state/replica";
import { entity, heads, value } from "../../state/replica";
import { StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import type { Tone } from "../components/Card";
import { personOf } from "../components/ConflictCard";
import { Dialog } from "../components/Dialog";
import { Icon } from "../components/Icon";
import { moment, t } from "../i18n";
import { currentOperation, safetyOf, visitOf } from "../model";
import { now } from "../now";
import { type Level, levelOf, markRead, unread } from "./notices";

const TONE: Record<Level, Tone> = { low: "info", medium: "warn", high: "bad" };

/** Stands under the sync bar on every view until the person says they have read it. */
export function SafetyBanner() {
  const [listing, setListing] = useState(false);
  const operation = currentOperation();
  const fresh = operation === undefined ? [] : unread(operation.id);
  const first = fresh[0];
  return (
    <>
      <div aria-live="assertive">
        {first && operation && (
          <div class={`safety-banner safety-${levelOf(first)}`}>
            <Icon name="bell" />
            <div class="grow">
              <strong>{whereOf(operation.id, first)}</strong> {value<string>(first, "text")}
            </div>
            <div class="row-s">
              {safetyOf(operation.id).length > 1 && (
                <Button kind="line" onPress={() => setListing(true)}>
                  {t("safety.list")}
                </Button>
              )}
              <Button kind="line" icon="check" onPress={() => markRead([first.id])}>
                {t("safety.seen")}
              </Button>
            </div>
          </div>
        )}
      </div>
      {listing && operation && <NoticeList op={operation.id} onClose={() => setListing(false)} />}
    </>
  );
}

function whereOf(op: string, notice: EntityView): string {
  const visit = entity(notice.stream, value<string>(notice, "visit") ?? "");
  return visit ? `${visitOf(op, visit).name}:` : "";
}

function NoticeList({ op, onClose }: { op: string; onClose: () => void }) {
  return (
    <Dialog title={t("safety.list")} onClose={onClose}>
      <ul class="bare stack">
        {safetyOf(op).map((notice) => (
          <li key={notice.id}>
            <Notice notice={notice} where={whereOf(op, notice)} />
          </li>
        ))}
      </ul>
    </Dialog>
  );
}

/** One notice with its level, its words and who wrote it. */
export function Notice({ notice, where = "" }: { notice: EntityView; where?: string }) {
  const level = levelOf(notice);
  const author = heads(notice, "text")[0];
  const injured = value<number>(notice, "injuries") ?? 0;
  return (
    <div class="stack-s notice">
      <div class="row-s">
        <StatusBadge tone={TONE[level]} icon="bell">
          {t(`safety.${level}`)}
        </StatusBadge>
        {injured > 0 && (
          <StatusBadge tone="bad" icon="alert">
            {t("safety.injured", { n: injured })}
          </StatusBadge>
        )}
      </div>
      <p>
        {where && <strong>{where} </strong>}
        {value<string>(notice, "text")}
      </p>
      <p class="small muted">
        {author &&
          t("person.at", {
            name: personOf(notice.stream, author[2]),
            at: moment(value<number>(notice, "at") ?? author[4], now.value),
          })}
      </p>
    </div>
  );
}

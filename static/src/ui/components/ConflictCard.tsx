import type { ComponentChildren } from "preact";
import { canonical, type Json } from "../../domain/json";
import type { Head } from "../../domain/merge";
import { distinct } from "../../domain/merge";
import { actorName } from "../../state/replica";
import { moment, t } from "../i18n";
import { now } from "../now";
import { StatusBadge, shortAuthority } from "./Badge";
import { Button } from "./Button";
import { Card } from "./Card";

/** Who wrote a change, as people know each other on site: name and authority. */
export function personOf(stream: string, actor: string): string {
  const known = actorName(stream, actor);
  if (known === undefined) return t("person.unknown");
  return `${known.name} (${shortAuthority(known.authority)})`;
}

interface ConflictProps {
  stream: string;
  /** The heads that are rendered here; settling names exactly these as seen. */
  heads: readonly Head[];
  what?: string;
  render: (value: Json) => ComponentChildren;
  /** Absent where the reader may look but not settle. */
  onChoose?: (chosen: Head) => void;
}

/** Every value side by side with everyone who stands behind it; nothing is hidden and nothing is chosen for them. */
export function ConflictCard({ stream, heads, what, render, onChoose }: ConflictProps) {
  return (
    <Card tone="warn" class="conflict">
      <div class="row-s between">
        <StatusBadge tone="warn" icon="alert">
          {t("conflict.title")}
        </StatusBadge>
        {what && <strong>{what}</strong>}
      </div>
      {onChoose && <p class="small">{t("conflict.help")}</p>}
      <ul class="bare conflict-values">
        {distinct(heads).map((head) => (
          <li key={head[0]} class="conflict-value">
            <strong class="conflict-answer">{render(head[1])}</strong>
            <Supporters stream={stream} heads={heads.filter((other) => canonical(other[1]) === canonical(head[1]))} />
            {onChoose && (
              <Button kind="line" icon="check" wide onPress={() => onChoose(head)}>
                {t("act.use")}
                <span class="vh"> {render(head[1])}</span>
              </Button>
            )}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Supporters({ stream, heads }: { stream: string; heads: readonly Head[] }) {
  return (
    <span class="small muted">
      {heads.map((head) => (
        <span key={head[0]} class="conflict-person">
          {t("person.at", { name: personOf(stream, head[2]), at: moment(head[4], now.value) })}
        </span>
      ))}
    </span>
  );
}

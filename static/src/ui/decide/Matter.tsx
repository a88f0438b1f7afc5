import { useState } from "preact/hooks";
import { shortAuthority } from "../components/Badge";
import { Button } from "../components/Button";
import { Icon } from "../components/Icon";
import { moment, t } from "../i18n";
import { now } from "../now";
import { sentence } from "../sentence";
import { DecideDialog } from "./DecideDialog";
import { type Matter, matterName } from "./held";
import { Rows } from "./Rows";

/** One matter with the two ways to decide it. Neither is done by one tap: each asks for its reason. */
export function MatterCard({ matter }: { matter: Matter }) {
  const [choice, setChoice] = useState<boolean | null>(null);
  return (
    <article class="matter" aria-label={matterName(matter)}>
      <h3>{matterName(matter)}</h3>
      <Author matter={matter} />
      <Rows matter={matter} />
      <p class="row-s matter-why">
        <Icon name="info" size="s" />
        <span class="grow">{sentence("decide.why", matter.code)}</span>
      </p>
      <div class="actions">
        <Button size={56} kind="primary" icon="check" onPress={() => setChoice(true)}>
          {t("decide.admit")} …
        </Button>
        <Button size={56} kind="line" icon="close" onPress={() => setChoice(false)}>
          {t("decide.refuse")} …
        </Button>
      </div>
      {choice !== null && <DecideDialog matter={matter} admit={choice} onClose={() => setChoice(null)} />}
    </article>
  );
}

function Author({ matter: { last } }: { matter: Matter }) {
  return (
    <p class="row-s small">
      <Icon name="person" size="s" />
      <strong>
        {last.user.name} ({shortAuthority(last.user.authority)})
      </strong>
      <span class="muted num">
        {t("decide.written", { at: moment(last.change.at, now.value) })} ·{" "}
        {t("decide.received", { at: moment(last.received, now.value) })}
      </span>
    </p>
  );
}

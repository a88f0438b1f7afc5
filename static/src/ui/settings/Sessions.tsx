import { useState } from "preact/hooks";
import { endOwnSession, ownSessions, type SignIn } from "../../state/people";
import { session } from "../../state/session";
import { Card } from "../components/Card";
import { t } from "../i18n";
import { Confirm } from "../people/Confirm";
import { SignIns } from "../people/PersonRow";
import { Unanswered, useAnswer } from "../useAnswer";

/** Where this person is signed in; any place but this one can be ended. */
export function Sessions() {
  const { answer, failed, again } = useAnswer(ownSessions);
  const [ending, setEnding] = useState<SignIn>();
  return (
    <Card title={t("people.own")}>
      <p class="small muted">{t("people.own.text")}</p>
      <Unanswered failed={failed} again={again} />
      {answer === undefined && failed === undefined && <p role="status">{t("people.loading")}</p>}
      {answer && <SignIns list={answer.sessions} here={answer.here} onEnd={setEnding} />}
      {ending && (
        <Confirm
          title={t("people.end.of", { label: ending.label })}
          act={t("people.end")}
          done={t("people.end.done", { label: ending.label })}
          run={() => endOwnSession(ending.device)}
          onClose={() => setEnding(undefined)}
          again={again}
        >
          <p>{t("people.end.text", { name: session.value?.user.name ?? "" })}</p>
        </Confirm>
      )}
    </Card>
  );
}

import { catchUp } from "../../state/catchup";
import { status } from "../../state/status";
import { Note } from "../components/Card";
import { Progress } from "../components/Stepper";
import { number, t } from "../i18n";

/** What is being done over again and how far it has come; without contact it waits, and says so instead of turning. */
export function CatchingUp() {
  const { fetching, resending } = catchUp.value;
  const waits = !status.value.connected;
  return (
    <>
      {resending > 0 && (
        <Note tone={waits ? "warn" : "info"} icon="cloudUp">
          <p>
            <strong>{t("restore.title")}</strong>
          </p>
          <p class="num">{t(waits ? "restore.wait" : "restore.text", { n: number(resending) })}</p>
        </Note>
      )}
      {fetching && (
        <Note tone={waits ? "warn" : "info"} icon="refresh">
          <p>
            <strong>{t("fetch.title")}</strong>
          </p>
          <p class="num">{t(waits ? "fetch.wait" : "fetch.text", { n: fetching.done, total: fetching.total })}</p>
          <Progress part={fetching.done} whole={fetching.total} />
        </Note>
      )}
    </>
  );
}

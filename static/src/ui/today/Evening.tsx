import type { OperationView } from "../../state/operation";
import { AuthorityChip } from "../components/Badge";
import { Card } from "../components/Card";
import { label, t } from "../i18n";
import { me, ownTeam } from "../model";

/** What the briefing said: beside the list in landscape, below it in portrait. */
export function Evening({ operation }: { operation: OperationView }) {
  return (
    <div class="page evening">
      <Card title={t("today.about")}>
        {operation.purpose && <p>{label(operation.purpose)}</p>}
        <dl class="facts">
          <dt>{t("today.hours")}</dt>
          <dd class="num">
            {operation.start}–{operation.end}
          </dd>
          {operation.staging && (
            <>
              <dt>{t("today.staging")}</dt>
              <dd>{operation.staging.name}</dd>
            </>
          )}
          <dt>{t("today.authorities")}</dt>
          <dd class="row-s">
            <Authorities ids={operation.authorities} />
          </dd>
          {operation.onCall.length > 0 && (
            <>
              <dt>{t("today.oncall")}</dt>
              <dd class="row-s">
                <Authorities ids={operation.onCall} />
              </dd>
            </>
          )}
        </dl>
      </Card>
      {operation.teams.length > 0 && <Teams operation={operation} />}
    </div>
  );
}

function Authorities({ ids }: { ids: readonly string[] }) {
  return (
    <>
      {ids.map((id) => (
        <AuthorityChip key={id} id={id} own={id === me()} />
      ))}
    </>
  );
}

function Teams({ operation }: { operation: OperationView }) {
  const mine = ownTeam(operation);
  return (
    <Card title={t("today.teams")}>
      <dl class="facts">
        {operation.teams.map((team) => [
          <dt key={`${team.id}-t`}>{t("today.team", { team: team.id })}</dt>,
          <dd key={`${team.id}-d`}>
            {team.vehicle}
            {team.id === mine && <strong> · {t("today.yours")}</strong>}
          </dd>,
        ])}
      </dl>
    </Card>
  );
}

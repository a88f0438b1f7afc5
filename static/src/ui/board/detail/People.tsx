import type { OperationView, Team } from "../../../state/operation";
import { entitiesOf } from "../../../state/replica";
import { personOf } from "../../components/ConflictCard";
import { moment, t } from "../../i18n";
import { now } from "../../now";
import { text, type VisitFacts } from "../facts";
import { tracesOf } from "../people";
import { Block } from "./Block";

/** The team that was sent, and everyone whose words or figures stand at this visit. */
export function People({ operation, visit }: { operation: OperationView; visit: VisitFacts }) {
  const traces = tracesOf(visit);
  const team = operation.teams.find((each) => each.id === visit.team);
  return (
    <>
      {team && <TeamBlock team={team} stream={visit.view.stream} />}
      <Block title={t("detail.people")}>
        {traces.length === 0 && <p class="muted">{t("detail.people.none")}</p>}
        <ul class="bare bd-rows">
          {traces.map((trace) => (
            <li key={trace.actor} class="bd-row-item">
              <span class="grow">{personOf(visit.view.stream, trace.actor)}</span>
              <span class="small muted num">{t("detail.people.last", { at: moment(trace.last, now.value) })}</span>
            </li>
          ))}
        </ul>
      </Block>
    </>
  );
}

function TeamBlock({ team, stream }: { team: Team; stream: string }) {
  const names = new Map(entitiesOf(stream, "actor").map((actor) => [text(actor, "user"), text(actor, "name")]));
  const name = (user: string) => names.get(user) ?? user;
  return (
    <Block title={t("list.team", { team: team.id })}>
      <p>
        <strong>{name(team.leader)}</strong> ({t("detail.leads")})
        {team.members.map((member) => `, ${name(member)}`).join("")}
        {team.vehicle !== "" && `; ${t("detail.vehicle", { vehicle: team.vehicle })}`}
      </p>
    </Block>
  );
}

import { code, type OperationView, operations } from "../../state/operation";
import { session } from "../../state/session";
import { status } from "../../state/status";
import { StatusBadge } from "../components/Badge";
import { Button } from "../components/Button";
import { Note, type Tone } from "../components/Card";
import { Icon, type IconName } from "../components/Icon";
import { age, label, longDate, moment, plainDate, t } from "../i18n";
import { now } from "../now";
import { Heading } from "../Page";
import { choose } from "./choose";
import { facts } from "./live";
import { isFinished, isRunning } from "./phase";
import type { Room } from "./room";
import { enterWall, leaveWall } from "./wall";

/** Which evening, how old what is shown is, and what one can do with the board as a whole. */
export function BoardHead({ operation, wall, room }: { operation: OperationView; wall: boolean; room: Room }) {
  return (
    <header class="board-head">
      <div class="board-name">
        <p class="eyebrow num">
          {operation.date !== "" && `${longDate(operation.date)} · ${operation.start}–${operation.end}`}
        </p>
        <div class="row">
          <Heading title={label(operation.title)} />
          <OperationStatus status={operation.status} />
        </div>
      </div>
      <div class="board-acts">
        <OperationPicker operation={operation} wall={wall} />
        {!wall && (
          <Button kind="line" icon="report" onPress={() => print()}>
            {t("board.print")}
          </Button>
        )}
        {(wall || room !== "narrow") && (
          <Button kind="line" icon={wall ? "close" : "board"} onPress={wall ? leaveWall : enterWall}>
            {t(wall ? "board.wall.leave" : "board.wall")}
          </Button>
        )}
      </div>
      <DataAge op={operation.id} />
      <Printed />
    </header>
  );
}

function OperationStatus({ status: id }: { status: string }) {
  const [tone, icon] = statusLook(id);
  return (
    <StatusBadge tone={tone} icon={icon}>
      {label(code("status_operation", id), id)}
    </StatusBadge>
  );
}

function statusLook(id: string): [Tone, IconName] {
  if (isRunning(id)) return ["info", "arrive"];
  if (id === "INST") return ["bad", "stop"];
  return isFinished(id) ? ["ok", "checkCircle"] : ["plain", "calendar"];
}

/** The platform's own list: it opens with one key, speaks, and fits every screen. */
function OperationPicker({ operation, wall }: { operation: OperationView; wall: boolean }) {
  if (operations.value.length < 2) return null;
  return (
    <label class="board-pick">
      <span class="vh">{t("board.pick")}</span>
      <select class="input" value={operation.id} onChange={(event) => choose(event.currentTarget.value, wall)}>
        {operations.value.map((each) => (
          <option key={each.id} value={each.id}>
            {each.date === ""
              ? label(each.title)
              : t("board.pick.item", { title: label(each.title), date: plainDate(each.date) })}
          </option>
        ))}
      </select>
    </label>
  );
}

/** The age of everything on the board, said before any figure. */
function DataAge({ op }: { op: string }) {
  const { connected, lastContact } = status.value;
  const { latest } = facts(op);
  const silence = lastContact === null ? 0 : Math.max(0, now.value - lastContact);
  if (!connected) return <Blind lastContact={lastContact} silence={silence} />;
  return (
    <p class="board-age num">
      <span class="board-live">
        <Icon name="wave" size="s" />
        {t("age.live")}
      </span>
      <span>
        {silence < 60_000 ? t("age.live.just") : t("age.live.text", { age: t("age.ago", { age: age(silence) }) })}
      </span>
      {latest !== null && <span>{t("age.latest", { at: moment(latest, now.value) })}</span>}
    </p>
  );
}

function Blind({ lastContact, silence }: { lastContact: number | null; silence: number }) {
  return (
    <div class="board-age">
      <Note tone="warn" icon="cloudOff">
        <p>
          <strong>
            {lastContact === null ? t("age.never") : t("age.blind", { at: moment(lastContact, now.value) })}.
          </strong>{" "}
          {lastContact === null ? t("age.never.text") : t("age.blind.text", { age: age(silence) })}
        </p>
      </Note>
    </div>
  );
}

/** On paper only: when, by whom, and that it is a moment's picture. */
function Printed() {
  const name = session.value?.user.name ?? "";
  return <p class="board-printed small">{t("board.printed", { at: moment(now.value, 0), name })}</p>;
}

import { useEffect } from "preact/hooks";
import { type OperationView, operationId } from "../../state/operation";
import { EmptyState } from "../components/Card";
import { t } from "../i18n";
import { currentOperation } from "../model";
import { Page } from "../Page";
import { Announcer } from "./Announcer";
import { BoardHead } from "./BoardHead";
import { Conflicts } from "./Conflicts";
import { Glance } from "./Glance";
import { eveningOf } from "./live";
import { Notices } from "./Notices";
import { hasSide, type Room, useRoom } from "./room";
import { Tablets } from "./Tablets";
import { Timeline } from "./Timeline";
import { Trend } from "./Trend";
import { VisitDetail } from "./VisitDetail";
import { Visits } from "./Visits";
import { useWall, WALL } from "./wall";

/** The supervisors' board: `#/board`, `#/board/<visit>` with one visit opened, `#/board/wall` for a big screen. */
export function Board({ visit }: { visit: string | undefined }) {
  const wall = visit === WALL;
  const open = wall ? undefined : visit;
  useWall(wall);
  const operation = (open === undefined ? undefined : eveningOf(open)) ?? currentOperation();
  if (operation === undefined) return <NoEvening />;
  return <EveningBoard operation={operation} open={open} wall={wall} />;
}

function EveningBoard({ operation, open, wall }: { operation: OperationView; open: string | undefined; wall: boolean }) {
  const [box, room] = useRoom();
  useFollow(operation);
  // Covered, not removed: closing the visit leads back to the very row it was opened from.
  const covered = open !== undefined && !hasSide(room);
  return (
    <div ref={box} class={`board board-${room}`}>
      <Announcer op={operation.id} />
      {covered && <VisitDetail key={open} operation={operation} id={open} alone />}
      <div class="board-all" hidden={covered}>
        <BoardHead operation={operation} wall={wall} />
        <Glance operation={operation} />
        <div class="board-cols">
          <Visits op={operation.id} open={open} room={room} />
          <Side operation={operation} open={covered ? undefined : open} room={room} />
          <Tablets operation={operation} room={room} />
          <Trend chosen={operation.id} />
        </div>
      </div>
    </div>
  );
}

/** A visit opened by its address brings its evening with it. */
function useFollow({ id }: OperationView): void {
  useEffect(() => {
    operationId.value = id;
  }, [id]);
}

/** Beside the visits: the opened one, or what wants attention and what just happened. */
function Side({ operation, open, room }: { operation: OperationView; open: string | undefined; room: Room }) {
  if (open !== undefined) {
    return (
      <div class="board-side board-side-open">
        <VisitDetail key={open} operation={operation} id={open} alone={false} />
      </div>
    );
  }
  return (
    <div class="board-side">
      <Conflicts op={operation.id} />
      <Notices op={operation.id} />
      <Timeline key={operation.id} op={operation.id} room={room} />
    </div>
  );
}

function NoEvening() {
  return (
    <Page title={t("board.title")} narrow>
      <EmptyState icon="board" title={t("board.none")}>
        <p>{t("board.none.help")}</p>
      </EmptyState>
    </Page>
  );
}

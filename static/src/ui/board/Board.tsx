import { useEffect } from "preact/hooks";
import { type OperationView, operationId } from "../../state/operation";
import { EmptyState } from "../components/Card";
import { t } from "../i18n";
import { currentOperation } from "../model";
import { Page } from "../Page";
import { Announcer } from "./Announcer";
import { BoardHead } from "./BoardHead";
import { Conflicts } from "./Conflicts";
import { Decisions } from "./Decisions";
import { Glance } from "./Glance";
import { LostTablets } from "./LostTablets";
import { eveningOf } from "./live";
import { Notices } from "./Notices";
import { isFinished } from "./phase";
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

function EveningBoard({
  operation,
  open,
  wall,
}: {
  operation: OperationView;
  open: string | undefined;
  wall: boolean;
}) {
  const [box, space] = useRoom();
  // Seen from afar two calm columns say more than three dense ones.
  const room = wall && space === "huge" ? "wide" : space;
  useFollow(open === undefined ? undefined : operation.id);
  // While it goes on the tablets matter, once it is over the comparison does.
  const over = isFinished(operation.status);
  // Covered, not removed: closing the visit leads back to the very row it was opened from.
  const covered = open !== undefined && !hasSide(room);
  return (
    <div ref={box} class={`board board-${room}`}>
      <Announcer op={operation.id} />
      {covered && <VisitDetail key={open} operation={operation} id={open} alone />}
      <div class={over ? "board-all board-over" : "board-all"} hidden={covered}>
        <BoardHead operation={operation} wall={wall} room={room} />
        <Glance operation={operation} />
        <div class="board-cols">
          {!hasSide(room) && <Attention operation={operation} />}
          <Visits op={operation.id} open={open} room={room} />
          {hasSide(room) ? (
            <Side operation={operation} open={open} room={room} />
          ) : (
            <Timeline key={operation.id} op={operation.id} room={room} />
          )}
          {over && <Trend chosen={operation.id} />}
          <Tablets operation={operation} room={room} />
          {!over && <Trend chosen={operation.id} />}
        </div>
      </div>
    </div>
  );
}

/** A visit opened by its address brings its evening with it; without one the choice stays whoever's it was. */
function useFollow(evening: string | undefined): void {
  useEffect(() => {
    if (evening !== undefined) operationId.value = evening;
  }, [evening]);
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
      <Attention operation={operation} />
      <Timeline key={operation.id} op={operation.id} room={room} />
    </div>
  );
}

function Attention({ operation }: { operation: OperationView }) {
  return (
    <>
      <LostTablets operation={operation} />
      <Decisions op={operation.id} />
      <Conflicts op={operation.id} />
      <Notices op={operation.id} />
    </>
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

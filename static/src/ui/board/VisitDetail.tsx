import type { RefObject } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { code, type OperationView } from "../../state/operation";
import { Chip, VisitStatus } from "../components/Badge";
import { ButtonLink } from "../components/Button";
import { EmptyState } from "../components/Card";
import { Icon } from "../components/Icon";
import { label, t } from "../i18n";
import { href } from "../router";
import { Clash } from "./Conflicts";
import { siteName } from "./cells";
import { Approval } from "./detail/Approval";
import { Arrival } from "./detail/Arrival";
import { History } from "./detail/History";
import { InShort } from "./detail/InShort";
import { Notices } from "./detail/Notices";
import { Parties } from "./detail/Parties";
import { People } from "./detail/People";
import { WhoCounted } from "./detail/WhoCounted";
import { text, type VisitFacts } from "./facts";
import { facts } from "./live";

/** One visit opened: all that its shared stream says. `alone`: it has the whole board to itself. */
export function VisitDetail({ operation, id, alone }: { operation: OperationView; id: string; alone: boolean }) {
  const known = facts(operation.id);
  const visit = known.visits.find((each) => each.id === id);
  const clashes = known.clashes.filter((clash) => clash.visit === id);
  return (
    <article
      class={alone ? "bd-detail bd-detail-alone" : "bd-detail"}
      aria-labelledby="detail-title"
      onKeyDown={closeOnEscape}
    >
      <DetailHead visit={visit} alone={alone} />
      {visit === undefined ? (
        <EmptyState icon="search" title={t("detail.missing")}>
          <p>{t("detail.missing.help")}</p>
        </EmptyState>
      ) : (
        <>
          <Notices visit={visit} />
          {clashes.map((clash) => (
            <Clash key={`${clash.view.id} ${clash.field}`} clash={clash} bare />
          ))}
          <InShort visit={visit} />
          <Approval op={operation.id} visit={visit} />
          <Parties visit={visit} />
          <WhoCounted visit={visit} />
          <Arrival visit={visit} />
          <People operation={operation} visit={visit} />
          <History visit={visit} />
          <p class="small muted row-s">
            <Icon name="lock" size="s" />
            <span class="grow">{t("detail.own")}</span>
          </p>
        </>
      )}
    </article>
  );
}

function closeOnEscape(event: KeyboardEvent): void {
  if (event.key === "Escape" && !event.defaultPrevented) location.hash = href("board");
}

/** Takes the focus when it opens and gives it back to the visit's row when it closes. */
function useFocus(id: string | undefined, alone: boolean): RefObject<HTMLHeadingElement | null> {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
    if (alone) heading.current?.closest("main")?.scrollTo(0, 0);
    return () => {
      if (id !== undefined) queueMicrotask(() => document.getElementById(`open-${id}`)?.focus());
    };
  }, [id, alone]);
  return heading;
}

/** The document is named after what fills it. */
function useTitle(name: string, alone: boolean): void {
  useEffect(() => {
    if (!alone) return;
    const before = document.title;
    document.title = `${name} – ${t("app.name")}`;
    return () => {
      document.title = before;
    };
  }, [name, alone]);
}

function DetailHead({ visit, alone }: { visit: VisitFacts | undefined; alone: boolean }) {
  const heading = useFocus(visit?.id, alone);
  const name = visit === undefined ? t("detail.missing") : siteName(visit.view.stream, visit.id);
  useTitle(name, alone);
  const type = text(visit?.site, "type") ?? "";
  return (
    <header class="bd-detail-head">
      {/* The board's own heading is covered with it; its parts begin one level below the visit's name either way. */}
      {alone && <h1 class="vh">{t("board.title")}</h1>}
      {alone && (
        <ButtonLink href={href("board")} icon="back" kind="quiet">
          {t("detail.back")}
        </ButtonLink>
      )}
      <div class="row between bd-detail-name">
        <h2 id="detail-title" ref={heading} tabIndex={-1}>
          {name}
        </h2>
        {!alone && <ButtonLink href={href("board")} icon="close" kind="quiet" label={t("detail.close")} />}
      </div>
      {visit && (
        <>
          <p class="muted">{[text(visit.site, "address"), text(visit.site, "area")].filter(Boolean).join(" · ")}</p>
          <p class="row-s">
            <VisitStatus status={visit.status} />
            <Chip icon="building">{label(code("premises_types", type), type)}</Chip>
            {visit.repeat && <Chip icon="history">{t("list.repeat")}</Chip>}
          </p>
        </>
      )}
    </header>
  );
}

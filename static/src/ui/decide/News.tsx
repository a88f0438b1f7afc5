import { useEffect, useRef } from "preact/hooks";
import { heldAsOf, heldForDecision, isDecider } from "../../state/decisions";
import { toast } from "../components/Toast";
import { t } from "../i18n";
import { type Matter, matterName, mattersOf, nameOf } from "./held";
import { newDecisions, type Told, toldOf } from "./mine";

/** Says once, wherever the person is in the app, what is new to decide and what was decided about their entries. */
export function News() {
  return (
    <>
      {isDecider() && heldAsOf.value !== null && <NewMatters />}
      <NewDecisions />
    </>
  );
}

function NewMatters() {
  useNews(
    mattersOf(heldForDecision.value),
    (each: Matter) => each.key,
    (each) => {
      toast(t("decide.new", { what: matterName(each) }));
    },
  );
  return null;
}

function NewDecisions() {
  useNews(
    toldOf(newDecisions.value),
    (each: Told) => each.key,
    ({ first }) => {
      toast(t("mine.new", { what: nameOf(first.stream, first.entity) }));
    },
  );
  return null;
}

/** What was there when the app was opened stands on its page with a badge; only what comes later is said. */
function useNews<T>(all: readonly T[], keyOf: (each: T) => string, say: (each: T) => void): void {
  const known = useRef<ReadonlySet<string> | null>(null);
  useEffect(() => {
    const before = known.current;
    known.current = new Set([...(before ?? []), ...all.map(keyOf)]);
    const fresh = before === null ? undefined : all.find((each) => !before.has(keyOf(each)));
    if (fresh !== undefined) say(fresh);
  });
}

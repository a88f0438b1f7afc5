import { useEffect, useRef } from "preact/hooks";
import { announce } from "../components/Toast";
import { t } from "../i18n";
import { cellName, siteName } from "./cells";
import { type ClashFacts, type Facts, text } from "./facts";
import { facts } from "./live";

/** Tells screen readers politely what is new since the board was opened: safety notices and different answers. Shows nothing. */
export function Announcer({ op }: { op: string }) {
  const known = facts(op);
  const told = useRef<{ op: string; seen: Set<string> } | null>(null);
  useEffect(() => {
    const keys = new Map([...known.notices.map(noticeNews), ...known.clashes.map(clashNews)]);
    const before = told.current?.op === op ? told.current.seen : null;
    told.current = { op, seen: new Set(keys.keys()) };
    const fresh = before === null ? [] : [...keys].filter(([key]) => !before.has(key)).map(([, words]) => words);
    if (fresh.length > 0) announce(fresh.join(" "));
  }, [op, known]);
  return null;
}

type News = [key: string, words: string];

function noticeNews(view: Facts["notices"][number]): News {
  const where = siteName(view.stream, text(view, "visit"));
  return [view.id, `${t("notice.new", { where, text: text(view, "text") ?? "" })}.`];
}

function clashNews({ view, field, visit }: ClashFacts): News {
  const what = [siteName(view.stream, visit), cellName(view, field)].filter(Boolean).join(", ");
  return [`${view.id} ${field}`, `${t("clash.new", { what })}.`];
}

import { groupBy } from "../domain/group";
import { commitKey } from "../store/memory";
import { decisionOf } from "../store/own";
import { withRoom } from "../store/room";
import type { CommitRow, Decided } from "../store/schema";
import { loosely, type Writing } from "../store/transaction";
import type { Sync } from "./context";
import type { Hello, HelloDecision } from "./protocol";

/** Keeps what people decided about this tablet's held changes with the commits they lie in, pruned ones included. */
export async function keepDecisions({ tablet }: Sync, hello: Hello): Promise<void> {
  const { db, memory, announce } = tablet;
  const isNews = (d: HelloDecision) => isNewTo(memory.commits.get(commitKey(d)), d);
  const news = groupBy((hello.decisions ?? []).filter(isNews), commitKey);
  if (news.size === 0) return;
  const keep = async (tx: Writing<"commits">) => {
    const commits = tx.objectStore("commits");
    const told = [...news.values()].flatMap((decisions) => decisions.slice(0, 1));
    const stored = await Promise.all(told.map(({ actor, stream, n }) => commits.get([actor, stream, n])));
    const next = stored.flatMap((row) => (row ? [withDecisions(row, news.get(commitKey(row)) ?? [])] : []));
    await Promise.all(next.map((row) => commits.put(row)));
    return next;
  };
  const rows = await withRoom(tablet, () => loosely(db, ["commits"], keep));
  memory.committed(rows);
  announce("own");

  /** Heads and decisions are of one moment, so at this head at the latest the replica holds what was admitted. */
  function withDecisions(row: CommitRow, decisions: readonly HelloDecision[]): CommitRow {
    const from = hello.streams[row.stream]?.head ?? 0;
    const decided = decisions.map((d) => [d.change, decidedBy(row, d, from)] as const);
    return { ...row, decided: { ...row.decided, ...Object.fromEntries(decided) } };
  }

  function decidedBy(row: CommitRow, { change, verdict, reason }: HelloDecision, from: number): Decided {
    const before = decisionOf(row.decided, change);
    const cell = memory.own.get(change)?.change ?? before ?? row.held?.[change];
    const isAdmitted = before?.verdict === "admitted" && verdict === "admitted";
    return {
      verdict,
      reason,
      e: cell?.e ?? "",
      f: cell?.f ?? "",
      from: isAdmitted ? Math.min(before.from, from) : from,
    };
  }
}

function isNewTo(row: CommitRow | undefined, { commit, change, verdict, reason }: HelloDecision): boolean {
  if (row?.hash !== commit) return false;
  const known = decisionOf(row.decided, change);
  return known?.verdict !== verdict || known.reason !== reason;
}

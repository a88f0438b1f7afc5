import type { PartyFacts } from "./facts";

export const SEARCH = "HUSRANNSAKAN";

/** The authorities of a visit by the regime they are there under: a search first, those without any last. */
export function byRegime(parties: readonly PartyFacts[]): [string | undefined, PartyFacts[]][] {
  const groups = new Map<string | undefined, PartyFacts[]>();
  for (const party of parties) groups.set(party.regime, [...(groups.get(party.regime) ?? []), party]);
  const rank = (regime: string | undefined) => (regime === SEARCH ? 0 : regime === undefined ? 2 : 1);
  return [...groups].sort(([a], [b]) => rank(a) - rank(b));
}

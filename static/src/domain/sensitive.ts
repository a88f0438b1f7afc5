/**
 * Words that say that data of social services or health care was entered, which Insats does not hold. Twin of
 * `app/domain/sensitive.py`, with the same vectors: the server holds what this warns of.
 */
export type SensitiveField = "social" | "health";

const SOCIAL = [
  String.raw`lvu|lvm|lss[ -](?:beslut|insats[\p{L}\p{N}_]*|utredning[\p{L}\p{N}_]*)`,
  String.raw`sol[ -](?:utredning[\p{L}\p{N}_]*|ärende[\p{L}\p{N}_]*|akt[\p{L}\p{N}_]*|beslut[\p{L}\p{N}_]*)`,
  String.raw`socialtjänst(?:en|ens)?s?[ -]?(?:akt[\p{L}\p{N}_]*|journal[\p{L}\p{N}_]*|utredning[\p{L}\p{N}_]*|utred(?:er|de)|ärende[\p{L}\p{N}_]*)`,
  String.raw`barnavårdsutredning[\p{L}\p{N}_]*|familjehemsplacera[\p{L}\p{N}_]*|hvb-?hem[\p{L}\p{N}_]*|sis-hem[\p{L}\p{N}_]*`,
  "(?:försörjningsstöd|ekonomiskt bistånd) (?:sedan|beviljat|beviljades|från socialtjänsten)",
];
const HEALTH = [
  String.raw`icd(?:-?1[01])?[ :-]{1,3}[a-tv-z][0-9]{2}(?:\.[0-9])?`,
  String.raw`(?:huvud|bi)?diagnos(?:en|er|kod(?:en)?)?[ :]{1,3}(?:[a-tv-z][0-9]{2}(?:\.[0-9])?|är(?![\p{L}\p{N}_])|med(?![\p{L}\p{N}_]))|diagnos(?:ticerad|tiserad)[\p{L}\p{N}_]*`,
  String.raw`(?:sjuk|patient)journal[\p{L}\p{N}_]*|epikris[\p{L}\p{N}_]*|läkarintyg[\p{L}\p{N}_]*|sjukskriv[\p{L}\p{N}_]*`,
  String.raw`(?:har|fått|lider av) (?:en )?(?:[\p{L}\p{N}_]+ )?diagnos|psykiatrisk (?:vård|diagnos)|vårdas? enligt (?:lpt|lrv)|lpt|lrv`,
  String.raw`metadonbehandl[\p{L}\p{N}_]*|substitutionsbehandl[\p{L}\p{N}_]*|missbruksvård[\p{L}\p{N}_]*`,
];

const wholeWords = (patterns: readonly string[]) =>
  new RegExp(String.raw`(?<![\p{L}\p{N}])(?:${patterns.join("|")})(?![\p{L}\p{N}])`, "iu");
const RULES = [
  ["social", wholeWords(SOCIAL)],
  ["health", wholeWords(HEALTH)],
] as const;

/** Whose data the text seems to hold; null for what anybody may record. */
export function sensitiveIn(text: string): SensitiveField | null {
  return RULES.find(([, pattern]) => pattern.test(text))?.[0] ?? null;
}

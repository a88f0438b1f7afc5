/** Held changes: what a person who decides reads, and what the author learns. */
export const decide = {
  "decide.title": { sv: "Väntar på beslut", en: "Awaiting a decision" },
  "decide.badge": { sv: "väntar på ditt beslut", en: "awaiting your decision" },
  "decide.lead": {
    sv: "Servern har tagit emot det här, men låter det inte gälla förrän någon har bestämt. Prata med den som skrev.",
    en: "The server has received this, but it does not apply until somebody has decided. Talk to whoever wrote it.",
  },
  "decide.new": { sv: "Nytt att besluta om: {what}", en: "New to decide: {what}" },
  "decide.asof": {
    sv: "Listan är från {at}. Ditt beslut sparas på plattan och skickas när kontakten är tillbaka.",
    en: "The list is from {at}. Your decision is saved on this tablet and sent when contact returns.",
  },
  "decide.more": {
    sv: "Fler väntar. De visas när du har beslutat om dessa.",
    en: "More are waiting. They appear once you have decided these.",
  },
  "decide.elsewhere": { sv: "{n} väntar i andra insatser.", en: "{n} waiting in other operations." },
  "decide.show": { sv: "Visa alla {n} uppgifter", en: "Show all {n} entries" },
  "decide.now": { sv: "Gäller nu: {value}", en: "Applies now: {value}" },
  "decide.entries": { sv: "{n} uppgifter", en: "{n} entries" },
  "decide.written": { sv: "skrevs {at}", en: "written {at}" },
  "decide.received": { sv: "kom fram {at}", en: "arrived {at}" },
  "decide.admit": { sv: "Ta med", en: "Admit" },
  "decide.refuse": { sv: "Avslå", en: "Refuse" },
  "decide.admit.title": { sv: "Ta med uppgiften?", en: "Admit this entry?" },
  "decide.refuse.title": { sv: "Avslå uppgiften?", en: "Refuse this entry?" },
  "decide.admit.text": {
    sv: "Den gäller då som allt annat på besöket. Ditt namn och ditt skäl sparas med den.",
    en: "It then applies like everything else on the visit. Your name and your reason are kept with it.",
  },
  "decide.refuse.text": {
    sv: "Den räknas då inte, men den raderas inte. Författaren får läsa ditt skäl.",
    en: "It then does not count, but it is not deleted. Its author reads your reason.",
  },
  "decide.reason": { sv: "Skäl", en: "Reason" },
  "decide.reason.hint": { sv: "Välj ett eller skriv eget.", en: "Choose one or write your own." },
  "decide.reason.quick": { sv: "Vanliga skäl", en: "Common reasons" },
  "decide.reason.missing": {
    sv: "Skriv varför, så att det går att förstå efteråt.",
    en: "Say why, so that it can be understood afterwards.",
  },
  "decide.quick.asked": { sv: "Kontrollerat med den som skrev", en: "Checked with whoever wrote it" },
  "decide.quick.seen": { sv: "Stämmer med det jag såg på platsen", en: "Agrees with what I saw on site" },
  "decide.quick.right": { sv: "Hör till uppdraget", en: "Belongs to the assignment" },
  "decide.quick.wrong": { sv: "Uppgiften är fel", en: "The entry is wrong" },
  "decide.quick.double": { sv: "Finns redan på annat sätt", en: "Is there already in another way" },
  "decide.quick.elsewhere": { sv: "Hör inte hit", en: "Does not belong here" },
  "decide.admitted": { sv: "Med: {what}", en: "Admitted: {what}" },
  "decide.refused": { sv: "Avslagen: {what}", en: "Refused: {what}" },
  "decide.why.no_authority": {
    sv: "Den som skrev hade inte rätt att skriva här när det kom fram.",
    en: "Whoever wrote this had no right to write here when it arrived.",
  },
  "decide.why.device_revoked": {
    sv: "Plattan var spärrad när det kom fram.",
    en: "The tablet was blocked when it arrived.",
  },
  "decide.why.unknown_kind": {
    sv: "Servern känner inte till den här sortens uppgift. Den kan komma från en nyare app.",
    en: "The server does not know this kind of entry. It may come from a newer app.",
  },
  "decide.why.unknown_field": {
    sv: "Servern känner inte till fältet. Det kan komma från en nyare app.",
    en: "The server does not know the field. It may come from a newer app.",
  },
  "decide.why.unknown_question": {
    sv: "Frågan finns inte i serverns checklista. Svaret kan höra till en annan version.",
    en: "The question is not in the server's checklist. The answer may belong to another version.",
  },
  "decide.why.unknown_code": {
    sv: "Koden finns inte i serverns listor.",
    en: "The code is not in the server's lists.",
  },
  "decide.why.after_approval": {
    sv: "Kom fram efter att besöket godkändes. Tas den med blir den ett tillägg.",
    en: "Arrived after the visit was approved. If admitted it becomes an amendment.",
  },
  "decide.why.stale_approval": {
    sv: "Servern har inte det som godkändes. Besöket behöver godkännas igen.",
    en: "The server does not have what was approved. The visit needs to be approved again.",
  },
  "decide.why.unlawful_disclosure": {
    sv: "Grunden bär inte utlämnandet, eller något saknas. Det kan inte tas med; avslå det och be om ett nytt.",
    en: "The ground does not carry the disclosure, or something is missing. It cannot be admitted; refuse it and ask for a new one.",
  },
  "decide.why.stale_disclosure": {
    sv: "Det som skulle lämnas ut hade ändrats. Det kan inte tas med så länge; avslå det och be om ett nytt.",
    en: "What was to be handed over had changed. It cannot be admitted as it is; refuse it and ask for a new one.",
  },
  "decide.why.sensitive_data": {
    sv: "Texten ser ut att innehålla uppgifter från socialtjänst eller vård. Ta bara med den om den inte gör det.",
    en: "The text seems to hold data from social services or health care. Admit it only if it does not.",
  },
  "decide.why.other": { sv: "Servern håller den: {code}.", en: "The server holds it: {code}." },

  "mine.title": { sv: "Beslut om det du skrev", en: "Decisions about what you wrote" },
  "mine.new": { sv: "Beslut om det du skrev: {what}", en: "Decision about what you wrote: {what}" },
  "mine.badge": { sv: "nya beslut om det du skrev", en: "new decisions about what you wrote" },
  "mine.admitted": { sv: "Medtagen", en: "Admitted" },
  "mine.denied": { sv: "Avslagen", en: "Refused" },
  "mine.admitted.text": { sv: "Den gäller nu. Skäl: {reason}", en: "It applies now. Reason: {reason}" },
  "mine.denied.text": {
    sv: "Den räknas inte. Skäl: {reason} Den finns kvar; prata med den som beslutade om du inte håller med.",
    en: "It does not count. Reason: {reason} It is kept; talk to whoever decided if you disagree.",
  },
  "mine.seen": { sv: "Jag har läst", en: "I have read it" },
  "mine.earlier": { sv: "{n} tidigare beslut", en: "{n} earlier decisions" },
  "mine.earlier.one": { sv: "1 tidigare beslut", en: "1 earlier decision" },
} as const;

/** Submitting and approving the part of a visit that one stream holds. */
export const version = {
  "version.own": { sv: "Er egen del ({authority})", en: "Your own part ({authority})" },
  "version.shared": { sv: "Den gemensamma delen", en: "The shared part" },
  "version.own.holds": {
    sv: "Er checklista, era foton, anmälningar, beslag och beslut på det här besöket.",
    en: "Your checklist, photos, reports, exhibits and decisions on this visit.",
  },
  "version.shared.holds": {
    sv: "Ankomst, status, rättslig grund och räkningar på det här besöket, för alla myndigheter.",
    en: "Arrival, status, legal regime and counts on this visit, for all authorities.",
  },
  "version.open": { sv: "Inte inlämnat", en: "Not submitted" },
  "version.submitted": { sv: "Inlämnat", en: "Submitted" },
  "version.submitted.late": { sv: "Inlämnat, ändrat sedan", en: "Submitted, changed since" },
  "version.approved": { sv: "Godkänt", en: "Approved" },
  "version.none": { sv: "Inget skrivet än", en: "Nothing written yet" },
  "version.submitted.by": { sv: "Lämnades in av {name}, {at}", en: "Submitted by {name}, {at}" },
  "version.approved.by": { sv: "Godkändes av {name}, {at}", en: "Approved by {name}, {at}" },
  "version.submit": { sv: "Lämna in", en: "Submit" },
  "version.submit.again": { sv: "Lämna in igen", en: "Submit again" },
  "version.submit.help": {
    sv: "Säger att ni är färdiga med det som står här. Ni kan ändra efteråt; då syns det som sent.",
    en: "Says that you have finished what stands here. You can change it afterwards; it then shows as late.",
  },
  "version.submit.done": { sv: "Inlämnat", en: "Submitted" },
  "version.approve": { sv: "Godkänn", en: "Approve" },
  "version.approve.title": { sv: "Godkänn det som står här?", en: "Approve what stands here?" },
  "version.approve.text": {
    sv: "Efter godkännandet blir varje ändring ett tillägg som väntar på beslut. Ingen hindras från att skriva, och du kan ta tillbaka godkännandet.",
    en: "After the approval every change becomes an amendment awaiting a decision. Nobody is kept from writing, and you can withdraw the approval.",
  },
  "version.approve.n": {
    sv: "{n} uppgifter godkänns, som de står just nu.",
    en: "{n} entries are approved, as they stand now.",
  },
  "version.approve.unsubmitted": {
    sv: "Det är inte inlämnat än. Du kan godkänna ändå.",
    en: "It has not been submitted yet. You can approve anyway.",
  },
  "version.approve.done": { sv: "Godkänt", en: "Approved" },
  "version.approve.who": {
    sv: "Godkänns av lagledare, insatsledare, förundersökningsledare, skrivande samordnare eller operativ koordinator.",
    en: "Approved by a team leader, on-scene commander, head of investigation, recording coordinator or operational coordinator.",
  },
  "version.withdraw": { sv: "Ta tillbaka godkännandet", en: "Withdraw the approval" },
  "version.withdraw.title": { sv: "Ta tillbaka godkännandet?", en: "Withdraw the approval?" },
  "version.withdraw.text": {
    sv: "Ändringar gäller då direkt igen. Att det var godkänt, och av vem, finns kvar i loggen.",
    en: "Changes then apply at once again. That it was approved, and by whom, stays in the log.",
  },
  "version.withdraw.reason": { sv: "Varför tas det tillbaka?", en: "Why is it withdrawn?" },
  "version.withdraw.done": { sv: "Godkännandet är tillbakataget", en: "The approval is withdrawn" },
  "version.reason.missing": { sv: "Skriv varför.", en: "Say why." },
  "version.late": { sv: "{n} uppgifter ändrade efter inlämningen", en: "{n} entries changed after the submission" },
  "version.late.one": { sv: "1 uppgift ändrad efter inlämningen", en: "1 entry changed after the submission" },
  "version.late.text": {
    sv: "Detta fanns inte med vid inlämningen. Läs igenom det innan du godkänner.",
    en: "This was not there at the submission. Read it before you approve.",
  },
  "version.late.badge": { sv: "Sent", en: "Late" },
  "version.late.more": { sv: "och {n} till", en: "and {n} more" },
  "version.amended": { sv: "{n} tillägg väntar på beslut", en: "{n} amendments await a decision" },
  "version.amended.one": { sv: "1 tillägg väntar på beslut", en: "1 amendment awaits a decision" },
  "version.blocked.empty": { sv: "Det finns inget att lämna in än.", en: "There is nothing to submit yet." },
  "version.blocked.unsent": {
    sv: "Vänta tills det du själv har skrivit är mottaget av servern.",
    en: "Wait until what you wrote yourself has been received by the server.",
  },
  "version.blocked.behind": {
    sv: "Plattan har inte hämtat allt än. Anslut och vänta tills den är ikapp.",
    en: "This tablet has not fetched everything yet. Connect and wait until it has caught up.",
  },
  "version.blocked.too_many": {
    sv: "Besöket har fler uppgifter än som går att lämna in på en gång. Be koordinatorn om hjälp.",
    en: "The visit holds more entries than can be submitted at once. Ask the coordinator for help.",
  },
  "version.blocked.other": { sv: "Det går inte just nu ({code}).", en: "It cannot be done now ({code})." },
  "version.banner": { sv: "Godkänt av {name}, {at}.", en: "Approved by {name}, {at}." },
  "version.banner.text": {
    sv: "Du kan skriva. Det du ändrar sparas som tillägg och väntar på beslut.",
    en: "You can write. What you change is kept as an amendment awaiting a decision.",
  },
} as const;

/** Work that travels as a file, a store that is gone, a server that came back older, and what to do about each. */
export const courier = {
  "courier.title": { sv: "Skicka med någon annan", en: "Send with somebody else" },
  "courier.lead": {
    sv: "Får plattan ingen kontakt kan det osända sparas i en fil och lämnas på en annan platta. Bara servern kan läsa filen.",
    en: "If this tablet gets no contact, what is unsent can be saved to a file and handed in on another tablet. Only the server can read the file.",
  },
  "courier.save": { sv: "Spara som fil", en: "Save as a file" },
  "courier.saving": { sv: "Gör filen …", en: "Making the file …" },
  "courier.made.text": {
    sv: "Ta med filen till en platta med kontakt: sladd, minneskort eller delning. Allt ligger kvar här också, och räknas som osänt tills plattan själv får kontakt.",
    en: "Take the file to a tablet with contact: cable, memory card or sharing. Everything stays here too, and counts as unsent until this tablet itself has contact.",
  },
  "courier.download": { sv: "Spara filen", en: "Save the file" },
  "courier.share": { sv: "Dela filen", en: "Share the file" },
  "courier.failed": {
    sv: "Filen blev inte gjord ({code}). Det du har skrivit ligger kvar; försök igen.",
    en: "The file was not made ({code}). What you have written is still here; try again.",
  },
  "courier.nothing": {
    sv: "Inget att spara: servern har allt, och en säkerhetskopia också.",
    en: "Nothing to save: the server has everything, and a backup does too.",
  },
  "courier.nokey": {
    sv: "Plattan behöver ha haft kontakt med servern en gång för att kunna försegla filen.",
    en: "This tablet must have been in contact with the server once to be able to seal the file.",
  },
  "courier.deliver": { sv: "Lämna någon annans fil", en: "Hand in somebody else's file" },
  "courier.deliver.hint": {
    sv: "En fil som slutar på .insats. Du kan inte läsa den, och du får bara veta hur mycket som kom fram.",
    en: "A file ending in .insats. You cannot read it, and you are told only how much arrived.",
  },
  "courier.sending": { sv: "Lämnar {name}: {part} av {whole}", en: "Handing in {name}: {part} of {whole}" },
  "courier.done": { sv: "{name} är lämnad", en: "{name} is handed in" },
  "courier.done.text": {
    sv: "Servern har tagit emot {n}. Filen behövs inte längre.",
    en: "The server has received {n}. The file is no longer needed.",
  },
  "courier.done.part": {
    sv: "Servern tog emot {n}, men inte allt. Spara filen och visa den för koordinatorn; den som gjorde den har allt kvar.",
    en: "The server received {n}, but not everything. Keep the file and show it to the coordinator; whoever made it still has everything.",
  },
  "courier.items": { sv: "{n} delar", en: "{n} parts" },
  "courier.items.one": { sv: "1 del", en: "1 part" },
  "courier.cut": { sv: "Kontakten bröts", en: "The contact was cut" },
  "courier.cut.text": {
    sv: "{part} av {whole} har kommit fram. Försök igen; det som kommit fram räknas inte två gånger.",
    en: "{part} of {whole} have arrived. Try again; what arrived is not counted twice.",
  },
  "courier.retry": { sv: "Försök igen", en: "Try again" },
  "courier.bad": { sv: "Filen går inte att lämna", en: "The file cannot be handed in" },
  "courier.bad.format": {
    sv: "{name} är ingen fil från Insats, eller så är den avkortad. Be om en ny.",
    en: "{name} is not a file from Insats, or it is cut short. Ask for a new one.",
  },
  "courier.bad.server": {
    sv: "Servern kan inte öppna {name}. Den kan vara gjord för en annan server. Be om en ny.",
    en: "The server cannot open {name}. It may be made for another server. Ask for a new one.",
  },
  "courier.bad.other": {
    sv: "Servern svarade {code}. Filen är oförändrad; försök igen eller visa detta för koordinatorn.",
    en: "The server answered {code}. The file is unchanged; try again or show this to the coordinator.",
  },

  "gone.title": { sv: "Plattans lager är borta", en: "This tablet's store is gone" },
  "gone.text": {
    sv: "Det här var {label}. Systemet, webbläsaren eller någon har tömt det som Insats hade sparat på plattan.",
    en: "This was {label}. The system, the browser or somebody has emptied what Insats had stored on this tablet.",
  },
  "gone.safe": {
    sv: "Det som servern hade tagit emot finns kvar där. Det som inte var skickat är borta från plattan.",
    en: "What the server had received is still there. What was not sent is gone from this tablet.",
  },
  "gone.do": {
    sv: "Anslut plattan med en ny engångskod. Koordinatorn får veta vad den höll. Skriv om det som saknas medan du minns det.",
    en: "Connect this tablet with a new one-time code. The coordinator is told what it held. Write what is missing again while you remember it.",
  },

  "rescued.title": { sv: "Webbläsaren tappade plattans lager.", en: "The browser lost this tablet's store." },
  "rescued.recordings": {
    sv: "Appen laddades om och {n} uppgifter räddades.",
    en: "The app was reloaded and {n} entries were rescued.",
  },
  "rescued.recordings.one": {
    sv: "Appen laddades om och 1 uppgift räddades.",
    en: "The app was reloaded and 1 entry was rescued.",
  },
  "rescued.photos": { sv: "{n} foton måste tas om.", en: "{n} photos must be taken again." },
  "rescued.photos.one": { sv: "1 foto måste tas om.", en: "1 photo must be taken again." },

  "lost.tablet.title": { sv: "Platta som tappat sitt lager", en: "Tablet that lost its store" },
  "lost.tablet.held": {
    sv: "{user}. Höll {what} osänt när den hördes senast, {at}.",
    en: "{user}. Held {what} unsent when last heard, {at}.",
  },
  "lost.tablet.none": {
    sv: "{user}. Höll inget osänt när den hördes senast, {at}.",
    en: "{user}. Held nothing unsent when last heard, {at}.",
  },
  "lost.tablet.do": {
    sv: "Ring och be att det som saknas skrivs om nu, medan det är färskt.",
    en: "Call and ask for what is missing to be written again now, while it is fresh.",
  },
  "lost.tablet.fine": {
    sv: "Det som skrevs därefter utan kontakt kan saknas. Fråga.",
    en: "What was written after that without contact may be missing. Ask.",
  },
  "lost.tablet.seen": { sv: "Jag har tagit hand om det", en: "I have dealt with it" },

  "fetch.title": { sv: "Hämtar om från servern", en: "Fetching anew from the server" },
  "fetch.text": {
    sv: "{n} av {total} delar är klara. Du kan arbeta under tiden; det du har skrivit ligger kvar.",
    en: "{n} of {total} parts are done. You can work meanwhile; what you have written stays.",
  },
  "fetch.wait": {
    sv: "Fortsätter när kontakten är tillbaka. {n} av {total} delar är klara.",
    en: "Continues when contact returns. {n} of {total} parts are done.",
  },
  "restore.title": { sv: "Servern är återställd från en säkerhetskopia", en: "The server was restored from a backup" },
  "restore.text": {
    sv: "Plattan skickar igen det som servern saknar: {n} kvar. Inget är borta härifrån.",
    en: "This tablet is sending again what the server lacks: {n} left. Nothing is lost from here.",
  },
  "restore.wait": {
    sv: "Plattan skickar igen när kontakten är tillbaka: {n} kvar. Inget är borta härifrån.",
    en: "This tablet sends again when contact returns: {n} left. Nothing is lost from here.",
  },
} as const;

/** Work that travels as a file, a store that is gone, a server that came back older, and what to do about each. */
export const courier = {
  "courier.title": { sv: "Skicka med någon annan", en: "Send with somebody else" },
  "courier.lead": {
    sv: "Får plattan ingen kontakt kan det osända sparas i en fil och lämnas på en annan platta. Bara servern kan läsa filen.",
    en: "If this tablet gets no contact, what is unsent can be saved to a file and handed in on another tablet. Only the server can read the file.",
  },
  "courier.save": { sv: "Spara som fil", en: "Save as a file" },
  "courier.saving": { sv: "Gör filen …", en: "Making the file …" },
  "courier.saved": { sv: "{name} är gjord: {what}.", en: "{name} is made: {what}." },
  "courier.saved.text": {
    sv: "För över den med sladd, minneskort eller delning. Det räknas som osänt här tills plattan själv får kontakt.",
    en: "Carry it over by cable, memory card or sharing. It counts as unsent here until this tablet itself has contact.",
  },
  "courier.nothing": { sv: "Det finns inget osänt att spara.", en: "There is nothing unsent to save." },
  "courier.nokey": {
    sv: "Plattan behöver ha haft kontakt med servern en gång för att kunna försegla filen.",
    en: "This tablet must have been in contact with the server once to be able to seal the file.",
  },
  "courier.deliver": { sv: "Lämna någon annans fil", en: "Hand in somebody else's file" },
  "courier.deliver.hint": {
    sv: "En fil som slutar på .insats. Du kan inte läsa den, och du får bara veta hur mycket som kom fram.",
    en: "A file ending in .insats. You cannot read it, and you are told only how much arrived.",
  },
  "courier.choose": { sv: "Välj fil", en: "Choose a file" },
  "courier.sending": { sv: "Lämnar {name}: {part} av {whole}", en: "Handing in {name}: {part} of {whole}" },
  "courier.done": { sv: "{name} är lämnad", en: "{name} is handed in" },
  "courier.done.text": {
    sv: "Servern har tagit emot {n} poster. Filen behövs inte längre.",
    en: "The server has received {n} items. The file is no longer needed.",
  },
  "courier.done.refused": {
    sv: "Servern tog emot {n} poster och vägrade {refused}. Ge filen tillbaka till den som gjorde den.",
    en: "The server received {n} items and refused {refused}. Give the file back to whoever made it.",
  },
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
  "courier.changes": { sv: "{n} uppgifter", en: "{n} entries" },
  "courier.changes.one": { sv: "1 uppgift", en: "1 entry" },
  "courier.photos": { sv: "{n} foton", en: "{n} photos" },
  "courier.photos.one": { sv: "1 foto", en: "1 photo" },

  "gone.title": { sv: "Plattans lager är borta", en: "This tablet's store is gone" },
  "gone.text": {
    sv: "Den här plattan var {label}. Systemet eller någon har tömt det som Insats hade sparat här. Det servern tagit emot finns kvar på servern; det som inte var skickat kan vara borta.",
    en: "This tablet was {label}. The system or somebody has emptied what Insats had stored here. What the server received is still on the server; what was not sent may be gone.",
  },
  "gone.do": {
    sv: "Ta en ny engångskod av koordinatorn och anslut. Koordinatorn får se vad plattan höll. Skriv om det som saknas medan du minns det.",
    en: "Get a new one-time code from the coordinator and connect. The coordinator sees what the tablet held. Write again what is missing while you remember it.",
  },

  "lost.tablet": { sv: "Tappat lager", en: "Store lost" },
  "lost.tablet.alert": { sv: "En platta har tappat sitt lager", en: "A tablet has lost its store" },
  "lost.tablet.alert.n": { sv: "{n} plattor har tappat sitt lager", en: "{n} tablets have lost their store" },
  "lost.tablet.held": {
    sv: "{label} ({authority}), {user}: höll {what} osänt när den hördes senast, {at}.",
    en: "{label} ({authority}), {user}: held {what} unsent when last heard, {at}.",
  },
  "lost.tablet.none": {
    sv: "{label} ({authority}), {user}: höll inget osänt när den hördes senast, {at}.",
    en: "{label} ({authority}), {user}: held nothing unsent when last heard, {at}.",
  },
  "lost.tablet.do": {
    sv: "Ring och be att det som saknas skrivs om.",
    en: "Call and ask for what is missing to be written again.",
  },
  "lost.tablet.noticed": { sv: "lagret borta, märkt {at}", en: "store gone, noticed {at}" },
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

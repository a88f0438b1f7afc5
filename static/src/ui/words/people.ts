export const people = {
  "setup.title": { sv: "Första starten", en: "First start" },
  "setup.lead": {
    sv: "Länken gör dig till systemadministratör. Den gäller en timme och kan användas en gång.",
    en: "This link makes you the system administrator. It is valid for one hour and works once.",
  },
  "setup.role": {
    sv: "Systemadministratören bjuder in administratörer för myndigheterna, stänger konton och ser vem som har gjort vad. Det som registreras på insatser syns aldrig här.",
    en: "The system administrator invites the authorities' administrators, closes accounts and sees who did what. Nothing recorded at operations is ever shown here.",
  },
  "setup.code": { sv: "Kod ur länken", en: "Code from the link" },
  "setup.code.hint": {
    sv: "Länken skrivs ut i terminalen när servern startar, och av kommandot insats setup-link.",
    en: "The link is printed on the terminal when the server starts, and by the command insats setup-link.",
  },
  "setup.authority": { sv: "Din myndighet", en: "Your authority" },
  "setup.submit": { sv: "Bli administratör", en: "Become administrator" },
  "setup.working": { sv: "Skapar kontot …", en: "Making the account …" },
  "setup.device": { sv: "Administratörens dator", en: "Administrator's computer" },
  "setup.error.code": {
    sv: "Länken gäller inte. Den kan vara använd eller för gammal. Kör insats setup-link på servern och öppna den nya länken.",
    en: "The link is not valid. It may be used or too old. Run insats setup-link on the server and open the new link.",
  },
  "people.name": { sv: "Namn", en: "Name" },
  "people.name.hint": { sv: "Så som kollegor ska se det.", en: "As colleagues are to see it." },
  "people.name.missing": { sv: "Skriv ett namn.", en: "Enter a name." },
  "people.id": { sv: "Kort konto-id", en: "Short account id" },
  "people.id.hint": {
    sv: "Till exempel a.berg. Myndigheten läggs till framför.",
    en: "For example a.berg. The authority is put before it.",
  },
  "people.id.wrong": {
    sv: "Använd 1–31 tecken: a–z, 0–9 och däremellan punkt, bindestreck eller understreck.",
    en: "Use 1–31 characters: a–z, 0–9 and, inside, full stop, hyphen or underscore.",
  },
  "people.authority": { sv: "Myndighet", en: "Authority" },
  "people.authority.missing": { sv: "Välj myndighet.", en: "Choose an authority." },
  "people.retry": { sv: "Försök igen", en: "Try again" },
  "people.error.taken": {
    sv: "Myndigheten har redan ett konto med det id:t. Välj ett annat.",
    en: "The authority already has an account with that id. Choose another.",
  },
} as const;

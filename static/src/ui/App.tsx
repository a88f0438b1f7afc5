import type { ComponentChildren } from "preact";
import { heldForDecision, isDecider } from "../state/decisions";
import { isAdministrator, isSupervisor, session } from "../state/session";
import { status } from "../state/status";
import { updateReady } from "../state/update";
import { Board } from "./board/Board";
import { Note } from "./components/Card";
import { Nav, type NavItem } from "./components/Nav";
import { SyncBar } from "./components/SyncBar";
import { Toasts } from "./components/Toast";
import { mattersOf } from "./decide/held";
import { newDecisions, toldOf } from "./decide/mine";
import { News } from "./decide/News";
import { Enrol } from "./enrol/Enrol";
import { InstallGate } from "./enrol/Install";
import { t } from "./i18n";
import { mayWork } from "./install";
import { EnrolAgain, Lost } from "./Lost";
import { PracticeBanner } from "./PracticeBanner";
import { People } from "./people/People";
import { Setup } from "./people/Setup";
import { RescuedBanner } from "./RescuedBanner";
import { route } from "./router";
import { SafetyBanner } from "./safety/SafetyBanner";
import { Settings } from "./settings/Settings";
import { Sync } from "./sync/Sync";
import { Day } from "./today/Day";

/** The whole screen: who is not signed in enrols, who is in a browser tab installs, everyone else works. */
export function App() {
  if (session.value !== null && mayWork.value) return <Shell />;
  if (session.value !== null)
    return (
      <Bare>
        <InstallGate />
      </Bare>
    );
  return <Bare>{route.value[0] === "setup" ? <Setup /> : <Enrol />}</Bare>;
}

function Bare({ children }: { children: ComponentChildren }) {
  return (
    <>
      <main class="alone">{children}</main>
      <Toasts />
    </>
  );
}

function Shell() {
  return (
    <div class="app">
      <button type="button" class="button skip" onClick={skip}>
        {t("app.skip")}
      </button>
      <header class="app-bar">
        <SyncBar />
        <PracticeBanner />
        <RescuedBanner />
        <SafetyBanner />
      </header>
      <Nav items={navigation()} />
      <main id="main" tabIndex={-1}>
        <View path={route.value} />
      </main>
      <News />
      <Toasts />
    </div>
  );
}

/** The address belongs to the router, so this is a button: it moves the focus and nothing else. */
function skip(): void {
  document.getElementById("main")?.focus();
}

function navigation(): NavItem[] {
  const at = route.value[0] ?? "";
  const board = isSupervisor.value;
  const first: NavItem = isAdministrator.value
    ? { href: "#/people", icon: "people", label: t("nav.people"), here: ["", "people"].includes(at) }
    : {
        href: "#/day",
        icon: "list",
        label: t("nav.today"),
        here: ["day", "visit"].includes(at) || (at === "" && !board),
      };
  const items: NavItem[] = [
    first,
    {
      href: "#/sync",
      icon: "cloudUp",
      label: t("nav.sync"),
      here: at === "sync",
      badge: syncBadge(),
    },
    { href: "#/settings", icon: "settings", label: t("nav.settings"), here: at === "settings" },
  ];
  if (board)
    items.unshift({
      href: "#/board",
      icon: "board",
      label: t("nav.board"),
      here: ["", "board"].includes(at),
      badge: { n: mattersToDecide(), label: t("decide.badge") },
    });
  return items;
}

/** One number for all that wants this person; its words name what it is for. A supervisor decides on the board. */
function syncBadge(): NavItem["badge"] {
  const parts = [
    { n: isSupervisor.value ? 0 : mattersToDecide(), label: t("decide.badge") },
    { n: toldOf(newDecisions.value).length, label: t("mine.badge") },
    { n: status.value.rejected.length, label: t("state.rejected") },
    { n: updateReady.value ? 1 : 0, label: t("sync.update") },
  ].filter(({ n }) => n > 0);
  const n = parts.reduce((sum, part) => sum + part.n, 0);
  const [first, ...rest] = parts;
  return { n, label: first && rest.length === 0 ? first.label : parts.map((p) => `${p.n} ${p.label}`).join(", ") };
}

function mattersToDecide(): number {
  return isDecider() ? mattersOf(heldForDecision.value).length : 0;
}

/** One view an address; unknown addresses say so. The key makes a new page a new page, with its heading focused. */
function View({ path }: { path: readonly string[] }) {
  switch (path[0]) {
    case undefined:
      if (isAdministrator.value) return <People key="people" />;
      if (isSupervisor.value) return <Board visit={undefined} />;
      return <Day visit={undefined} section={undefined} item={undefined} />;
    case "board":
      return <Board visit={path[1]} />;
    case "day":
    case "visit":
      return <Day visit={path[1]} section={path[2]} item={path[3]} />;
    case "people":
      return isAdministrator.value ? <People key="people" /> : <Lost />;
    case "sync":
      return <Sync key="sync" />;
    case "settings":
      return <Settings key="settings" />;
    case "enrol":
    case "setup":
      return <EnrolAgain />;
    default:
      return <Lost />;
  }
}

/** Shown only when opening takes noticeably long. */
export function Starting() {
  return (
    <main class="alone">
      <div class="page page-narrow">
        <h1>{t("app.name")}</h1>
        <p role="status">{t("app.starting")}</p>
      </div>
    </main>
  );
}

/** The tablet's store cannot be opened: say what helps. Nothing that was saved is lost by a reload. */
export function Broken() {
  return (
    <main class="alone">
      <div class="page page-narrow">
        <h1>{t("broken.title")}</h1>
        <Note tone="bad">
          <p>{t("broken.text")}</p>
        </Note>
        <button type="button" class="button button-56 button-primary" onClick={() => location.reload()}>
          {t("broken.reload")}
        </button>
      </div>
    </main>
  );
}

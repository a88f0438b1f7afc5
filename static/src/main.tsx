import "./ui/styles/index.css";
import { render } from "preact";
import { applyPrefs } from "./state/prefs";
import { start } from "./state/session";
import { App, Broken, Starting } from "./ui/App";
import { watchInstall } from "./ui/install";
import { startClock } from "./ui/now";
import { startRouter } from "./ui/router";

/** A cold start reads a local store: a wait worth a word is already unusual. */
const PATIENCE_MS = 600;

async function main(root: HTMLElement): Promise<void> {
  applyPrefs();
  startRouter();
  startClock();
  watchInstall();
  const wait = setTimeout(() => render(<Starting />, root), PATIENCE_MS);
  try {
    await start();
    render(<App />, root);
  } catch {
    render(<Broken />, root);
  } finally {
    clearTimeout(wait);
  }
}

const root = document.getElementById("app");
if (root !== null) void main(root);

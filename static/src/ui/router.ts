/** A hash router: every address works from a cold start without a server, and is one string a person can send. */
import { computed, signal } from "@preact/signals";

/** The parts of an address: `#/visit/visit_1/counts` → `["visit", "visit_1", "counts"]`; `/enrol#CODE` → `["enrol", "CODE"]`. */
export function parse(pathname: string, hash: string): readonly string[] {
  // A fragment is not sent to any server, so a secret may stand in it; only the setup link writes it as a query.
  const plain = hash.replace(/^#\/?/, "").replace(/^setup\?code=/, "setup/");
  if (pathname.replace(/\/$/, "").endsWith("/enrol") && !hash.startsWith("#/")) return ["enrol", ...parts(plain)];
  return parts(plain);
}

function parts(path: string): string[] {
  return path.split("/").filter(Boolean).map(decode);
}

/** A hand-typed address may hold a lone `%`. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function href(...segments: readonly string[]): string {
  return `#/${segments.map(encodeURIComponent).join("/")}`;
}

const here = signal<readonly string[]>(typeof location === "undefined" ? [] : parse(location.pathname, location.hash));
const moved = signal(false);

export const route = computed(() => here.value);
/** False until the first change of address: only then may focus be moved. */
export const hasNavigated = computed(() => moved.value);

export function go(...segments: readonly string[]): void {
  location.hash = href(...segments);
}

/** Takes the place of the present address, so that "back" does not lead to a used one-time link. */
export function replace(...segments: readonly string[]): void {
  history.replaceState(null, "", `/${href(...segments)}`);
  follow();
}

function follow(): void {
  moved.value = true;
  here.value = parse(location.pathname, location.hash);
}

export function startRouter(): () => void {
  addEventListener("hashchange", follow);
  addEventListener("popstate", follow);
  return () => {
    removeEventListener("hashchange", follow);
    removeEventListener("popstate", follow);
  };
}

/** What was before somebody's eyes, and what the app said about what was recorded. */
import { isProblem } from "../src/domain/problem";
import type { EntityView } from "../src/store/memory";
import type { Page } from "./browser";

/** These values of a cell were before somebody's eyes. */
export function render(page: Page, view: EntityView, f: string): void {
  page.device.world.books.rendered(page, view.stream, view.id, f, page.api.heads(view, f));
}

const EXPECTED = ["not-enrolled", "storage", "storage-full", "malformed", "empty", "unsent", "behind", "rescued"];

/** The app has said that it is saved, or why not. */
export async function finish(
  page: Page,
  done: Promise<unknown>,
  saved: () => unknown = () => undefined,
): Promise<void> {
  const { world } = page.device;
  try {
    await done;
  } catch (error) {
    if (!page.isDead && !(isOurs(error) && EXPECTED.includes(error.code))) world.books.unexpected(error);
    if (!page.isDead && isOurs(error)) world.hit(`refusal: ${error.code}`);
    return;
  }
  if (page.isDead) return;
  world.books.shown(page);
  saved();
}

/** Each page has a class of its own for its problems. */
function isOurs(error: unknown): error is { code: string } {
  return isProblem(error) || (error instanceof Error && error.name === "Problem" && "code" in error);
}

/** What people do about the work of others: they decide about held changes, submit, approve and withdraw, and carry files. */
import type { HeldItem } from "../src/state/decisions";
import type { Page } from "./browser";
import { ALK, mark, OP, ownStream, PLAN, POL, SHARED, VISITS } from "./evening";
import type { Random } from "./random";
import { finish, render } from "./screen";

/** Looks at what is held and decides about one of it. What bears the mark of another authority is never let in. */
export async function decide(page: Page, random: Random): Promise<void> {
  await page.api.refreshHeld();
  const items = page.api.heldForDecision.value;
  if (page.isDead || items.length === 0) return;
  const item = random.pick(items);
  page.after(random.int(50, 3_000), () => {
    show(page, item.stream, `admission_${item.change.id}`);
    void finish(page, page.api.decide(item, !isForeign(item) && random.chance(0.7), "looked at"));
  });
}

function isForeign({ stream, change }: HeldItem): boolean {
  const told = JSON.stringify(change.v) ?? "";
  return [POL, ALK, PLAN].some((other) => other !== stream && told.includes(mark(other)));
}

export function submit(page: Page, random: Random): Promise<void> {
  const [stream, visit] = [streamOf(page, random, 0.5), random.pick(VISITS)];
  show(page, stream, `submission_${visit.slice(6)}`);
  return finish(page, page.api.submit(OP, visit, stream));
}

/** An approved visit holds whatever comes: mostly in the stream that fewer write to. */
export function approve(page: Page, random: Random): Promise<void> {
  const [stream, visit] = [streamOf(page, random, 0.3), random.pick(VISITS)];
  show(page, stream, `approval_${visit.slice(6)}`);
  return finish(page, page.api.approve(OP, visit, stream));
}

export async function withdraw(page: Page): Promise<void> {
  for (const stream of [SHARED, ownStream(page.device.user)])
    for (const approval of page.api.entitiesOf(stream, "approval")) {
      show(page, stream, approval.id);
      await finish(page, page.api.withdrawApproval(OP, `visit_${approval.id.slice(9)}`, stream, "not yet"));
      return;
    }
}

/** A tablet without a network gives its file to a colleague, whose tablet hands it in. */
export async function carry(page: Page, random: Random): Promise<void> {
  const { world } = page.device;
  const file = await page.api.exportOutbox().catch(() => null);
  const carriers = world.devices.filter((device) => device !== page.device && device.isOnline && device.page);
  if (!file || carriers.length === 0) return;
  const { page: other } = random.pick(carriers);
  if (!other?.api.memory.session || other.isFrozen) return;
  const { taken } = await other.api.deliver(file);
  if (taken > 0) world.hit("path: courier");
}

function streamOf(page: Page, random: Random, shared: number): string {
  return random.chance(shared) ? SHARED : ownStream(page.device.user);
}

function show(page: Page, stream: string, id: string): void {
  const view = page.api.entity(stream, id);
  if (view) for (const f of Object.keys(view.cells)) render(page, view, f);
}

/** Makes a failing seed smaller: leaves out faults and steps for as long as the same invariant fails. */
import { type Cut, planOf } from "./plan";
import { play } from "./play";
import type { Server } from "./server";

const TRIES = 150;

export async function shrink(seed: number, server: Server, violation: string): Promise<Cut> {
  const plan = planOf(seed);
  const same = kindOf(violation);
  let tries = TRIES;
  const fails = async (cut: Cut) => {
    tries -= 1;
    const { violation: now } = await play(seed, server, new Map(), cut);
    return now !== null && kindOf(now) === same;
  };
  let faults: string[] = [];
  for (const fault of Object.keys(plan.rates))
    if (tries > 0 && (await fails({ faults: [...faults, fault] }))) faults = [...faults, fault];
  let steps: number[] = [];
  const all = plan.steps.map(({ index }) => index);
  for (let size = Math.ceil(all.length / 2); size >= 1 && tries > 0; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < all.length && tries > 0; from += size) {
      const part = all.slice(from, from + size).filter((index) => !steps.includes(index));
      if (part.length > 0 && (await fails({ faults, steps: [...steps, ...part] }))) steps = [...steps, ...part];
    }
  }
  return { faults, steps };
}

/** `I4 …` and whatever else the message begins with. */
function kindOf(violation: string): string {
  return violation.split(" ")[0] ?? "";
}

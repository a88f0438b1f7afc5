/** The driver's command line: plays seeds that it reads from its input, one answer a line. */
import "fake-indexeddb/auto";
import { createInterface } from "node:readline";
import { Violation } from "./evening";
import type { Cut } from "./plan";
import { KINDS, type Outcome, play, playScenario, watchStray } from "./play";
import { SCENARIOS } from "./scenarios";
import { Server } from "./server";
import { shrink } from "./shrink";
import { watchTasks } from "./time";

interface Question {
  readonly seed?: number;
  readonly scenario?: string;
  /** The names of all scenarios and kinds. */
  readonly list?: boolean;
  readonly cut?: Cut;
  readonly verbose?: boolean;
  readonly shrink?: boolean;
}

/** What was violated while the crew was made that most evenings begin with. */
function unprepared(seed: number, error: unknown): Outcome {
  if (!(error instanceof Violation)) throw error;
  return { seed, violation: error.message, digest: "", lines: [], events: 0 };
}

watchTasks();
watchStray();

const server = new Server(Number(process.env.INSATS_SIM_ANSWERS), Number(process.env.INSATS_SIM_COMMANDS));

for await (const line of createInterface({ input: process.stdin })) {
  const { seed = 0, scenario, list, cut, verbose, shrink: isToShrink } = JSON.parse(line) as Question;
  if (list) {
    process.stdout.write(`${JSON.stringify({ names: Object.keys(SCENARIOS), kinds: KINDS })}\n`);
    continue;
  }
  const coverage = new Map<string, number>();
  const before = process.cpuUsage();
  const played = scenario ? playScenario(scenario, server, verbose) : play(seed, server, coverage, cut, verbose);
  const outcome = await played.catch((error: unknown) => unprepared(seed, error));
  const used = process.cpuUsage(before);
  const smaller = outcome.violation && isToShrink ? await shrink(seed, server, outcome.violation) : undefined;
  const answer = { ...outcome, ...(smaller && { cut: smaller }) };
  const lines = outcome.violation || verbose ? outcome.lines : [];
  const cpu = (used.user + used.system) / 1000;
  const told = { ...answer, lines, cpu, coverage: Object.fromEntries(coverage) };
  process.stdout.write(`${JSON.stringify(told)}\n`);
}

/** Which statuses of an operation mean that its evening is over, or going on. */
const FINISHED = new Set(["AVSL", "EFTER", "UTV", "ARKIV"]);
const RUNNING = new Set(["GENOMG", "PAGAR"]);

export function isFinished(status: string): boolean {
  return FINISHED.has(status);
}

export function isRunning(status: string): boolean {
  return RUNNING.has(status);
}

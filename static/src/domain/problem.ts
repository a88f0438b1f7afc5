/**
 * A refusal with its stable code (`urn:insats:<code>` without the prefix), or one of our own: `offline` (no answer, or none
 * of ours), `not-enrolled`, `storage`, `storage-full`, `rescued` (kept aside until the page has loaded again). `wait` is the server's Retry-After in ms.
 */
export class Problem extends Error {
  readonly code: string;
  readonly status: number;
  readonly detail: string;
  readonly wait: number;
  /** The head of a stream, where the refusal told it. */
  readonly head: number | null;

  constructor(code: string, status = 0, detail = "", wait = 0, head: number | null = null) {
    super(`${code}${detail && `: ${detail}`}`);
    this.name = "Problem";
    this.code = code;
    this.status = status;
    this.detail = detail;
    this.wait = wait;
    this.head = head;
  }
}

export function isProblem(error: unknown, ...codes: readonly string[]): error is Problem {
  return error instanceof Problem && (codes.length === 0 || codes.includes(error.code));
}

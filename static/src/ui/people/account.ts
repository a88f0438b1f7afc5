/** The id of an account within its authority, as the server takes it; `app/domain/accounts.py` has the rule. */
const SHORT = /^[a-z0-9](?:[a-z0-9._-]{0,29}[a-z0-9])?$/;

export function isShortId(typed: string): boolean {
  return SHORT.test(typed.trim().toLowerCase());
}

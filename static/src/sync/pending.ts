import type { Memory } from "../store/memory";

/** What this tablet still holds, whoever of its users recorded it. `oldest`: ms, of the oldest unsent thing. */
export interface Pending {
  readonly changes: number;
  readonly photos: number;
  readonly blobs: number;
  readonly oldest: number | null;
}

export function pendingOf({ own, photos }: Memory): Pending {
  const unsent = [...own.unsent()];
  const blobs = [...photos.values()].filter((p) => p.state === "local" && !p.dropped);
  const times = [...unsent.map((o) => o.change.at), ...blobs.map((b) => b.added)];
  return {
    changes: unsent.length,
    photos: blobs.filter((b) => b.kind === "blob").length,
    blobs: blobs.length,
    oldest: times.length > 0 ? times.reduce((a, b) => Math.min(a, b)) : null,
  };
}

export function pendingCounts({ changes, blobs }: Pending): string {
  return `changes=${changes};blobs=${blobs}`;
}

/** The value of `Insats-Pending`: counts, seconds, bytes. */
export function pendingHeader(pending: Pending, now: number, free: number | null): string {
  const { oldest } = pending;
  const age = oldest === null ? "" : `;oldest=${Math.max(0, Math.round((now - oldest) / 1_000))}`;
  return `${pendingCounts(pending)}${age}${free === null ? "" : `;free=${Math.max(0, Math.round(free))}`}`;
}

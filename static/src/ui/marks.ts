/** What a person has read or dealt with on this tablet: kept beside the record, personal, oldest forgotten first. */
import { type Signal, signal } from "@preact/signals";
import { session } from "../state/session";

const LIMIT = 1000;

export interface Marks {
  has(id: string): boolean;
  add(ids: readonly string[]): void;
}

/** Marks under one key of the web storage, as signals: a reader follows them. On a shared tablet the next officer has none. */
export function createMarks(key: string): Marks {
  const known: Signal<ReadonlySet<string>> = signal(new Set(stored(key)));
  const own = (id: string) => `${session.value?.user.id ?? ""} ${id}`;
  return {
    has: (id) => known.value.has(own(id)),
    add: (ids) => {
      const all = [...known.value, ...ids.map(own)].slice(-LIMIT);
      known.value = new Set(all);
      try {
        localStorage.setItem(key, JSON.stringify(all));
      } catch {
        // It comes back after a restart: better twice than never.
      }
    },
  };
}

function stored(key: string): string[] {
  try {
    const known: unknown = JSON.parse(localStorage.getItem(key) ?? "[]");
    return Array.isArray(known) ? known.filter((id) => typeof id === "string") : [];
  } catch {
    return [];
  }
}

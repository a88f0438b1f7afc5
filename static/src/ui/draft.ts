/** Text that is saved while it is typed: at most 400 ms behind, and at once when the field or the app loses the person. */
import { useEffect, useRef, useState } from "preact/hooks";
import { canonical, type Json } from "../domain/json";
import { type Head, winner } from "../domain/merge";
import { entity, heads } from "../state/replica";
import { type CellRef, write } from "./cells";

const PAUSE_MS = 400;

/** How a stored value is typed, and what typed text means; undefined where it cannot be stored (the field then says so). */
export interface Form {
  show: (value: Json | undefined) => string;
  read: (text: string) => Json | undefined;
}

export const plainText: Form = {
  show: (value) => (typeof value === "string" ? value : ""),
  read: (text) => (text === "" ? null : text),
};

/** One stretch of typing. `seen` stays what was on the screen at its beginning: what others write meanwhile is kept. */
export interface Session {
  readonly seen: readonly Head[];
  stored: string;
  text: string;
  focused: boolean;
  timer: ReturnType<typeof setTimeout> | undefined;
}

export type Outcome = "kept" | "invalid" | "failed";

export function begin(shown: readonly Head[], form: Form): Session {
  const text = form.show(winner(shown)?.[1]);
  return { seen: shown, stored: canonical(form.read(text) ?? null), text, focused: true, timer: undefined };
}

/** Saves what the session holds, unless it is stored already. */
export async function flush(session: Session, cell: CellRef, form: Form): Promise<Outcome> {
  clearTimeout(session.timer);
  const value = form.read(session.text);
  if (value === undefined) return "invalid";
  const before = session.stored;
  const next = canonical(value);
  if (next === before) return "kept";
  session.stored = next;
  try {
    await write(cell, value, session.seen);
    return "kept";
  } catch {
    // Only if no newer text has been sent off meanwhile: the next flush must try this one again.
    if (session.stored === next) session.stored = before;
    return "failed";
  }
}

export interface DraftState {
  text: string;
  invalid: boolean;
  failed: boolean;
  onFocus: () => void;
  onInput: (text: string) => void;
  onBlur: () => void;
  /** Forgets what is typed, because a button beside the field says something else. */
  reset: () => void;
}

/** Binds a text control to a cell. */
export function useDraft(cell: CellRef, form: Form = plainText): DraftState {
  const shown = heads(entity(cell.stream, cell.id), cell.field);
  const session = useRef<Session | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const [failed, setFailed] = useState(false);

  const save = async (): Promise<void> => {
    const open = session.current;
    if (open === null) return;
    const outcome = await flush(open, cell, form);
    setFailed(outcome === "failed");
    if (outcome !== "kept" || open.focused || session.current !== open) return;
    session.current = null;
    setTyped(null);
  };
  useSaveOnLeaving(save);

  const onFocus = (): void => {
    session.current ??= begin(shown, form);
    session.current.focused = true;
  };
  const onInput = (text: string): void => {
    onFocus();
    const open = session.current;
    if (open === null) return;
    open.text = text;
    setTyped(text);
    clearTimeout(open.timer);
    open.timer = setTimeout(save, PAUSE_MS);
  };
  const onBlur = (): void => {
    if (session.current) session.current.focused = false;
    void save();
  };
  const reset = (): void => {
    clearTimeout(session.current?.timer);
    session.current = null;
    setTyped(null);
  };
  const text = typed ?? form.show(winner(shown)?.[1]);
  return { text, invalid: form.read(text) === undefined, failed, onFocus, onInput, onBlur, reset };
}

/** The last chance to save: the app goes to the background, or the field leaves the screen. */
function useSaveOnLeaving(save: () => Promise<void>): void {
  const latest = useRef(save);
  latest.current = save;
  useEffect(() => {
    const onHide = () => void (document.visibilityState === "hidden" && latest.current());
    document.addEventListener("visibilitychange", onHide);
    return () => {
      document.removeEventListener("visibilitychange", onHide);
      void latest.current();
    };
  }, []);
}

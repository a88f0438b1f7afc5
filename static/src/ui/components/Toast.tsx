import { signal } from "@preact/signals";
import { t } from "../i18n";
import { Button } from "./Button";

interface Message {
  id: number;
  text: string;
  undo?: (() => void) | undefined;
}

const STAY_MS = 5000;
/** Longer where there is something to press: a gloved hand needs time. */
const STAY_UNDO_MS = 12_000;

const messages = signal<readonly Message[]>([]);
const spoken = signal("");
const alarm = signal("");
let last = 0;

function dismiss(id: number): void {
  messages.value = messages.value.filter((message) => message.id !== id);
}

/** Shows a short message, and an undo where the act can be undone: undo over confirm. */
export function toast(text: string, undo?: () => void): void {
  last += 1;
  const id = last;
  messages.value = [...messages.value.slice(-1), { id, text, undo }];
  setTimeout(() => dismiss(id), undo ? STAY_UNDO_MS : STAY_MS);
}

/** Says something to screen readers alone (what is seen elsewhere on the screen). */
export function announce(text: string): void {
  spoken.value = spoken.value === text ? `${text}\u00a0` : text;
}

/** Shows and announces at once that something failed. */
export function alertUser(text: string): void {
  alarm.value = alarm.value === text ? `${text}\u00a0` : text;
  toast(text);
}

function Line({ message }: { message: Message }) {
  const undo = () => {
    dismiss(message.id);
    message.undo?.();
  };
  return (
    <div class="toast">
      <span class="toast-text">{message.text}</span>
      {message.undo && (
        <Button icon="undo" onPress={undo}>
          {t("act.undo")}
        </Button>
      )}
      <Button icon="close" label={t("act.close")} onPress={() => dismiss(message.id)} />
    </div>
  );
}

/** The live regions exist from the start; a region inserted together with its text is not announced. */
export function Toasts() {
  return (
    <>
      <p class="vh" role="status">
        {spoken.value}
      </p>
      <p class="vh" role="alert">
        {alarm.value}
      </p>
      <div class="toasts" role="status">
        {messages.value.map((message) => (
          <Line key={message.id} message={message} />
        ))}
      </div>
    </>
  );
}

import { t } from "../i18n";
import { Button } from "./Button";
import { alarm, dismiss, type Message, messages, spoken } from "./messages";

export { alertUser, announce, toast } from "./messages";

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

import type { Invitation } from "../../state/people";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { toast } from "../components/Toast";
import { moment, t } from "../i18n";
import { now } from "../now";

/** White around a code, in squares: what readers need to find it. */
const MARGIN = 4;

/** The one-time link, once: as a code to scan and as text to send. */
export function LinkDialog({ invitation, onClose }: { invitation: Invitation; onClose: () => void }) {
  const { name, link, expires, qr } = invitation;
  const side = qr.size + 2 * MARGIN;
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(link);
    toast(t("people.link.copied"));
  };
  return (
    <Dialog
      title={t("people.link.title", { name })}
      onClose={onClose}
      foot={
        <>
          {"clipboard" in navigator && (
            <Button size={56} kind="line" icon="share" onPress={() => void copy()}>
              {t("people.link.copy")}
            </Button>
          )}
          <Button size={56} kind="primary" icon="check" onPress={onClose}>
            {t("act.done")}
          </Button>
        </>
      }
    >
      <p>{t("people.link.text", { at: moment(expires, now.value) })}</p>
      <svg class="qr" viewBox={`${-MARGIN} ${-MARGIN} ${side} ${side}`} role="img" aria-label={t("people.link.qr")}>
        <rect x={-MARGIN} y={-MARGIN} width={side} height={side} />
        <path d={qr.path} />
      </svg>
      <p class="stack-s">
        <span class="small muted">{t("people.link.label")}</span>
        <span class="one-time-link">{link}</span>
      </p>
    </Dialog>
  );
}

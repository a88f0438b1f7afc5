import type { Delivery } from "../../state/courier";
import { Button } from "../components/Button";
import { Note, type Tone } from "../components/Card";
import { Progress } from "../components/Stepper";
import { bytes, number, plural, t } from "../i18n";
import { type Handing, handIn, handing } from "./courierJobs";

/** How far somebody else's file has come, and how it ended. */
export function HandIn() {
  const now = handing.value;
  if (now === null) return null;
  return now.running ? <Sending now={now} /> : <Ended now={now} />;
}

function Sending({ now: { file, delivery } }: { now: Handing }) {
  const facts = { name: file.name, part: bytes(delivery.done), whole: bytes(delivery.size) };
  return (
    <div class="stack-s">
      <p class="num">{t("courier.sending", facts)}</p>
      <Progress part={delivery.done} whole={delivery.size} />
    </div>
  );
}

/** Problems after which the same file can be tried again. */
const AGAIN: readonly string[] = ["offline", "too-many", "unavailable", "internal", "unauthenticated"];

function Ended({ now: { file, delivery } }: { now: Handing }) {
  const { tone, title, text } = outcome(file.name, delivery);
  const again = delivery.problem !== null && AGAIN.includes(delivery.problem);
  return (
    <Note tone={tone} live>
      <p>
        <strong class="file-name">{title}</strong>
      </p>
      <p>{text}</p>
      {again && (
        <div>
          <Button size={56} kind="primary" icon="refresh" onPress={() => void handIn(file, delivery)}>
            {t("courier.retry")}
          </Button>
        </div>
      )}
    </Note>
  );
}

interface Outcome {
  tone: Tone;
  title: string;
  text: string;
}

function outcome(name: string, { done, size, taken, refused, damaged, problem }: Delivery): Outcome {
  const bad = (text: string): Outcome => ({ tone: "bad", title: t("courier.bad"), text });
  if (problem === "not-a-courier-file" || problem === "cut-short") return bad(t("courier.bad.format", { name }));
  if (problem === "offline" || problem === "too-many" || problem === "unavailable") {
    const text = t("courier.cut.text", { part: bytes(done), whole: bytes(size) });
    return { tone: "warn", title: t("courier.cut"), text };
  }
  if (problem !== null) return bad(t("courier.bad.other", { code: problem }));
  if (taken === 0 && damaged > 0) return bad(t("courier.bad.server", { name }));
  const n = plural(taken, t("courier.items.one"), t("courier.items", { n: number(taken) }));
  const whole = damaged === 0 && refused.length === 0;
  const text = whole ? t("courier.done.text", { n }) : t("courier.done.part", { n });
  return { tone: whole ? "ok" : "warn", title: t("courier.done", { name }), text };
}

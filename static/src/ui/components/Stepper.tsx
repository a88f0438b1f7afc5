import { t } from "../i18n";
import { Button } from "./Button";

interface StepperProps {
  what: string;
  figure: string;
  unit: string;
  onStep: (delta: 1 | -1) => void;
  /** Why there is nothing of one's own left to take away. */
  blockedLess?: string | undefined;
}

/** Counting with gloves: 72-px targets, 12 px apart, the figure between them. */
export function Stepper({ what, figure, unit, onStep, blockedLess }: StepperProps) {
  return (
    <div class="stepper">
      <Button
        size={72}
        icon="minus"
        label={t("stepper.less", { what })}
        blocked={blockedLess}
        onPress={() => onStep(-1)}
      />
      <output class="stepper-value">
        {figure}
        <span class="stepper-unit">{unit}</span>
      </output>
      <Button size={72} kind="primary" icon="plus" label={t("stepper.more", { what })} onPress={() => onStep(1)} />
    </div>
  );
}

/** How far a list of questions has come; the words stand beside it, so the bar itself is decoration. */
export function Progress({ part, whole }: { part: number; whole: number }) {
  const share = whole === 0 ? 0 : Math.min(1, part / whole);
  return (
    <span class={share === 1 ? "progress progress-done" : "progress"} aria-hidden="true">
      <span style={{ width: `${share * 100}%` }} />
    </span>
  );
}

import { Note } from "../components/Card";
import { label, t, type Words, words } from "../i18n";
import { problemSentence } from "./itemNames";

const STEPS: Words = words;
const MAX_STEPS = 4;

/** What is wrong, and for problems that a person must act on, the steps one by one. */
export function Problem({ code }: { code: string }) {
  const steps = stepsOf(code);
  return (
    <Note tone="bad">
      <p>
        <strong>{problemSentence(code)}</strong>
      </p>
      {steps.length > 0 && (
        <>
          <p>{t("sync.problem.do")}</p>
          <ol class="steps">
            {steps.map((step) => (
              <li key={step}>{step}</li>
            ))}
          </ol>
        </>
      )}
    </Note>
  );
}

function stepsOf(code: string): string[] {
  const numbered = Array.from({ length: MAX_STEPS }, (_, i) => STEPS[`sync.do.${code}.${i + 1}`]);
  return numbered.flatMap((phrase) => (phrase ? [label(phrase)] : []));
}

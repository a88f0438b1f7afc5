import { useCallback, useEffect, useState } from "preact/hooks";
import { Button } from "./components/Button";
import { Note } from "./components/Card";
import { problemText } from "./enrol/Enrol";
import { t } from "./i18n";

/** What the server answers to a question that a view asks when it opens, and again on demand. `ask` must stay the same function. */
export function useAnswer<T>(ask: () => Promise<T>) {
  const [answer, setAnswer] = useState<T>();
  const [failed, setFailed] = useState<string>();
  const again = useCallback(async (): Promise<void> => {
    setFailed(undefined);
    try {
      setAnswer(await ask());
    } catch (error) {
      setFailed(problemText(error));
    }
  }, [ask]);
  useEffect(() => void again(), [again]);
  return { answer, failed, again };
}

/** In place of an answer that did not come: why, and the way to ask again. */
export function Unanswered({ failed, again }: { failed: string | undefined; again: () => Promise<void> }) {
  if (failed === undefined) return null;
  return (
    <Note tone="warn" live>
      <p>{failed}</p>
      <div>
        <Button kind="line" icon="refresh" onPress={() => void again()}>
          {t("people.retry")}
        </Button>
      </div>
    </Note>
  );
}

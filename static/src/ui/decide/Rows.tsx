import { useState } from "preact/hooks";
import { Button } from "../components/Button";
import { number, t } from "../i18n";
import { now } from "../now";
import { type Matter, rowsOf } from "./held";

/** Beyond this many the rest folds away: the list must stay one of matters. */
const SHOWN = 4;

/** What was written, beside what applies now. */
export function Rows({ matter }: { matter: Matter }) {
  const [open, setOpen] = useState(false);
  const rows = rowsOf(matter, now.value);
  if (rows.length === 0) return null;
  const shown = open ? rows : rows.slice(0, SHOWN);
  return (
    <div class="stack-s">
      <dl class="matter-rows">
        {shown.map((row) => (
          <div key={row.id}>
            <dt>{row.name}</dt>
            <dd>
              <strong>{row.text}</strong>
            </dd>
            {row.now !== undefined && <dd class="muted small">{t("decide.now", { value: row.now })}</dd>}
          </div>
        ))}
      </dl>
      {rows.length > shown.length && (
        <div>
          <Button kind="quiet" class="flush" onPress={() => setOpen(true)}>
            {t("decide.show", { n: number(rows.length) })}
          </Button>
        </div>
      )}
    </div>
  );
}

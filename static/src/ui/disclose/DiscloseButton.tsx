import { useState } from "preact/hooks";
import { mayDisclose } from "../../state/disclosure";
import type { EntityView } from "../../state/replica";
import { Button } from "../components/Button";
import { t } from "../i18n";
import type { VisitView } from "../model";
import { DiscloseDialog } from "./DiscloseDialog";

interface Props {
  visit: VisitView;
  /** The records to choose from. */
  views: readonly EntityView[];
  /** Fields that are ticked from the start; all of them where it is left out. */
  chosen?: readonly string[] | undefined;
}

/** The way to hand over, for those who may. */
export function DiscloseButton({ visit, views, chosen }: Props) {
  const [open, setOpen] = useState(false);
  const stream = views[0]?.stream;
  if (stream === undefined || !mayDisclose(stream)) return null;
  return (
    <>
      <Button kind="line" icon="share" onPress={() => setOpen(true)}>
        {t("disclose.open")}
      </Button>
      {open && <DiscloseDialog visit={visit} views={views} chosen={chosen} onClose={() => setOpen(false)} />}
    </>
  );
}

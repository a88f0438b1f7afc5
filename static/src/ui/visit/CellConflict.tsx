import type { ComponentChildren } from "preact";
import type { Json } from "../../domain/json";
import type { Head } from "../../domain/merge";
import { settle } from "../../state/recording";
import type { EntityView } from "../../state/replica";
import { attempt } from "../cells";
import { ConflictCard } from "../components/ConflictCard";
import { announce } from "../components/Toast";
import { t } from "../i18n";

/** A cell with several values, where it is, and the way to settle it. `view` and `heads` are those of this render. */
export function CellConflict(props: {
  view: EntityView;
  field: string;
  heads: readonly Head[];
  what?: string;
  render: (value: Json) => ComponentChildren;
}) {
  const { view, field, heads, what, render } = props;
  const shown = { ...view, cells: { ...view.cells, [field]: heads } };
  const choose = async (chosen: Head): Promise<void> => {
    if (await attempt(settle(view.stream, shown, field, chosen))) announce(t("saved.local"));
  };
  return (
    <ConflictCard
      stream={view.stream}
      heads={heads}
      {...(what === undefined ? {} : { what })}
      render={render}
      onChoose={(head) => void choose(head)}
    />
  );
}

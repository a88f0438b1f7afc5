import type { Code } from "../../domain/checklist";
import type { CopiedItem } from "../../domain/disclosure";
import { code } from "../../state/operation";
import { Note } from "../components/Card";
import { label, t } from "../i18n";
import { now } from "../now";
import { PhotoThumb } from "../records/PhotoTile";
import { linesOf, photosIn } from "./rows";

export function groundText(ground: Code): string {
  return [label(ground), String(ground.law ?? "")].filter(Boolean).join(" – ");
}

/** A copy, line by line, with its pictures. */
export function CopyLines({ stream, copy }: { stream: string; copy: readonly CopiedItem[] }) {
  const pictures = photosIn(stream, copy);
  return (
    <div class="stack-s">
      {pictures.map((photo) => (
        <PhotoThumb key={photo.id} photo={photo} />
      ))}
      <dl class="matter-rows">
        {linesOf(stream, copy, now.value).map((line) => (
          <div key={line.key}>
            <dt>{line.name}</dt>
            <dd>{line.text}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

interface FactsProps {
  ground: string;
  by: string;
  proviso?: string | undefined;
}

/** On which ground, by whose decision, and the proviso before all else. */
export function Facts({ ground, by, proviso }: FactsProps) {
  const found = code("disclosure_grounds", ground);
  return (
    <>
      {proviso && (
        <Note tone="warn" icon="lock">
          <p>
            <strong>{t("received.proviso", { text: proviso })}</strong>
          </p>
        </Note>
      )}
      <dl class="facts">
        <dt>{t("handed.ground")}</dt>
        <dd>{found ? groundText(found) : ground}</dd>
        <dt>{t("handed.by")}</dt>
        <dd>{by}</dd>
      </dl>
    </>
  );
}

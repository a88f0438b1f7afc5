import type { ComponentChildren } from "preact";
import { type EntityView, heads } from "../../state/replica";
import { Button, ButtonLink } from "../components/Button";
import { personOf } from "../components/ConflictCard";
import { Icon } from "../components/Icon";
import { DiscloseButton } from "../disclose/DiscloseButton";
import { moment, t } from "../i18n";
import type { VisitView } from "../model";
import { now } from "../now";
import { Heading } from "../Page";

/** A row that opens a record: one large target, its state at the end. */
export function RecordLink({
  href,
  title,
  facts,
  end,
}: {
  href: string;
  title: string;
  facts: string;
  end: ComponentChildren;
}) {
  return (
    <a class="record" href={href}>
      <span class="grow stack-s">
        <strong>{title}</strong>
        {facts && <span class="small muted">{facts}</span>}
        <span>{end}</span>
      </span>
      <Icon name="chevron" />
    </a>
  );
}

/** The page of one record: back to its list, its fields, and the way to take it out. */
export function RecordPage(props: {
  visit: VisitView;
  back: string;
  backText: string;
  title: string;
  view: EntityView;
  field: string;
  children: ComponentChildren;
  removeText: string;
  onRemove: () => void;
}) {
  const author = heads(props.view, props.field)[0];
  return (
    <section class="stack" aria-label={props.title}>
      <div>
        <ButtonLink class="flush" href={props.back} kind="quiet" icon="back">
          {props.backText}
        </ButtonLink>
      </div>
      <Heading level={2} title={props.title} />
      {author && (
        <p class="small muted">
          {t("record.written", { who: personOf(props.view.stream, author[2]), at: moment(author[4], now.value) })}
        </p>
      )}
      {props.children}
      <div class="row">
        <DiscloseButton visit={props.visit} views={[props.view]} />
        <Button class="flush" kind="quiet" icon="trash" onPress={props.onRemove}>
          {props.removeText}
        </Button>
      </div>
    </section>
  );
}

import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./i18n";
import { hasNavigated } from "./router";

/**
 * The heading of what was just opened. It names the document and takes the focus after a navigation, so that a screen
 * reader begins there; never on the first load, where the browser's own order is right.
 */
export function Heading({
  level = 1,
  title,
  children,
}: {
  level?: 1 | 2;
  title: string;
  children?: ComponentChildren;
}) {
  const self = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} – ${t("app.name")}`;
  }, [title]);
  useEffect(() => {
    if (!hasNavigated.peek()) return;
    self.current?.focus({ preventScroll: true });
    for (const pane of ["main", ".split-detail", ".visit-body"].map((each) => self.current?.closest(each)))
      pane?.scrollTo(0, 0);
    scrollTo(0, 0);
  }, []);
  const Tag = `h${level}` as "h1" | "h2";
  return (
    <Tag ref={self} tabIndex={-1}>
      {children ?? title}
    </Tag>
  );
}

/** A page of its own, with its heading. */
export function Page({ title, narrow, children }: { title: string; narrow?: boolean; children: ComponentChildren }) {
  return (
    <div class={narrow ? "page page-narrow" : "page"}>
      <div class="page-head">
        <Heading title={title} />
      </div>
      {children}
    </div>
  );
}

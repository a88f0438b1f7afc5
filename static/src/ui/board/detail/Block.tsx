import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** A titled block of the opened visit. */
export function Block({
  title,
  end,
  children,
}: {
  title: string;
  end?: ComponentChildren;
  children: ComponentChildren;
}) {
  const id = useId();
  return (
    <section class="bd-block" aria-labelledby={id}>
      <div class="bd-block-head">
        <h3 id={id}>{title}</h3>
        {end}
      </div>
      {children}
    </section>
  );
}

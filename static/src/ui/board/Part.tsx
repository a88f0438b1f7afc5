import type { ComponentChildren } from "preact";
import type { Tone } from "../components/Card";

interface PartProps {
  /** Also the address inside the page: a figure can lead here. */
  id: string;
  title: string;
  count?: number | string;
  tone?: Tone;
  end?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

/** A part of the board: a region named by its heading, which can take the focus. */
export function Part({ id, title, count, tone = "plain", end, class: extra = "", children }: PartProps) {
  return (
    <section id={id} class={`bd-part bd-part-${tone} ${extra}`} tabIndex={-1} aria-labelledby={`${id}-title`}>
      <div class="bd-part-head">
        <h2 id={`${id}-title`}>
          {title}
          {count !== undefined && <span class="bd-part-count num"> {count}</span>}
        </h2>
        {end}
      </div>
      {children}
    </section>
  );
}

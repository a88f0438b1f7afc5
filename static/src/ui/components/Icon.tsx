import { type IconName, icons } from "./icons";

export type { IconName } from "./icons";

/** Always decorative: the word beside it, or the name of its button, says the same. */
export function Icon({ name, size = "m" }: { name: IconName; size?: "s" | "m" | "l" }) {
  return (
    <svg
      class={size === "m" ? "icon" : `icon icon-${size}`}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      stroke-width="2"
      stroke-linecap="round"
      stroke-linejoin="round"
      aria-hidden="true"
    >
      <path d={icons[name]} />
    </svg>
  );
}

import type { ButtonHTMLAttributes, ComponentChildren } from "preact";
import { Icon, type IconName } from "./Icon";
import { alertUser } from "./messages";

interface Look {
  /** Height of the target in CSS pixels at normal text size: 48 ordinary, 56 the main act of a view, 72 counting and shutter. */
  size?: 48 | 56 | 72;
  kind?: "plain" | "primary" | "line" | "quiet" | "danger";
  icon?: IconName;
  wide?: boolean;
  /** The icon alone; `label` is then its name for screen readers. */
  label?: string;
  children?: ComponentChildren;
  class?: string;
}

interface ButtonProps extends Look {
  onPress: () => void;
  /** Why it cannot be used now. The button stays focusable and says the reason instead of acting. */
  blocked?: string | undefined;
  pressed?: boolean;
  id?: string;
  describedBy?: string;
}

function look({ size = 48, kind = "plain", wide, label, class: extra }: Look): string {
  const names = ["button", `button-${size}`, `button-${kind}`];
  if (wide) names.push("button-wide");
  if (label !== undefined) names.push("button-icon");
  if (extra) names.push(extra);
  return names.join(" ");
}

/** `aria-disabled` instead of `disabled`: a person who cannot act must still be able to reach the reason. */
export function Button(props: ButtonProps) {
  const { onPress, blocked, pressed, icon, label, children, id, describedBy } = props;
  const optional: ButtonHTMLAttributes<HTMLButtonElement> = {
    ...(pressed === undefined ? {} : { "aria-pressed": pressed }),
    ...(label === undefined ? {} : { "aria-label": label }),
    ...(blocked === undefined ? {} : { "aria-disabled": true }),
    ...(id === undefined ? {} : { id }),
    ...(describedBy === undefined ? {} : { "aria-describedby": describedBy }),
  };
  // A press that cannot act says why: nobody should have to guess with gloves on.
  const press = () => (blocked === undefined ? onPress() : alertUser(blocked));
  return (
    <button type="button" class={look(props)} onClick={press} {...optional}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

/** A link that looks like a button: for going somewhere, never for doing something. */
export function ButtonLink(props: Look & { href: string }) {
  const { icon, label, children, href } = props;
  return (
    <a class={look(props)} href={href} {...(label === undefined ? {} : { "aria-label": label })}>
      {icon && <Icon name={icon} />}
      {children}
    </a>
  );
}

/** Submits the form around it. */
export function SubmitButton(props: Look & { blocked?: string | undefined }) {
  const { icon, children, blocked } = props;
  return (
    <button type="submit" class={look({ size: 56, kind: "primary", ...props })} aria-disabled={blocked !== undefined}>
      {icon && <Icon name={icon} />}
      {children}
    </button>
  );
}

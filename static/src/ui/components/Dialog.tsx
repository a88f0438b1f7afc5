import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../i18n";
import { Breakable } from "./Breakable";
import { Button } from "./Button";
import { Toasts } from "./Toast";

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ComponentChildren;
  foot?: ComponentChildren;
  class?: string;
}

/**
 * The native modal: it traps focus, closes on Escape and gives focus back. Render it only while it is open. It shows the
 * messages itself, because a modal covers the page's own.
 */
export function Dialog({ title, onClose, children, foot, class: extra = "" }: DialogProps) {
  const box = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const opener = document.activeElement;
    box.current?.showModal();
    return () => {
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog ref={box} class={`dialog ${extra}`} aria-labelledby={id} onClose={onClose}>
      <div class="dialog-head">
        <h2 id={id} tabIndex={-1} autofocus>
          <Breakable text={title} />
        </h2>
        <Button icon="close" kind="quiet" label={t("act.close")} onPress={onClose} />
      </div>
      <div class="dialog-body">{children}</div>
      {foot && <div class="dialog-foot">{foot}</div>}
      <Toasts />
    </dialog>
  );
}

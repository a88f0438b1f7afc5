import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { type Account, blockTablet, closeAccount, endSession, type KeptTablet } from "../../state/people";
import { Button } from "../components/Button";
import { Dialog } from "../components/Dialog";
import { toast } from "../components/Toast";
import { t } from "../i18n";
import { tried } from "./tried";

interface Props {
  onClose: () => void;
  /** Fetches the list anew. */
  again: () => Promise<void>;
}

export function Close({ person, onClose, again }: { person: Account } & Props) {
  const { name } = person;
  return (
    <Confirm
      title={t("people.close.of", { name })}
      act={t("people.close")}
      done={t("people.close.done", { name })}
      run={() => closeAccount(person.id)}
      onClose={onClose}
      again={again}
    >
      <p>{t("people.close.text", { name })}</p>
    </Confirm>
  );
}

export function End({ person, device, label, ...props }: { person: Account; device: string; label: string } & Props) {
  return (
    <Confirm
      title={t("people.end.of", { label })}
      act={t("people.end")}
      done={t("people.end.done", { label })}
      run={() => endSession(person.id, device)}
      onClose={props.onClose}
      again={props.again}
    >
      <p>{t("people.end.text", { name: person.name })}</p>
    </Confirm>
  );
}

export function Block({ tablet, ...props }: { tablet: KeptTablet } & Props) {
  const { label } = tablet;
  return (
    <Confirm
      title={t("kept.block.of", { label })}
      act={t("kept.block")}
      done={t("kept.block.done", { label })}
      run={() => blockTablet(tablet.id)}
      onClose={props.onClose}
      again={props.again}
    >
      <p>{t("kept.block.text")}</p>
      <p>{t("kept.block.limit")}</p>
    </Confirm>
  );
}

interface ConfirmProps extends Props {
  title: string;
  act: string;
  /** Said when it has been done. */
  done: string;
  run: () => Promise<unknown>;
  children: ComponentChildren;
}

/** An act that cannot be taken back: what it does, once more, before it is done. */
export function Confirm({ title, act, done, run, onClose, again, children }: ConfirmProps) {
  const [busy, setBusy] = useState(false);
  const go = async (): Promise<void> => {
    if (busy) return;
    setBusy(true);
    const worked = await tried(run(), again);
    setBusy(false);
    if (worked) toast(done);
    onClose();
    if (worked) await again();
  };
  return (
    <Dialog
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button size={56} kind="line" onPress={onClose}>
            {t("act.cancel")}
          </Button>
          <Button size={56} kind="danger" icon="lock" onPress={() => void go()}>
            {act}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  );
}

import { useEffect, useRef, useState } from "preact/hooks";
import { type Invitation, invite, type PeopleAnswer, Problem } from "../../state/people";
import { SubmitButton } from "../components/Button";
import { Note } from "../components/Card";
import { Dialog } from "../components/Dialog";
import { SelectField, TextField } from "../components/Field";
import { problemText } from "../enrol/Enrol";
import { t } from "../i18n";
import { authorityName, isShortId, roleName } from "./account";

type Faults = Partial<Record<"name" | "id" | "authority" | "role" | "whole", string>>;

interface Props {
  choices: PeopleAnswer["choices"];
  onMade: (invitation: Invitation) => void;
  onClose: () => void;
}

/** A new account: who it is for, and the roles that this administrator may give. */
export function InviteDialog({ choices, onMade, onClose }: Props) {
  const authorities = Object.keys(choices);
  const [name, setName] = useState("");
  const [id, setId] = useState("");
  const [authority, setAuthority] = useState(authorities.length === 1 ? (authorities[0] ?? "") : "");
  const [role, setRole] = useState("");
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults>({});
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!faults.whole) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [faults]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const missing: Faults = {
      ...(name.trim() ? {} : { name: t("people.name.missing") }),
      ...(isShortId(id) ? {} : { id: t("people.id.wrong") }),
      ...(authority ? {} : { authority: t("people.authority.missing") }),
      ...(role ? {} : { role: t("people.role.missing") }),
    };
    setFaults(missing);
    if (busy || Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      onMade(await invite({ name: name.trim(), id: id.trim(), authority, role }));
    } catch (error) {
      const taken = error instanceof Problem && error.code === "taken";
      setFaults(taken ? { id: t("people.error.taken") } : { whole: problemText(error) });
      setBusy(false);
    }
  };
  const choose = (chosen: string): void => {
    setAuthority(chosen);
    if (!(choices[chosen] ?? []).includes(role)) setRole("");
  };
  return (
    <Dialog title={t("people.invite.title")} onClose={onClose}>
      <form ref={form} class="stack" onSubmit={submit} noValidate>
        {faults.whole && (
          <Note tone="bad" live>
            <p>{faults.whole}</p>
          </Note>
        )}
        <TextField
          label={t("people.name")}
          hint={t("people.name.hint")}
          error={faults.name}
          value={name}
          onInput={setName}
          maxLength={80}
        />
        <TextField
          label={t("people.id")}
          hint={t("people.id.hint")}
          error={faults.id}
          value={id}
          onInput={setId}
          maxLength={31}
          spellcheck={false}
        />
        {authorities.length > 1 && (
          <SelectField
            label={t("people.authority")}
            error={faults.authority}
            value={authority}
            options={authorities.map((each) => ({ id: each, label: authorityName(each) }))}
            onChange={choose}
          />
        )}
        <SelectField
          label={t("people.role")}
          error={faults.role}
          value={role}
          options={(choices[authority] ?? Object.values(choices)[0] ?? []).map((each) => ({
            id: each,
            label: roleName(each),
          }))}
          onChange={setRole}
        />
        <SubmitButton wide blocked={busy ? t("people.invite.working") : undefined}>
          {busy ? t("people.invite.working") : t("people.invite.make")}
        </SubmitButton>
      </form>
    </Dialog>
  );
}

import { useEffect, useRef, useState } from "preact/hooks";
import { Problem, setUp, setupChoices } from "../../state/session";
import { SubmitButton } from "../components/Button";
import { Card, Note } from "../components/Card";
import { SelectField, TextField } from "../components/Field";
import { codeFrom } from "../enrol/code";
import { Brand, LanguageChoice, problemText } from "../enrol/Enrol";
import { label, t } from "../i18n";
import { replace, route } from "../router";
import { Unanswered, useAnswer } from "../useAnswer";
import { isShortId } from "./account";

/** The first start: whoever has the link from the server's terminal becomes its administrator, in this browser. */
export function Setup() {
  return (
    <div class="page page-narrow">
      <Brand />
      <LanguageChoice />
      <SetupForm />
    </div>
  );
}

type Faults = Partial<Record<"code" | "name" | "id" | "authority" | "whole", string>>;

function SetupForm() {
  const linked = codeFrom(route.value[1] ?? "");
  const [code, setCode] = useState(linked);
  const [name, setName] = useState("");
  const [id, setId] = useState("");
  const [authority, setAuthority] = useState("");
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults>({});
  const { answer: choices, failed, again } = useAnswer(setupChoices);
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (!faults.whole) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [faults]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const missing: Faults = {
      ...(codeFrom(code) ? {} : { code: t("enrol.code.missing") }),
      ...(name.trim() ? {} : { name: t("people.name.missing") }),
      ...(isShortId(id) ? {} : { id: t("people.id.wrong") }),
      ...(authority ? {} : { authority: t("people.authority.missing") }),
    };
    setFaults(missing);
    if (busy || Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      await setUp(codeFrom(code), { name: name.trim(), id: id.trim(), authority }, t("setup.device"));
      replace();
    } catch (error) {
      setFaults(faultsOf(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} class="stack" onSubmit={submit} noValidate>
      <h1>{t("setup.title")}</h1>
      <p>{t("setup.lead")}</p>
      <Note icon="lock">
        <p>{t("setup.role")}</p>
      </Note>
      {faults.whole && (
        <Note tone="bad" live>
          <p>{faults.whole}</p>
        </Note>
      )}
      <Unanswered failed={failed} again={again} />
      <Card>
        <TextField
          label={t("setup.code")}
          hint={linked ? t("enrol.code.filled") : t("setup.code.hint")}
          error={faults.code}
          value={code}
          onInput={setCode}
          class="input-code"
          spellcheck={false}
        />
        <TextField
          label={t("people.name")}
          hint={t("people.name.hint")}
          error={faults.name}
          value={name}
          onInput={setName}
          maxLength={80}
          autoComplete="name"
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
        <SelectField
          label={t("setup.authority")}
          error={faults.authority}
          value={authority}
          options={(choices?.authorities ?? []).map((each) => ({ id: each.id, label: label(each, each.id) }))}
          onChange={setAuthority}
        />
        <SubmitButton wide blocked={busy ? t("setup.working") : undefined}>
          {busy ? t("setup.working") : t("setup.submit")}
        </SubmitButton>
      </Card>
    </form>
  );
}

function faultsOf(error: unknown): Faults {
  if (!(error instanceof Problem)) return { whole: problemText(error) };
  if (error.code === "taken") return { id: t("people.error.taken") };
  if (error.code === "code-invalid") return { whole: t("setup.error.code") };
  return { whole: problemText(error) };
}

import { useEffect, useRef, useState } from "preact/hooks";
import { lostStore } from "../../state/loss";
import { language } from "../../state/prefs";
import { emptied, enrol, Problem } from "../../state/session";
import { SubmitButton } from "../components/Button";
import { Card, Note } from "../components/Card";
import { ChoiceField, TextField } from "../components/Field";
import { Icon } from "../components/Icon";
import { t } from "../i18n";
import { mayRecord } from "../install";
import { replace, route } from "../router";
import { codeFrom } from "./code";
import { InstallGuide } from "./Install";

/** The code of a one-time link, if that is how the app was opened. */
function linkedCode(): string {
  return route.value[0] === "enrol" ? codeFrom(route.value[1] ?? "") : "";
}

/** First meeting: in the installed app the form, in a browser tab how to install (and the form for coordinators). */
export function Enrol() {
  const [desk, setDesk] = useState(false);
  const form = mayRecord.value || desk;
  return (
    <div class="page page-narrow">
      <Brand />
      <LanguageChoice />
      <Gone />
      <Emptied />
      {form ? <EnrolForm code={linkedCode()} /> : <InstallGuide code={linkedCode()} onDesk={() => setDesk(true)} />}
    </div>
  );
}

export function Brand() {
  return (
    <div class="brand">
      <img src="/icons/insats.svg" alt="" width="56" height="56" />
      <span>{t("app.name")}</span>
    </div>
  );
}

/** The sign-in on this tablet ended, and it has been emptied: why there is nothing here, and that nothing is missing. */
function Emptied() {
  if (emptied.value === null) return null;
  return (
    <Card title={t("emptied.title")} tone="warn" end={<Icon name="lock" />}>
      <p>{t("emptied.text", { name: emptied.value.user.name, label: emptied.value.device.label })}</p>
      <p>{t("emptied.do")}</p>
    </Card>
  );
}

/** This tablet was enrolled before and its store is empty: what happened, what is safe and what to do. */
function Gone() {
  const was = lostStore.value;
  if (was === null) return null;
  return (
    <Card title={t("gone.title")} tone="bad" end={<Icon name="alert" />}>
      <p>{t("gone.text", { label: was.label })}</p>
      <p>{t("gone.safe")}</p>
      <p>
        <strong>{t("gone.do")}</strong>
      </p>
    </Card>
  );
}

/** Each language in its own name, so that either reader finds it. */
export function LanguageChoice() {
  return (
    <ChoiceField
      legend={t("enrol.language")}
      value={language.value}
      options={[
        { id: "sv", label: "Svenska" },
        { id: "en", label: "English" },
      ]}
      onChange={(id) => {
        language.value = id === "en" ? "en" : "sv";
      }}
    />
  );
}

/** The sentence for what went wrong, with what to do. */
export function problemText(error: unknown): string {
  if (!(error instanceof Problem)) return t(error instanceof TypeError ? "enrol.error.network" : "enrol.error.storage");
  if (error.code === "storage") return t("enrol.error.storage");
  if (error.status === 0) return t("enrol.error.network");
  if (error.code === "code-invalid") return t("enrol.error.code-invalid");
  if (error.code === "taken") return t("people.error.taken");
  if (error.code === "too-many") return t("enrol.error.too-many");
  return t("enrol.error.other", { code: error.code });
}

interface Faults {
  code?: string;
  label?: string;
  whole?: string;
}

function EnrolForm({ code: linked }: { code: string }) {
  const [code, setCode] = useState(linked);
  const [label, setLabel] = useState(lostStore.value?.label ?? "");
  const [busy, setBusy] = useState(false);
  const [faults, setFaults] = useState<Faults>({});
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (faults.code ?? faults.label) form.current?.querySelector<HTMLElement>("[aria-invalid]")?.focus();
  }, [faults]);

  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const missing: Faults = {
      ...(codeFrom(code) ? {} : { code: t("enrol.code.missing") }),
      ...(label.trim() ? {} : { label: t("enrol.label.missing") }),
    };
    setFaults(missing);
    if (busy || Object.keys(missing).length > 0) return;
    setBusy(true);
    try {
      await enrol(codeFrom(code), label.trim());
      replace();
    } catch (error) {
      setFaults({ whole: problemText(error) });
    } finally {
      setBusy(false);
    }
  };
  return (
    <form ref={form} class="stack" onSubmit={submit} noValidate>
      <h1>{t("enrol.title")}</h1>
      <p>{t("enrol.lead")}</p>
      {faults.whole && (
        <Note tone="bad" live>
          <p>{faults.whole}</p>
        </Note>
      )}
      <Card>
        <TextField
          label={t("enrol.code")}
          hint={linked ? t("enrol.code.filled") : t("enrol.code.hint")}
          error={faults.code}
          value={code}
          onInput={setCode}
          class="input-code"
          spellcheck={false}
        />
        <TextField
          label={t("enrol.label")}
          hint={t("enrol.label.hint")}
          error={faults.label}
          value={label}
          onInput={setLabel}
          maxLength={80}
        />
        <SubmitButton wide blocked={busy ? t("enrol.working") : undefined}>
          {busy ? t("enrol.working") : t("enrol.submit")}
        </SubmitButton>
      </Card>
    </form>
  );
}

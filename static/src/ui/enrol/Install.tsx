import { Button } from "../components/Button";
import { Card, Note } from "../components/Card";
import { toast } from "../components/Toast";
import { t } from "../i18n";
import { allowThisWindow, install, isLocal, offer } from "../install";

/** How to get the app onto the home screen. The code of a link is shown to be carried over, never used up here. */
export function InstallGuide({ code, onDesk }: { code: string; onDesk?: () => void }) {
  return (
    <div class="stack">
      <h1>{t("install.title")}</h1>
      <p>{t("install.lead")}</p>
      {offer.value && (
        <Button size={56} kind="primary" icon="tablet" onPress={() => void install()}>
          {t("install.now")}
        </Button>
      )}
      {code && <CodeToCarry code={code} />}
      <div class="guide">
        <Steps title={t("install.ipad")} steps={[t("install.ipad.1"), t("install.ipad.2"), t("install.ipad.3")]} />
        <Steps
          title={t("install.android")}
          steps={[t("install.android.1"), t("install.android.2"), t("install.android.3")]}
        />
      </div>
      {onDesk && (
        <Card title={t("install.desk")}>
          <p>{t("install.desk.text")}</p>
          <Button kind="line" onPress={onDesk}>
            {t("install.desk.go")}
          </Button>
        </Card>
      )}
      {isLocal() && <DevelopmentSwitch />}
    </div>
  );
}

function Steps({ title, steps }: { title: string; steps: readonly string[] }) {
  return (
    <Card title={title}>
      <ol class="steps">
        {steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
    </Card>
  );
}

function CodeToCarry({ code }: { code: string }) {
  const copy = async (): Promise<void> => {
    await navigator.clipboard.writeText(code);
    toast(t("install.copied"));
  };
  return (
    <Card tone="info" title={t("install.code")}>
      <p class="carry-code num">{code}</p>
      <p>{t("install.code.hint")}</p>
      {"clipboard" in navigator && (
        <Button kind="line" onPress={() => void copy()}>
          {t("install.copy")}
        </Button>
      )}
    </Card>
  );
}

function DevelopmentSwitch() {
  return (
    <Note tone="plain">
      <p>{t("install.window.text")}</p>
      <Button kind="line" onPress={allowThisWindow}>
        {t("install.window")}
      </Button>
    </Note>
  );
}

/** Connected, but in a tab: reading or writing here would be on sand. */
export function InstallGate() {
  return (
    <div class="page page-narrow">
      <Note tone="warn">
        <p>{t("install.gate")}</p>
      </Note>
      <InstallGuide code="" />
    </div>
  );
}

import { code } from "../../state/operation";
import { language, textSize, theme } from "../../state/prefs";
import { session } from "../../state/session";
import { Card, Note } from "../components/Card";
import { ChoiceField } from "../components/Field";
import { LanguageChoice } from "../enrol/Enrol";
import { label, t } from "../i18n";
import { Page } from "../Page";
import { Sessions } from "./Sessions";

const THEMES = ["dark", "light", "system"] as const;
const SIZES = ["m", "l", "xl"] as const;

export function Settings() {
  return (
    <Page title={t("set.title")} narrow key={language.value}>
      <Who />
      <Sessions />
      <Card>
        <LanguageChoice />
        <ChoiceField
          legend={t("set.theme")}
          value={theme.value}
          options={THEMES.map((id) => ({ id, label: t(`set.theme.${id}`) }))}
          onChange={(id) => {
            theme.value = THEMES.find((each) => each === id) ?? "dark";
          }}
        />
        <ChoiceField
          legend={t("set.text")}
          value={textSize.value}
          options={SIZES.map((id) => ({ id, label: t(`set.text.${id}`) }))}
          onChange={(id) => {
            textSize.value = SIZES.find((each) => each === id) ?? "m";
          }}
        />
      </Card>
      <Note icon="lock">
        <p>{t("set.secrecy")}</p>
      </Note>
    </Page>
  );
}

function Who() {
  const known = session.value;
  if (known === null) return null;
  const { user, device } = known;
  return (
    <Card title={t("set.who")}>
      <dl class="facts">
        <dt>{t("set.name")}</dt>
        <dd>{user.name}</dd>
        <dt>{t("set.authority")}</dt>
        <dd>{label(code("authorities", user.authority), user.authority)}</dd>
        <dt>{t("set.role")}</dt>
        <dd>{label(code("roles", user.role), user.role)}</dd>
        <dt>{t("set.device")}</dt>
        <dd>{device.label}</dd>
      </dl>
    </Card>
  );
}

import { useEffect } from "preact/hooks";
import { ButtonLink } from "./components/Button";
import { t } from "./i18n";
import { Page } from "./Page";
import { replace } from "./router";

/** An address that leads nowhere on this tablet. */
export function Lost() {
  return (
    <Page title={t("lost.title")} narrow>
      <p>{t("lost.text")}</p>
      <div>
        <ButtonLink href="#/day" size={56} kind="primary" icon="list">
          {t("lost.home")}
        </ButtonLink>
      </div>
    </Page>
  );
}

/** A one-time link opened on a tablet that is connected already: nothing to do, so straight to the day. */
export function EnrolAgain() {
  useEffect(() => replace(), []);
  return null;
}

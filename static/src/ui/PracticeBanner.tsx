import { Icon } from "./components/Icon";
import { t } from "./i18n";
import { currentOperation, visitsOf } from "./model";

/** Whether the evening on the screen is one to practise on: the plan marks its places as invented. */
export function isPractice(visits: readonly { readonly fictitious: boolean }[]): boolean {
  return visits.some((visit) => visit.fictitious);
}

/** The demo and exercises look like the real thing; nobody must take one for the other. */
export function PracticeBanner() {
  const operation = currentOperation();
  if (operation === undefined || !isPractice(visitsOf(operation.id))) return null;
  return (
    <p class="practice small">
      <Icon name="info" size="s" />
      {t("practice.banner")}
    </p>
  );
}

import { signal } from "@preact/signals";
import { rescued } from "../state/loss";
import { Button } from "./components/Button";
import { Icon } from "./components/Icon";
import { number, plural, t } from "./i18n";

const read = signal(false);

/** The browser lost the database and the app loaded itself again: what is here after all, and what has to be done again. */
export function RescuedBanner() {
  const what = rescued.value;
  return (
    <div aria-live="assertive">
      {what && !read.value && (
        <div class={what.photos > 0 ? "safety-banner safety-high" : "safety-banner"}>
          <Icon name={what.photos > 0 ? "alert" : "undo"} />
          <div class="grow">
            <strong>{t("rescued.title")}</strong> {recordings(what.recordings)} {photos(what.photos)}
          </div>
          <Button
            kind="line"
            icon="check"
            onPress={() => {
              read.value = true;
            }}
          >
            {t("mine.seen")}
          </Button>
        </div>
      )}
    </div>
  );
}

function recordings(n: number): string {
  return n > 0 ? plural(n, t("rescued.recordings.one"), t("rescued.recordings", { n: number(n) })) : "";
}

function photos(n: number): string {
  return n > 0 ? plural(n, t("rescued.photos.one"), t("rescued.photos", { n: number(n) })) : "";
}

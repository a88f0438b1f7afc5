import { useEffect, useState } from "preact/hooks";
import { Button } from "../components/Button";
import { Card, Note } from "../components/Card";
import { FileButton } from "../components/FileButton";
import { Icon } from "../components/Icon";
import { Progress } from "../components/Stepper";
import { bytes, t } from "../i18n";
import { handIn, makeFile, type Saving, saving } from "./courierJobs";
import { HandIn } from "./HandIn";

/** What cannot be sent travels as a sealed file, and any tablet with contact hands it in. */
export function Courier() {
  return (
    <Card title={t("courier.title")}>
      <p>{t("courier.lead")}</p>
      <div class="actions">
        <Button size={56} kind="line" icon="share" onPress={() => void makeFile()}>
          {t("courier.save")}
        </Button>
        <FileButton
          text={t("courier.deliver")}
          icon="cloudUp"
          accept=".insats,application/vnd.insats.courier"
          onFiles={(list) => list?.[0] && void handIn(list[0])}
        />
      </div>
      <p class="small muted">{t("courier.deliver.hint")}</p>
      {saving.value && <Made saving={saving.value} />}
      <HandIn />
    </Card>
  );
}

function Made({ saving: now }: { saving: Saving }) {
  if (now.step === "sealing")
    return (
      <div class="stack-s" role="status">
        <p>{t("courier.saving")}</p>
        <Progress part={now.done} whole={now.total} />
      </div>
    );
  if (now.step === "failed")
    return (
      <Note tone={now.code === "empty" ? "info" : "warn"} live>
        <p>{failure(now.code)}</p>
      </Note>
    );
  return <Ready file={now.file} />;
}

function failure(code: string): string {
  if (code === "empty") return t("courier.nothing");
  return code === "no-seal-key" ? t("courier.nokey") : t("courier.failed", { code });
}

/** The file leaves the app by a press of its own: a browser allows no download long after the one that began it. */
function Ready({ file }: { file: File }) {
  const url = useObjectUrl(file);
  return (
    <Note tone="ok" live>
      <p>
        <strong class="file-name">{file.name}</strong> <span class="num">({bytes(file.size)})</span>
      </p>
      <p>{t("courier.made.text")}</p>
      <div class="actions">
        {url && (
          <a class="button button-56 button-primary" href={url} download={file.name}>
            <Icon name="tablet" />
            {t("courier.download")}
          </a>
        )}
        {mayShare(file) && (
          <Button size={56} kind="line" icon="share" onPress={() => void share(file)}>
            {t("courier.share")}
          </Button>
        )}
      </div>
    </Note>
  );
}

function useObjectUrl(file: File): string | null {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [file]);
  return url;
}

function mayShare(file: File): boolean {
  return navigator.canShare?.({ files: [file] }) ?? false;
}

/** Closing the sheet is no failure. */
async function share(file: File): Promise<void> {
  await navigator.share({ files: [file] }).catch(() => undefined);
}

import { useEffect, useRef, useState } from "preact/hooks";
import { Button } from "../components/Button";
import { Note } from "../components/Card";
import { Dialog } from "../components/Dialog";
import { t } from "../i18n";

const JPEG_QUALITY = 0.92;
/** The sensor's best, within what one photo may weigh. */
const WANTED: MediaStreamConstraints = {
  audio: false,
  video: { facingMode: "environment", width: { ideal: 3840 }, height: { ideal: 2160 } },
};

type Phase = "starting" | "live" | "denied";

/** The viewfinder inside the page: the system camera would let Android close the app meanwhile. */
export function Camera({ onShot, onClose }: { onShot: (photo: Blob) => Promise<boolean>; onClose: () => void }) {
  const video = useRef<HTMLVideoElement>(null);
  const [phase, setPhase] = useState<Phase>("starting");
  const [taken, setTaken] = useState(0);
  const [saving, setSaving] = useState(0);
  useEffect(() => openCamera(video, setPhase), []);
  const queue = useRef<Promise<unknown>>(Promise.resolve());
  // The next picture need not wait for the last one to be stored, but they are stored one at a time: memory is short.
  const shoot = async (): Promise<void> => {
    const photo = phase === "live" && video.current ? await frameOf(video.current) : null;
    if (photo === null) return;
    setSaving((n) => n + 1);
    const stored = queue.current.then(() => onShot(photo));
    queue.current = stored;
    const kept = await stored;
    setSaving((n) => n - 1);
    if (kept) setTaken((n) => n + 1);
  };
  return (
    <Dialog title={t("camera.title")} onClose={onClose} class="camera">
      {phase === "denied" ? (
        <Note tone="bad" live>
          <p>{t("camera.denied")}</p>
        </Note>
      ) : (
        <div class="finder">
          <video ref={video} playsInline muted autoPlay aria-label={t("camera.live")} />
          {phase === "starting" && <p role="status">{t("camera.starting")}</p>}
        </div>
      )}
      <div class="camera-bar">
        <span class="num" role="status">
          {saving > 0 ? t("camera.saving", { n: saving }) : taken > 0 && t("camera.taken", { n: taken })}
        </span>
        <button
          type="button"
          class="shutter"
          aria-label={t("camera.shutter")}
          aria-disabled={phase !== "live"}
          onClick={() => void shoot()}
        />
        <Button size={56} kind="plain" icon="check" onPress={onClose}>
          {t("act.done")}
        </Button>
      </div>
    </Dialog>
  );
}

/** Opens the rear camera into the element; the returned function lets it go again, also when the answer comes late. */
function openCamera(video: { current: HTMLVideoElement | null }, say: (phase: Phase) => void): () => void {
  let stream: MediaStream | undefined;
  let closed = false;
  const stop = (): void => {
    for (const track of stream?.getTracks() ?? []) track.stop();
  };
  const open = async (): Promise<void> => {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
    if (closed || video.current === null) return stop();
    video.current.srcObject = stream;
    await video.current.play();
    say("live");
  };
  open().catch(() => !closed && say("denied"));
  return () => {
    closed = true;
    stop();
  };
}

async function frameOf(video: HTMLVideoElement): Promise<Blob | null> {
  const canvas = document.createElement("canvas");
  canvas.width = video.videoWidth;
  canvas.height = video.videoHeight;
  canvas.getContext("2d")?.drawImage(video, 0, 0);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/jpeg", JPEG_QUALITY));
}

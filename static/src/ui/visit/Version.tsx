import { useState } from "preact/hooks";
import { mayDecide } from "../../state/decisions";
import { roleIn } from "../../state/replica";
import { approvalProblem, approve, submit, type VersionView, versionOf, withdrawApproval } from "../../state/versions";
import { StatusBadge, shortAuthority } from "../components/Badge";
import { Button } from "../components/Button";
import { Card, Note } from "../components/Card";
import { personOf } from "../components/ConflictCard";
import { Dialog } from "../components/Dialog";
import { TextField } from "../components/Field";
import { announce } from "../components/Toast";
import { moment, number, plural, t } from "../i18n";
import { me, type VisitView } from "../model";
import { now } from "../now";
import { tryVersion, versionProblem } from "./attempts";
import { Late } from "./Late";

export interface Part {
  readonly visit: VisitView;
  readonly stream: string;
}

/** The part of a visit that one stream holds: handed in, approved, and what came afterwards. */
export function VersionCard(part: Part) {
  const isShared = part.stream === part.visit.stream;
  const title = isShared ? t("version.shared") : t("version.own", { authority: shortAuthority(me()) });
  return (
    <Card title={title} level={3} end={<VersionBadge {...part} />}>
      <VersionBody {...part} />
    </Card>
  );
}

export function VersionBody({ visit, stream }: Part) {
  const version = versionOf(stream, visit.id);
  return (
    <>
      <p class="small muted">{t(stream === visit.stream ? "version.shared.holds" : "version.own.holds")}</p>
      <Standing stream={stream} version={version} />
      {version.stale && (
        <Note tone="warn" icon="alert">
          {t("sync.reason.stale_approval")}
        </Note>
      )}
      {!version.approved && version.late.length > 0 && <Late stream={stream} late={version.late} />}
      {version.approved && <Amendments version={version} />}
      {roleIn(stream) === "writer" && <Acts visit={visit} stream={stream} version={version} />}
    </>
  );
}

/** How the part stands, in one word. */
export function VersionBadge({ visit, stream }: Part) {
  const version = versionOf(stream, visit.id);
  if (version.approved)
    return (
      <StatusBadge tone="ok" icon="seal">
        {t("version.approved")}
      </StatusBadge>
    );
  if (version.submitted)
    return (
      <StatusBadge tone={version.late.length > 0 ? "warn" : "info"} icon={version.late.length > 0 ? "clock" : "check"}>
        {t(version.late.length > 0 ? "version.submitted.late" : "version.submitted")}
      </StatusBadge>
    );
  return <StatusBadge icon="circle">{t(version.entries === 0 ? "version.none" : "version.open")}</StatusBadge>;
}

/** Who did what, and when. */
function Standing({ stream, version: { submitted, approved } }: { stream: string; version: VersionView }) {
  const said = ({ by, at }: { by: string; at: number }) => ({ name: personOf(stream, by), at: moment(at, now.value) });
  if (!submitted && !approved) return null;
  return (
    <div class="stack-s">
      {submitted && <p class="num">{t("version.submitted.by", said(submitted))}</p>}
      {approved && (
        <p class="num">
          <strong>{t("version.approved.by", said(approved))}</strong>
        </p>
      )}
    </div>
  );
}

function Amendments({ version: { amendments } }: { version: VersionView }) {
  const n = amendments.length;
  return (
    <Note tone={n > 0 ? "warn" : "info"} icon={n > 0 ? "clock" : "info"}>
      {n > 0 && (
        <p>
          <strong>{plural(n, t("version.amended.one"), t("version.amended", { n }))}</strong>
        </p>
      )}
      <p>{t("version.banner.text")}</p>
    </Note>
  );
}

type Asking = "approve" | "withdraw" | null;

function Acts({ visit, stream, version }: Part & { version: VersionView }) {
  const [asking, setAsking] = useState<Asking>(null);
  const { submitted, approved, late, entries } = version;
  const hand = async (): Promise<void> => {
    if (await tryVersion(submit(visit.op, visit.id, stream))) announce(t("version.submit.done"));
  };
  const decides = mayDecide(stream);
  const ready = submitted !== null && late.length === 0;
  return (
    <>
      <div class="actions">
        {!approved && !ready && (
          <Button
            size={56}
            kind="primary"
            icon="check"
            blocked={entries === 0 ? t("version.blocked.empty") : undefined}
            onPress={() => void hand()}
          >
            {t(submitted ? "version.submit.again" : "version.submit")}
          </Button>
        )}
        {!approved && decides && (
          <ApproveButton visit={visit} stream={stream} main={ready} onPress={() => setAsking("approve")} />
        )}
        {approved && decides && (
          <Button size={56} kind="line" icon="undo" onPress={() => setAsking("withdraw")}>
            {t("version.withdraw")}
          </Button>
        )}
      </div>
      {!approved && <Help decides={decides} submitted={submitted !== null} />}
      {asking === "approve" && (
        <ApproveDialog visit={visit} stream={stream} version={version} onClose={() => setAsking(null)} />
      )}
      {asking === "withdraw" && <WithdrawDialog visit={visit} stream={stream} onClose={() => setAsking(null)} />}
    </>
  );
}

/** Before anything is handed in: what handing in means. Afterwards: whose word is missing. */
function Help({ decides, submitted }: { decides: boolean; submitted: boolean }) {
  if (submitted && decides) return null;
  return <p class="small muted">{t(submitted ? "version.approve.who" : "version.submit.help")}</p>;
}

function ApproveButton({ visit, stream, main, onPress }: Part & { main: boolean; onPress: () => void }) {
  const problem = approvalProblem(stream, visit.id);
  const blocked = problem === null ? undefined : versionProblem(problem);
  return (
    <>
      <Button size={56} kind={main ? "primary" : "line"} icon="seal" blocked={blocked} onPress={onPress}>
        {t("version.approve")}
      </Button>
      {blocked !== undefined && <p class="small why">{blocked}</p>}
    </>
  );
}

function ApproveDialog({ visit, stream, version, onClose }: Part & { version: VersionView; onClose: () => void }) {
  const give = async (): Promise<void> => {
    if (!(await tryVersion(approve(visit.op, visit.id, stream)))) return;
    announce(t("version.approve.done"));
    onClose();
  };
  return (
    <Dialog
      title={t("version.approve.title")}
      onClose={onClose}
      foot={
        <>
          <Button size={56} kind="line" onPress={onClose}>
            {t("act.cancel")}
          </Button>
          <Button size={56} kind="primary" icon="seal" onPress={() => void give()}>
            {t("version.approve")}
          </Button>
        </>
      }
    >
      <p>
        <strong>{visit.name}</strong>
      </p>
      <p class="num">{t("version.approve.n", { n: number(version.entries) })}</p>
      {version.late.length > 0 && <Late stream={stream} late={version.late} />}
      {!version.submitted && (
        <Note tone="warn">
          <p>{t("version.approve.unsubmitted")}</p>
        </Note>
      )}
      <p>{t("version.approve.text")}</p>
    </Dialog>
  );
}

const MAX_REASON = 500;

function WithdrawDialog({ visit, stream, onClose }: Part & { onClose: () => void }) {
  const [reason, setReason] = useState("");
  const take = async (): Promise<void> => {
    if (!(await tryVersion(withdrawApproval(visit.op, visit.id, stream, reason.trim())))) return;
    announce(t("version.withdraw.done"));
    onClose();
  };
  return (
    <Dialog
      title={t("version.withdraw.title")}
      onClose={onClose}
      foot={
        <>
          <Button size={56} kind="line" onPress={onClose}>
            {t("act.cancel")}
          </Button>
          <Button
            size={56}
            kind="danger"
            icon="undo"
            blocked={reason.trim() === "" ? t("version.reason.missing") : undefined}
            onPress={() => void take()}
          >
            {t("version.withdraw")}
          </Button>
        </>
      }
    >
      <p>{t("version.withdraw.text")}</p>
      <TextField label={t("version.withdraw.reason")} long value={reason} onInput={setReason} maxLength={MAX_REASON} />
    </Dialog>
  );
}

import { useState } from "preact/hooks";
import { type Account, type Invitation, type KeptTablet, newLink, type PeopleAnswer, people } from "../../state/people";
import { isSystemAdministrator } from "../../state/session";
import { Button } from "../components/Button";
import { Card, Note } from "../components/Card";
import { Icon } from "../components/Icon";
import { number, plural, t } from "../i18n";
import { Page } from "../Page";
import { Unanswered, useAnswer } from "../useAnswer";
import { Acts } from "./Acts";
import { Block, Close, End } from "./Confirm";
import { InviteDialog } from "./InviteDialog";
import { LinkDialog } from "./LinkDialog";
import { PersonRow } from "./PersonRow";
import { TabletList } from "./TabletList";
import { tried } from "./tried";

type Open =
  | { is: "invite" }
  | { is: "link"; invitation: Invitation }
  | { is: "close"; person: Account }
  | { is: "end"; person: Account; device: string; label: string }
  | { is: "block"; tablet: KeptTablet };

/** The accounts that this administrator keeps, and what administrators did. */
export function People() {
  const { answer, failed, again } = useAnswer(people);
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const relink = async (person: Account): Promise<void> => {
    const invitation = await tried(newLink(person.id), again);
    if (invitation) setOpen({ is: "link", invitation: invitation.result });
  };
  return (
    <Page title={t("people.title")}>
      <Unanswered failed={failed} again={again} />
      {answer === undefined && failed === undefined && <p role="status">{t("people.loading")}</p>}
      {answer && (
        <div class="people">
          <Accounts
            answer={answer}
            onInvite={() => setOpen({ is: "invite" })}
            onLink={(person) => void relink(person)}
            onClose={(person) => setOpen({ is: "close", person })}
            onEnd={(person, { device, label }) => setOpen({ is: "end", person, device, label })}
          />
          <div class="stack">
            <TabletList tablets={answer.tablets} onBlock={(tablet) => setOpen({ is: "block", tablet })} />
            <Acts acts={answer.acts} />
          </div>
        </div>
      )}
      {answer && open?.is === "invite" && (
        <InviteDialog
          choices={answer.choices}
          onClose={close}
          onMade={(invitation) => {
            setOpen({ is: "link", invitation });
            void again();
          }}
        />
      )}
      {open?.is === "link" && <LinkDialog invitation={open.invitation} onClose={close} />}
      {open?.is === "close" && <Close person={open.person} onClose={close} again={again} />}
      {open?.is === "end" && <End {...open} onClose={close} again={again} />}
      {open?.is === "block" && <Block tablet={open.tablet} onClose={close} again={again} />}
    </Page>
  );
}

interface Acting {
  onLink: (person: Account) => void;
  onClose: (person: Account) => void;
  onEnd: (person: Account, at: Account["sessions"][number]) => void;
}

function Accounts({ answer, onInvite, ...acting }: { answer: PeopleAnswer; onInvite: () => void } & Acting) {
  const active = answer.people.filter((person) => person.active);
  const closed = answer.people.filter((person) => !person.active);
  return (
    <Card
      title={t("people.accounts")}
      end={
        <Button size={56} kind="primary" icon="plus" onPress={onInvite}>
          {t("people.invite")}
        </Button>
      }
    >
      {isSystemAdministrator() && (
        <Note icon="lock">
          <p>{t("people.invite.own")}</p>
        </Note>
      )}
      <List people={active} {...acting} />
      {closed.length > 0 && (
        <details class="disclosure">
          <summary>
            <Icon name="chevron" size="s" />
            {plural(closed.length, t("people.closed.one"), t("people.closed", { n: number(closed.length) }))}
          </summary>
          <List people={closed} {...acting} />
        </details>
      )}
    </Card>
  );
}

function List({ people: list, ...acting }: { people: readonly Account[] } & Acting) {
  return (
    <ul class="bare lines">
      {list.map((person) => (
        <PersonRow key={person.id} person={person} {...acting} />
      ))}
    </ul>
  );
}

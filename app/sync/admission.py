"""The desk of a push: what in it is held for a person, and what it decides about what is held."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from sqlalchemy import Connection, select

from app.auth.tables import Actor
from app.database import table
from app.domain import admission, kinds
from app.domain.admission import Decided, Verdict
from app.domain.change import Change, Refused, line_of
from app.domain.merge import Cells
from app.domain.permissions import Deny, Membership, decide_admission
from app.domain.streams import class_of
from app.sets import Upsert, among
from app.sync import store
from app.sync.custody import Checked
from app.sync.store import Author, StreamRow
from app.sync.tables import Held as HeldTable

_held, _actor = table(HeldTable), table(Actor)

_READ = (
    select(_held, _actor.c.user)
    .join(_actor, _actor.c.id == _held.c.actor)
    .where(among(_held.c.change, "changes"), among(_held.c.stream, "streams"))
)

_DECISION = ("decided", "reason", "decision")
_COLUMNS = ("stream", "commit", "line", "actor", "n", "code", "received", "t", *_DECISION)
HELD = Upsert(_held, ("commit", "change"), _DECISION)


@dataclass
class Held:
    """A held change, whose it is, and what was decided about it; `is_news` says that its row is to be written."""

    stream: int
    commit: str
    line: int
    change: Change
    actor: str
    user: str
    n: int
    code: str
    received: int
    t: int
    decided: Decided | None = None
    reason: str | None = None
    decision: str | None = None
    is_news: bool = True

    def settle(self, decided: Decided, verdict: Verdict) -> None:
        """Note what a verdict made of it."""
        self.decided, self.reason, self.decision = decided, verdict.reason, verdict.id
        self.is_news = True

    def may_be_decided_by(self, author: Author, member: Membership | None) -> bool:
        """Whether the author of an admission may decide about this change."""
        kind, is_own = kinds.kind_of(self.change.e), author.user == self.user
        decision = decide_admission(author.role, author.status, member, kind, is_own=is_own)
        return not isinstance(decision, Deny)

    def row(self) -> dict[str, Any]:
        """As the table has it."""
        told = {"change": self.change.id, "text": line_of(self.change).removesuffix("\n")}
        return {name: getattr(self, name) for name in _COLUMNS} | told


@dataclass
class Desk:
    """What a push knows of held changes: those it decides about, and those it brings."""

    arriving: Mapping[str, str] = field(default_factory=dict)
    """Hash -> user of the commits in the push, where it decides anything: nobody decides about what arrives beside it."""
    known: dict[tuple[str, str], Held] = field(default_factory=dict)
    """By commit and change."""
    fresh: list[Held] = field(default_factory=list)

    @classmethod
    def load(
        cls,
        conn: Connection,
        commits: Sequence[Checked],
        changes: Iterable[Change],
        authors: Mapping[str, Author],
        streams: list[int],
    ) -> "Desk":
        """What the push decides about; nothing is read for one without admissions."""
        start = f"{admission.KIND}_"
        targets = sorted({x.e.removeprefix(start) for x in changes if x.e.startswith(start)})
        if not targets:
            return cls()
        arriving = {
            c.envelope.hash: authors[c.envelope.actor].user
            for c in commits
            if c.is_authentic and c.envelope.actor in authors
        }
        rows = conn.execute(_READ, {"changes": targets, "streams": streams})
        return cls(arriving, {(row.commit, row.change): _from_row(row) for row in rows})

    def hold(
        self, commit: Checked, author: Author, stream: int, received: int, told: Mapping[str, dict[str, str]]
    ) -> None:
        """Take the changes of a commit onto the desk that its verdicts hold."""
        envelope = commit.envelope
        for line, read in enumerate(commit.lines, 1):
            change = read.change if isinstance(read, Refused) else read
            verdict = told.get(change.id) if change else None
            if change is None or verdict is None or verdict["verdict"] != "held":
                continue
            t = min(change.at + envelope.off, received)
            who = (envelope.actor, author.user, envelope.n)
            held = Held(stream, envelope.hash, line, change, *who, verdict["code"], received, t)
            self.known[envelope.hash, change.id] = held
            self.fresh.append(held)

    def is_barred(self, verdict: Verdict, author: Author, member: Membership | None, stream: int) -> bool:
        """Whether its author may not say this."""
        held = self.known.get((verdict.commit, verdict.change))
        if held is not None and held.stream == stream:
            return not held.may_be_decided_by(author, member)
        return self.arriving.get(verdict.commit) == author.user

    def decide(self, verdicts: Iterable[Verdict], stream: StreamRow) -> list[list[tuple[Held, Verdict]]]:
        """Settle what is denied; what is to be merged, by commit and in the order of its body."""
        admitted: dict[str, dict[int, tuple[Held, Verdict]]] = {}
        for verdict in verdicts:
            held = self.known.get((verdict.commit, verdict.change))
            if held is None or held.stream != stream.id:
                continue
            decided = admission.decide(held.decided, verdict)
            if decided == "denied":
                held.settle(decided, verdict)
            elif decided == "admitted" and _is_admissible(held.change, stream):
                admitted.setdefault(held.commit, {}).setdefault(held.line, (held, verdict))
        return [[lines[n] for n in sorted(lines)] for lines in admitted.values()]

    def waiting(self) -> dict[int, list[Held]]:
        """By stream, what the push brought and did not admit: the verdict may have been here before it."""
        found: dict[int, list[Held]] = {}
        for held in self.fresh:
            if held.decided != "admitted":
                found.setdefault(held.stream, []).append(held)
        return found

    def save(self, conn: Connection) -> None:
        """Write the rows that are new or decided."""
        HELD.write(conn, [held.row() for held in self.known.values() if held.is_news])


def _is_admissible(change: Change, stream: StreamRow) -> bool:
    return kinds.may_be_admitted(class_of(stream.name), change.e, change.f, change.v)


def earlier_verdicts(
    conn: Connection,
    waiting: Mapping[int, Sequence[Held]],
    entities: Mapping[tuple[int, str], Cells],
    authors: Mapping[str, Author],
) -> dict[int, list[Verdict]]:
    """By stream, the verdicts that were here before what they are about; at most two statements.

    `entities` and `authors` are what the push knows already. Whoever says it was allowed to when it came; whose change it is
    about was not known then.
    """
    names = {admission.entity_of(held.change.id) for each in waiting.values() for held in each}
    cells = {**store.read_entities(conn, sorted(waiting), sorted(names)), **entities}
    said = [
        (held, verdict) for each in waiting.values() for held in each for verdict in _verdicts_on(held, cells)
    ]
    missing = sorted({verdict.actor for _, verdict in said} - authors.keys())
    known = {**authors, **(store.read_authors(conn, missing) if missing else {})}
    found: dict[int, list[Verdict]] = {}
    for held, verdict in said:
        if held.may_be_decided_by(replace(known[verdict.actor], status="active"), Membership("writer")):
            found.setdefault(held.stream, []).append(verdict)
    return found


def _verdicts_on(held: Held, entities: Mapping[tuple[int, str], Cells]) -> list[Verdict]:
    name = admission.entity_of(held.change.id)
    said = admission.verdicts_in(name, entities.get((held.stream, name), {}))
    return [verdict for verdict in said if verdict.commit == held.commit]


def _from_row(row: Any) -> Held:
    data = orjson.loads(row.text)
    replaces = tuple(data.get("replaces", ()))
    change = Change(data["id"], data["e"], data["f"], data["v"], data["at"], replaces)
    columns = {name: row._mapping[name] for name in (*_COLUMNS, "user")}
    return Held(**columns, change=change, is_news=False)

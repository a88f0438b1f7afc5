"""Custody before merge: the one write path.

`push` is one transaction: lock the streams, read what the changes touch in two set queries, merge in memory, write in
batches. Its number of statements does not depend on the number of changes. What is held and what decides about it lies on the
desk (`admission.py`).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection

from app.domain import permissions
from app.domain.admission import Verdict
from app.domain.change import Change, Refused
from app.domain.commit import GENESIS, Envelope
from app.domain.kinds import ABOUT, kind_of
from app.domain.merge import Cells, Outcome, merge
from app.domain.versions import APPROVAL
from app.sync import log, store
from app.sync.admission import Desk, Held, earlier_verdicts
from app.sync.approval import Approvals
from app.sync.custody import Checked, Fault
from app.sync.disclosures import Disclosures, Handed, recipients
from app.sync.gate import Gate
from app.sync.store import ChainRow, StreamRow


@dataclass(frozen=True)
class Touched:
    """An entity after a push, for the read models: `cells` as the merge left them."""

    stream: int
    stream_name: str
    id: str
    kind: str
    cells: Cells
    seq: int


Projection: TypeAlias = Callable[[Connection, Sequence[Touched]], None]
"""Refreshes read models inside the push's transaction, in a number of statements that does not depend on the rows."""

HandOver: TypeAlias = Callable[[Connection, Sequence[Handed], int], dict[str, int]]
"""Makes the copies of what was handed over, in the push's transaction, as the server; the heads that moved by it."""


@dataclass
class Pushed:
    """What a push answers, and the heads that moved."""

    results: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)


def push(
    conn: Connection,
    commits: Sequence[Checked],
    *,
    now: int,
    projections: Sequence[Projection] = (),
    hand_over: HandOver | None = None,
) -> Pushed:
    """Take checked commits into custody and merge them, in the transaction of `conn`.

    Order of the results is the order of the commits. Never raises for what a client sent; only the server's own jobs, which
    disclose nothing, may leave `hand_over` out.
    """
    return push_together(conn, [commits], now=now, projections=projections, hand_over=hand_over)[0]


def push_together(
    conn: Connection,
    loads: Sequence[Sequence[Checked]],
    *,
    now: int,
    projections: Sequence[Projection] = (),
    hand_over: HandOver | None = None,
) -> list[Pushed]:
    """`push` of several requests, one after the other, in as many statements as one of them takes.

    Each gets the answer that it would have got alone; `heads` are those of the streams that it writes to, and of those that
    got a copy of what it handed over.
    """
    commits = [commit for load in loads for commit in load]
    if not commits:
        return [Pushed() for _ in loads]
    state = _State.load(conn, commits, now)
    answers = [_taken(state, load) for load in loads]
    state.settle(conn)
    state.save(conn, projections)
    moved = {row.name: row.head for row in state.streams.values() if row.moved}
    handed = state.disclosures.handed
    if handed:
        if hand_over is None:
            raise RuntimeError("a push that hands records over needs the server's hand")
        moved |= hand_over(conn, handed, now)
    for load, answer in zip(loads, answers, strict=True):
        mine = {commit.envelope.stream for commit in load}
        mine |= {each.recipient for each in handed if each.source in mine}
        answer.heads = {name: head for name, head in moved.items() if name in mine}
    return answers


def _taken(state: "_State", commits: Sequence[Checked]) -> Pushed:
    answer = Pushed()
    broken: set[tuple[str, str]] = set()
    for commit in commits:
        chain = (commit.envelope.actor, commit.envelope.stream)
        if chain in broken:
            continue
        outcome = state.take(commit)
        if isinstance(outcome, Fault):
            broken.add(chain)
            answer.faults.append(outcome)
        else:
            answer.results.append(outcome)
    return answer


@dataclass
class _Merged:
    """What merging a commit came to: the verdicts that are not `applied`, and what people said in it about others."""

    exceptions: dict[str, dict[str, str]] = field(default_factory=dict)
    dead: list[str] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    is_effective: bool = False

    def note(self, change: Change, outcome: Outcome) -> None:
        """Take down what became of a change."""
        if outcome == "applied":
            self.is_effective = True
        elif outcome == "dead":
            self.is_effective = True
            self.dead.append(change.id)
        elif outcome == "duplicate":
            self.exceptions[change.id] = {"verdict": "duplicate"}
        else:
            self.exceptions[change.id] = {"verdict": "rejected", "code": "id_reused"}


@dataclass
class _State:
    """What a push has read and will write; a plain in-memory picture between two batches of SQL."""

    now: int
    streams: dict[str, StreamRow]
    authors: dict[str, store.Author]
    members: dict[tuple[str, str], permissions.Membership]
    chains: dict[tuple[str, int], ChainRow]
    known: dict[str, dict[str, Any]]
    entities: dict[tuple[int, str], Cells]
    retired: dict[int, dict[tuple[str, str, str], str | None]]
    desk: Desk
    approvals: Approvals
    disclosures: Disclosures
    dirty: dict[tuple[int, str], int] = field(default_factory=dict)
    new_commits: list[dict[str, Any]] = field(default_factory=list)
    new_entries: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def load(cls, conn: Connection, commits: Sequence[Checked], now: int) -> "_State":
        named = {c.envelope.stream for c in commits if c.is_authentic}
        said = [(c.envelope.stream, x) for c in commits for x in c.lines if isinstance(x, Change)]
        locked = store.lock_streams(conn, sorted(named | recipients(said)))
        streams = {name: row for name, row in locked.items() if name in named}
        authors = store.read_authors(conn, sorted({c.envelope.actor for c in commits}))
        ids = [row.id for row in streams.values()]
        changes = [x for c in commits for x in map(_change_in, c.lines) if x is not None]
        desk = Desk.load(conn, commits, changes, authors, ids)
        touched = [*changes, *(held.change for held in desk.known.values())]
        disclosures = Disclosures.load(conn, streams, touched)
        entities = store.read_entities(conn, ids, sorted({x.e for x in touched} | disclosures.items))
        members = store.read_members(conn, sorted({a.user for a in authors.values()}), sorted(streams))
        # An id is only retired together with its entity: where that is new there is nothing to look up. Whoever writes
        # where they have no part must not learn from the time it takes whether there is such an entity.
        here = {e for _, e in entities}
        is_strange = any(
            (a.user, c.envelope.stream) not in members
            for c in commits
            if (a := authors.get(c.envelope.actor)) is not None
        )
        return cls(
            now,
            streams,
            authors,
            members,
            store.read_chains(conn, sorted(authors), ids),
            store.read_known(conn, commits),
            entities,
            store.read_retired(conn, ids, sorted({x.id for x in touched if is_strange or x.e in here})),
            desk,
            Approvals.load(conn, ids, said),
            disclosures,
        )

    def take(self, commit: Checked) -> dict[str, Any] | Fault:
        envelope = commit.envelope
        known = self.known.get(envelope.hash)
        if known is not None and commit.is_authentic:
            return known
        fault = self._fault(commit)
        if fault is not None:
            return fault
        stream = self.streams[envelope.stream]
        chain = self.chains.setdefault((envelope.actor, stream.id), ChainRow())
        is_fork = envelope.prev != chain.head
        received = self.now if commit.received is None else commit.received
        merged = self._merge(commit, stream, received)
        result = {
            "actor": envelope.actor,
            "stream": envelope.stream,
            "n": envelope.n,
            "hash": envelope.hash,
            "seq": stream.head + 1 if merged.is_effective else None,
            "received": received,
            "forked": is_fork,
            "changes": merged.exceptions,
        }
        if merged.is_effective:
            skip = sorted(merged.exceptions)
            self.new_entries.append(log.append(stream, envelope.hash, received, skip, merged.dead))
        if merged.exceptions:
            self.desk.hold(commit, self.authors[envelope.actor], stream.id, received, merged.exceptions)
        if not is_fork:
            chain.n, chain.head, chain.changed = envelope.n, envelope.hash, True
        self._keep(envelope, stream, result)
        self._decide(stream, merged.verdicts)
        return result

    def _fault(self, commit: Checked) -> Fault | None:
        envelope = commit.envelope
        where = (envelope.actor, envelope.stream, envelope.n)
        if commit.is_authentic is None or envelope.actor not in self.authors:
            return Fault(commit.line, "actor-unknown", "this actor is not registered", *where)
        if not commit.is_authentic:
            return Fault(commit.line, "bad-signature", "the signature does not match the commit", *where)
        stream = self.streams[envelope.stream]
        chain = self.chains.get((envelope.actor, stream.id), ChainRow())
        if envelope.prev == chain.head and envelope.n == chain.n + 1:
            return None
        if envelope.prev == GENESIS and envelope.n == 1:
            return None
        parent = self.known.get(envelope.prev, {})
        if (parent.get("actor"), parent.get("stream")) == where[:2] and parent["n"] + 1 == envelope.n:
            return None
        return Fault(
            commit.line, "chain-gap", "the commit before this one has not arrived", *where, chain.n + 1
        )

    def _merge(self, commit: Checked, stream: StreamRow, received: int) -> "_Merged":
        envelope, seq = commit.envelope, stream.head + 1
        retired = self.retired.setdefault(stream.id, {})
        gate, merged = self._gate(commit, stream), _Merged()
        for change in commit.lines:
            if isinstance(change, Refused):
                merged.exceptions[change.key] = {"verdict": change.verdict, "code": change.code}
                continue
            t = min(change.at + envelope.off, received)
            code = gate.why_held(change, self.entities, retired)
            if code is None and self.disclosures.are_any:
                code = self.disclosures.why_held(stream, change, t, self.entities)
            if code is not None:
                merged.exceptions[change.id] = {"verdict": "held", "code": code}
                continue
            cells = self.entities.setdefault((stream.id, change.e), {})
            outcome = merge(cells, retired, change, envelope.actor, t, seq)
            merged.note(change, outcome)
            if outcome == "applied" and self.disclosures.are_any:
                self.disclosures.note(stream, change, envelope.actor, self.entities)
            if outcome == "applied" or outcome == "dead":
                self.dirty[stream.id, change.e] = seq
                if kind_of(change.e) in ABOUT:
                    self._heed(gate, change, cells, merged)
        return merged

    def _gate(self, commit: Checked, stream: StreamRow) -> Gate:
        author = self.authors[commit.envelope.actor]
        member = self.members.get((author.user, stream.name))
        amendments = self.approvals.amendments(stream.id, commit.lines, self.entities)
        is_back = commit.received is not None
        stale = self.approvals.stale(stream, commit.lines, self.entities, is_back=is_back)
        return Gate(author, member, commit.envelope.actor, stream.id, self.desk, amendments, stale)

    def _heed(self, gate: Gate, change: Change, cells: Cells, merged: "_Merged") -> None:
        """Note what a change says about others; what it approves or lifts counts from the next commit on."""
        verdict = gate.verdict(change)
        if verdict is not None:
            merged.verdicts.append(verdict)
        elif kind_of(change.e) == APPROVAL:
            self.approvals.note(gate.stream, change.e, cells)

    def _decide(self, stream: StreamRow, verdicts: list[Verdict]) -> None:
        """Merge what people admitted: an entry more for each commit that it is part of."""
        for admitted in self.desk.decide(verdicts, stream):
            self._admit(stream, admitted)

    def _admit(self, stream: StreamRow, admitted: list[tuple[Held, Verdict]]) -> None:
        retired, seq = self.retired.setdefault(stream.id, {}), stream.head + 1
        only, dead = [], []
        for held, verdict in admitted:
            change = held.change
            # A person lets in who may hand over, never what: an unlawful one stays on the desk, or in custody once denied.
            if self.disclosures.why_held(stream, change, held.t, self.entities) is not None:
                continue
            cells = self.entities.setdefault((stream.id, change.e), {})
            outcome = merge(cells, retired, change, held.actor, held.t, seq)
            if outcome == "id_reused":
                continue
            if outcome == "applied":
                self.disclosures.note(stream, change, held.actor, self.entities)
            held.settle("admitted", verdict)
            if outcome == "duplicate":
                continue
            only.append(change.id)
            self.dirty[stream.id, change.e] = seq
            if outcome == "dead":
                dead.append(change.id)
        if only:
            held, _ = admitted[0]
            self.new_entries.append(log.append(stream, held.commit, held.received, [], dead, only))

    def settle(self, conn: Connection) -> None:
        """Decide what was decided before it arrived, as after a restore. A push that holds nothing reads nothing."""
        waiting = self.desk.waiting()
        if not waiting:
            return
        said = earlier_verdicts(conn, waiting, self.entities, self.authors)
        for stream in self.streams.values():
            self._decide(stream, said.get(stream.id, []))

    def _keep(self, envelope: Envelope, stream: StreamRow, result: dict[str, Any]) -> None:
        self.known[envelope.hash] = result
        self.new_commits.append(
            {
                "hash": envelope.hash,
                "stream": stream.id,
                "actor": envelope.actor,
                "n": envelope.n,
                "prev": envelope.prev,
                "header": envelope.h,
                "body": envelope.b,
                "signature": envelope.s,
                "received": result["received"],
                "seq": result["seq"],
                "forked": result["forked"],
                "exceptions": orjson.dumps(result["changes"]).decode(),
            }
        )

    def save(self, conn: Connection, projections: Sequence[Projection]) -> None:
        if not self.new_commits:
            return
        store.COMMITS.write(conn, self.new_commits)
        self._save_chains(conn)
        self.desk.save(conn)
        if not self.new_entries:
            return
        store.ENTRIES.write(conn, self.new_entries)
        moved = [row for row in self.streams.values() if row.moved]
        conn.execute(
            store.MOVE_STREAM,
            [{"stream_id": s.id, "new_head": s.head, "new_chain": s.chain.hex()} for s in moved],
        )
        names = {row.id: row.name for row in moved}
        touched = [
            Touched(stream, names[stream], entity, kind_of(entity), self.entities[stream, entity], seq)
            for (stream, entity), seq in self.dirty.items()
        ]
        store.ENTITIES.write(conn, [_entity_row(x) for x in touched])
        self._save_retired(conn)
        for project in projections:
            project(conn, touched)

    def _save_chains(self, conn: Connection) -> None:
        rows = [
            {"actor": actor, "stream": stream, "n": row.n, "head": row.head, "stable": 0}
            for (actor, stream), row in self.chains.items()
            if row.changed
        ]
        store.CHAINS.write(conn, rows)

    def _save_retired(self, conn: Connection) -> None:
        rows = [
            {"change": change, "stream": stream, "entity": entity, "field": name, "content": content}
            for stream, ids in self.retired.items()
            for (entity, name, change), content in ids.items()
            if (stream, entity) in self.dirty
        ]
        store.RETIRED.write(conn, rows)


def _change_in(line: Change | Refused) -> Change | None:
    """The change of a line that is merged, or that a person may let in."""
    return line.change if isinstance(line, Refused) else line


def _entity_row(touched: Touched) -> dict[str, Any]:
    return {
        "stream": touched.stream,
        "id": touched.id,
        "kind": touched.kind,
        "heads": orjson.dumps(touched.cells).decode(),
        "seq": touched.seq,
    }

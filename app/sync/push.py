"""Custody before merge: the one write path.

`push` is one transaction: lock the streams, read what the changes touch in two set queries, merge in memory, write in
batches. Its number of statements does not depend on the number of changes.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection

from app.domain import permissions
from app.domain.change import Change, Refused
from app.domain.commit import GENESIS, Envelope, next_chain
from app.domain.kinds import kind_of
from app.domain.merge import Cells, merge
from app.sync import store
from app.sync.custody import Checked, Fault
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


@dataclass
class Pushed:
    """What a push answers, and the heads that moved."""

    results: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    heads: dict[str, int] = field(default_factory=dict)


def push(
    conn: Connection, commits: Sequence[Checked], *, now: int, projections: Sequence[Projection] = ()
) -> Pushed:
    """Take checked commits into custody and merge them, in the transaction of `conn`.

    Order of the results is the order of the commits. Never raises for what a client sent.
    """
    answer = Pushed()
    if not commits:
        return answer
    state = _State.load(conn, commits, now)
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
    state.save(conn, projections)
    answer.heads = {row.name: row.head for row in state.streams.values() if row.moved}
    return answer


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
    dirty: dict[tuple[int, str], int] = field(default_factory=dict)
    new_commits: list[dict[str, Any]] = field(default_factory=list)
    new_entries: list[dict[str, Any]] = field(default_factory=list)

    @classmethod
    def load(cls, conn: Connection, commits: Sequence[Checked], now: int) -> "_State":
        streams = store.lock_streams(conn, sorted({c.envelope.stream for c in commits if c.is_authentic}))
        authors = store.read_authors(conn, sorted({c.envelope.actor for c in commits}))
        ids = [row.id for row in streams.values()]
        changes = [x for c in commits for x in c.lines if isinstance(x, Change)]
        return cls(
            now,
            streams,
            authors,
            store.read_members(conn, sorted({a.user for a in authors.values()}), sorted(streams)),
            store.read_chains(conn, sorted(authors), ids),
            store.read_known(conn, commits),
            store.read_entities(conn, ids, sorted({x.e for x in changes})),
            store.read_retired(conn, ids, sorted({x.id for x in changes})),
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
        exceptions, dead, effective = self._merge(commit, stream, received)
        result = {
            "actor": envelope.actor,
            "stream": envelope.stream,
            "n": envelope.n,
            "hash": envelope.hash,
            "seq": stream.head + 1 if effective else None,
            "received": received,
            "forked": is_fork,
            "changes": exceptions,
        }
        if effective:
            self._append(envelope, stream, received, sorted(exceptions), dead)
        if not is_fork:
            chain.n, chain.head, chain.changed = envelope.n, envelope.hash, True
        self._keep(envelope, stream, result)
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

    def _merge(
        self, commit: Checked, stream: StreamRow, received: int
    ) -> tuple[dict[str, dict[str, str]], list[str], bool]:
        envelope = commit.envelope
        author = self.authors[envelope.actor]
        member = self.members.get((author.user, envelope.stream))
        seq = stream.head + 1
        retired = self.retired.setdefault(stream.id, {})
        exceptions: dict[str, dict[str, str]] = {}
        dead: list[str] = []
        decisions: dict[str, permissions.Decision] = {}
        effective = False
        for change in commit.lines:
            if isinstance(change, Refused):
                exceptions[change.key] = {"verdict": change.verdict, "code": change.code}
                continue
            kind = kind_of(change.e)
            if kind not in decisions:
                decisions[kind] = permissions.decide_write(author.role, author.status, member, kind)
            decision = decisions[kind]
            if isinstance(decision, permissions.Deny):
                exceptions[change.id] = {"verdict": "held", "code": decision.reason}
                continue
            cells = self.entities.setdefault((stream.id, change.e), {})
            t = min(change.at + envelope.off, received)
            outcome = merge(cells, retired, change, envelope.actor, t, seq)
            if outcome == "applied" or outcome == "dead":
                effective = True
                self.dirty[stream.id, change.e] = seq
                if outcome == "dead":
                    dead.append(change.id)
            elif outcome == "duplicate":
                exceptions[change.id] = {"verdict": "duplicate"}
            else:
                exceptions[change.id] = {"verdict": "rejected", "code": "id_reused"}
        return exceptions, dead, effective

    def _append(
        self, envelope: Envelope, stream: StreamRow, received: int, skip: list[str], dead: list[str]
    ) -> None:
        stream.head += 1
        stream.moved = True
        r = orjson.dumps(
            {
                "stream": stream.name,
                "seq": stream.head,
                "commit": envelope.hash,
                "received": received,
                "skip": skip,
                "dead": dead,
            }
        ).decode()
        stream.chain = next_chain(stream.chain, r)
        self.new_entries.append(
            {
                "stream": stream.id,
                "seq": stream.head,
                "commit": envelope.hash,
                "r": r,
                "chain": stream.chain.hex(),
            }
        )

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


def _entity_row(touched: Touched) -> dict[str, Any]:
    return {
        "stream": touched.stream,
        "id": touched.id,
        "kind": touched.kind,
        "heads": orjson.dumps(touched.cells).decode(),
        "seq": touched.seq,
    }

"""Approved visits: what a push may not change any more without a person, and what it may not approve."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import table
from app.domain import versions
from app.domain.change import Change, Refused
from app.domain.kinds import ABOUT, kind_of
from app.domain.merge import Cells
from app.domain.versions import approved_by
from app.sets import among
from app.sync.folding import folding
from app.sync.store import StreamRow
from app.sync.tables import Entity

_entity = table(Entity)

_RESTORE = "restore"
_APPROVALS = select(_entity.c.stream, _entity.c.kind, _entity.c.id, _entity.c.heads).where(
    among(_entity.c.stream, "streams"), _entity.c.kind.in_((versions.APPROVAL, _RESTORE))
)
_WORLD = select(_entity.c.id, _entity.c.heads).where(_entity.c.stream == bindparam("stream"))
_NONE: frozenset[str] = frozenset()


@dataclass
class Approvals:
    """The approved visits of the streams of a push, by stream id; they follow what the push itself approves or lifts."""

    conn: Connection
    visits: dict[int, set[str]] = field(default_factory=dict)
    restored: set[int] = field(default_factory=set)
    """Streams whose log was once put back to an older one."""
    named: dict[str, dict[int, set[str]]] = field(default_factory=dict)
    """By stream and place in its log: the approvals in the push of what was there."""
    _worlds: dict[int, dict[str, Cells]] = field(default_factory=dict)
    _pasts: dict[int, dict[tuple[str, int], str]] = field(default_factory=dict)

    @classmethod
    def load(cls, conn: Connection, streams: list[int], changes: Iterable[tuple[str, Change]]) -> "Approvals":
        """One indexed read, which finds nothing in most streams. `changes` are those of the push, each with its stream."""
        made = cls(conn)
        for stream, change in changes:
            if (said := approved_by(change)) is not None:
                made.named.setdefault(stream, {}).setdefault(said["seq"], set()).add(change.e)
        for row in conn.execute(_APPROVALS, {"streams": streams}):
            if row.kind == _RESTORE:
                made.restored.add(row.stream)
            else:
                made.note(row.stream, row.id, orjson.loads(row.heads))
        return made

    def note(self, stream: int, approval: str, cells: Cells) -> None:
        """An approval as it is now."""
        visits, visit = self.visits.setdefault(stream, set()), versions.visit_about(approval)
        if versions.approvals_in(cells):
            visits.add(visit)
        else:
            visits.discard(visit)

    def amendments(
        self, stream: int, lines: Sequence[Change | Refused], entities: Mapping[tuple[int, str], Cells]
    ) -> frozenset[str]:
        """The changes of a commit that touch an approved visit: it was the entity's before, or will be after the commit."""
        approved = self.visits.get(stream)
        if not approved:
            return _NONE
        changes = [x for x in lines if isinstance(x, Change) and kind_of(x.e) not in ABOUT]
        visits: dict[str, set[str | None]] = {}
        for change in changes:
            if change.e not in visits:
                visits[change.e] = {*versions.visits_of(change.e, entities.get((stream, change.e), {}))}
            visits[change.e].add(versions.visit_named_by(change))
        return frozenset(change.id for change in changes if visits[change.e] & approved)

    def stale(
        self,
        stream: StreamRow,
        lines: Sequence[Change | Refused],
        entities: Mapping[tuple[int, str], Cells],
        *,
        is_back: bool,
    ) -> frozenset[str]:
        """The approvals of a commit whose version is neither what the visit is now nor what it was at the place they name.

        Asked only where that place may be another one now: the commit `is_back` with a receipt from a log that is lost, the
        stream was restored, or its log does not reach so far. Who approves there reads all of the stream once; only where the
        visit has changed since is the log folded, once.
        """
        given = [
            (change, said)
            for change in lines
            if isinstance(change, Change)
            and (said := approved_by(change))
            and (is_back or stream.id in self.restored or said["seq"] > stream.head)
        ]
        if not given:
            return _NONE
        if stream.id not in self._worlds:
            rows = self.conn.execute(_WORLD, {"stream": stream.id})
            self._worlds[stream.id] = {row.id: orjson.loads(row.heads) for row in rows}
        pushed = {e: cells for (home, e), cells in entities.items() if home == stream.id}
        world = self._worlds[stream.id] | pushed
        doubtful = [(c, said) for c, said in given if hash_of(world, c.e) != said["hash"]]
        past = self._past(stream) if doubtful else {}
        return frozenset(c.id for c, said in doubtful if past.get((c.e, said["seq"])) != said["hash"])

    def _past(self, stream: StreamRow) -> dict[tuple[str, int], str]:
        """The hash of what each approval of the push is about at the place that it names, where the log reaches that."""
        if stream.id not in self._pasts:
            found: dict[tuple[str, int], str] = {}
            wanted = self.named.get(stream.name, {})
            for seq, folded in folding(self.conn, stream.id, stream.name):
                if seq > max(wanted):
                    break
                found |= {(e, seq): hash_of(folded.entities, e) for e in wanted.get(seq, ())}
            self._pasts[stream.id] = found
        return self._pasts[stream.id]


def hash_of(entities: Mapping[str, Cells], approval: str) -> str:
    """Of the version of the visit that an approval is about."""
    return versions.version_hash(versions.lines_of(entities.items(), versions.visit_about(approval)))

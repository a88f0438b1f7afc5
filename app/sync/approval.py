"""Approved visits: what a push may not change any more without a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import orjson
from sqlalchemy import Connection, select

from app.database import table
from app.domain import versions
from app.domain.change import Change, Refused
from app.domain.kinds import ABOUT, kind_of
from app.domain.merge import Cells
from app.sets import among
from app.sync.tables import Entity

_entity = table(Entity)

_APPROVALS = select(_entity.c.stream, _entity.c.id, _entity.c.heads).where(
    among(_entity.c.stream, "streams"), _entity.c.kind == versions.APPROVAL
)
_NONE: frozenset[str] = frozenset()


@dataclass
class Approvals:
    """The approved visits of the streams of a push, by stream id; they follow what the push itself approves or lifts."""

    visits: dict[int, set[str]] = field(default_factory=dict)

    @classmethod
    def load(cls, conn: Connection, streams: list[int]) -> "Approvals":
        """One indexed read, which finds nothing in most streams."""
        made = cls()
        for row in conn.execute(_APPROVALS, {"streams": streams}):
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

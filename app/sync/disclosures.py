"""What a push hands over to other authorities: whether it may, and what the copy is of.

Nothing is read for a push without disclosures. The copies are made by `handing.py`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import orjson
from sqlalchemy import Connection, select

from app.database import table
from app.domain import disclosure, values
from app.domain.change import Change
from app.domain.kinds import kind_of
from app.domain.merge import Cells, is_known, value_of
from app.domain.streams import authority_of, operation_of
from app.sets import among
from app.sync.store import StreamRow
from app.sync.tables import Entity, Stream

_entity, _stream = table(Entity), table(Stream)

_SWEDEN = ZoneInfo("Europe/Stockholm")
_EVENINGS = (
    select(_stream.c.name, _entity.c.heads)
    .join(_stream, _stream.c.id == _entity.c.stream)
    .where(among(_stream.c.name, "names"), _entity.c.kind == "operation")
)


@dataclass(frozen=True)
class Handed:
    """A disclosure that was merged: its streams, who it is from, what it says and what is copied."""

    source: str
    recipient: str
    sender: str
    actor: str
    change: Change
    items: Sequence[Mapping[str, Any]]


@dataclass
class Disclosures:
    """The disclosures of a push: who takes part in their evenings, and those that were merged."""

    are_any: bool = False
    items: set[str] = field(default_factory=set)
    """The entities of which something is handed over."""
    participants: dict[str, frozenset[str]] = field(default_factory=dict)
    """By operation."""
    handed: list[Handed] = field(default_factory=list)

    @classmethod
    def load(
        cls, conn: Connection, streams: Mapping[str, StreamRow], changes: Iterable[Change]
    ) -> "Disclosures":
        """What is needed to judge those among the changes: one read where there are any."""
        found = [x for x in changes if kind_of(x.e) == disclosure.KIND]
        if not found:
            return cls()
        items = {item["e"] for x in found if _says(x) for item in x.v["items"]}
        made = cls(are_any=True, items=items)
        shared = sorted({_shared(op) for op in map(operation_of, streams) if op})
        for row in conn.execute(_EVENINGS, {"names": shared}):
            invited = value_of(orjson.loads(row.heads), "authorities") or ()
            made.participants[operation_of(row.name) or ""] = frozenset(invited)
        return made

    def why_held(
        self, stream: StreamRow, change: Change, t: int, entities: Mapping[tuple[int, str], Cells]
    ) -> str | None:
        """The code of a disclosure that may not be merged; None for one that may, and for any other change.

        What was handed over is handed over: a disclosure is one change, which nobody alters or takes back.
        """
        if kind_of(change.e) != disclosure.KIND:
            return None
        cells = entities.get((stream.id, change.e), {})
        if is_known(cells, {}, change):
            return None
        sender = authority_of(stream.name)
        if sender is None or cells or change.replaces or not _says(change):
            return "unlawful_disclosure"
        invited = self.participants.get(operation_of(stream.name) or "", frozenset())
        if disclosure.lacks(change.v, sender, invited, _day(t)):
            return "unlawful_disclosure"
        copy = self._copied(stream, change, entities)
        if copy is None or disclosure.copy_hash(copy) != change.v["hash"]:
            return "stale_disclosure"
        return "unlawful_disclosure" if disclosure.is_too_long(copy) else None

    def note(
        self, stream: StreamRow, change: Change, actor: str, entities: Mapping[tuple[int, str], Cells]
    ) -> None:
        """Remember a disclosure that was merged, with what it hands over as it is at this point of the log."""
        if kind_of(change.e) != disclosure.KIND:
            return
        sender, operation = authority_of(stream.name), operation_of(stream.name)
        copy = self._copied(stream, change, entities)
        if sender is None or copy is None:
            raise RuntimeError("a disclosure is merged after `why_held` has let it pass")
        recipient = f"op/{operation}/{change.v['to']}"
        self.handed.append(Handed(stream.name, recipient, sender, actor, change, copy))

    @staticmethod
    def _copied(
        stream: StreamRow, change: Change, entities: Mapping[tuple[int, str], Cells]
    ) -> list[dict[str, Any]] | None:
        items = change.v["items"]
        named = {item["e"]: entities.get((stream.id, item["e"]), {}) for item in items}
        return disclosure.copied(items, named)


def recipients(said: Iterable[tuple[str, Change]]) -> set[str]:
    """The streams that disclosures among these changes write to, to be locked with the others and in their order.

    `said` are changes, each with the name of its stream.
    """
    return {
        f"op/{operation_of(stream)}/{change.v['to']}"
        for stream, change in said
        if kind_of(change.e) == disclosure.KIND
        and _says(change)
        and change.v["to"] in disclosure.recipients_of(authority_of(stream))
    }


def _says(change: Change) -> bool:
    return change.f == disclosure.OF and values.disclosure(change.v)


def _shared(operation: str) -> str:
    return f"op/{operation}/shared"


def _day(t: int) -> str:
    """The Swedish calendar day of an instant in milliseconds."""
    return datetime.fromtimestamp(t / 1000, UTC).astimezone(_SWEDEN).date().isoformat()

"""Whether what was approved is what the log held when it was approved (invariant I13)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, select

from app.database import table
from app.domain import versions
from app.sync.rebuild import folding
from app.sync.tables import Entity, Stream

_entity, _stream = table(Entity), table(Stream)

Approval: TypeAlias = tuple[str, dict[str, Any]]
"""The entity of an approval, and what one live change of it says."""


def faults(conn: Connection) -> list[str]:
    """Live approvals whose hash is not that of the log as far as they say they saw it, one line each (invariant I13)."""
    query = (
        select(_entity.c.stream, _entity.c.id, _entity.c.heads, _stream.c.name)
        .join(_stream, _stream.c.id == _entity.c.stream)
        .where(_entity.c.kind == versions.APPROVAL)
        .order_by(_entity.c.stream, _entity.c.id)
    )
    live: dict[tuple[int, str], dict[int, list[Approval]]] = defaultdict(lambda: defaultdict(list))
    for row in conn.execute(query):
        for said in versions.approvals_in(orjson.loads(row.heads)):
            live[row.stream, row.name][said["seq"]].append((row.id, said))
    return [line for (stream, name), wanted in live.items() for line in _check(conn, stream, name, wanted)]


def _check(
    conn: Connection, stream: int, name: str, wanted: Mapping[int, Iterable[Approval]]
) -> Iterator[str]:
    """One pass through the log of a stream, with a halt wherever an approval was given."""
    seen = set()
    for seq, folded in folding(conn, stream, name):
        seen.add(seq)
        for approval, said in wanted.get(seq, ()):
            lines = versions.lines_of(folded.entities.items(), versions.visit_about(approval))
            if versions.version_hash(lines) != said["hash"]:
                yield f"{name}: {approval} is not of what the log says at {seq}"
    for seq in wanted.keys() - seen:
        yield from (
            f"{name}: {approval} is of {seq}, which the log does not reach" for approval, _ in wanted[seq]
        )

"""Whether what is approved is what the log held: where the approval says so, or where it stands itself (invariant I13)."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import orjson
from sqlalchemy import Connection, select

from app.database import table
from app.domain import versions
from app.domain.merge import SEQ, VALUE, Head
from app.sync.approval import hash_of
from app.sync.folding import folding
from app.sync.tables import Entity, Stream

_entity, _stream = table(Entity), table(Stream)

Approval: TypeAlias = tuple[str, Head]
"""The entity of an approval, and one live change of it."""


def faults(conn: Connection) -> list[str]:
    """Live approvals of what the log never said, one line each (invariant I13).

    The version is that of the log at the place that the approval names, or right before the approval itself: where a server
    was put back to an older store, what was approved came back under other numbers.
    """
    query = (
        select(_entity.c.stream, _entity.c.id, _entity.c.heads, _stream.c.name)
        .join(_stream, _stream.c.id == _entity.c.stream)
        .where(_entity.c.kind == versions.APPROVAL)
        .order_by(_entity.c.stream, _entity.c.id)
    )
    live: dict[tuple[int, str], list[Approval]] = defaultdict(list)
    for row in conn.execute(query):
        live[row.stream, row.name] += (
            (row.id, head) for head in versions.approvals_in(orjson.loads(row.heads))
        )
    return [line for (stream, name), given in live.items() for line in _check(conn, stream, name, given)]


def _check(conn: Connection, stream: int, name: str, given: Sequence[Approval]) -> Iterator[str]:
    """One pass through the log of a stream, with a halt wherever an approval was given."""
    places: dict[int, list[int]] = defaultdict(list)
    for i, (_, head) in enumerate(given):
        for seq in {head[VALUE]["seq"], head[SEQ] - 1}:
            places[seq].append(i)
    right = set()
    for seq, folded in folding(conn, stream, name):
        right |= {
            i
            for i in places.get(seq, ())
            if hash_of(folded.entities, given[i][0]) == given[i][1][VALUE]["hash"]
        }
    for i, (approval, head) in enumerate(given):
        if i not in right:
            where = f"neither at {head[VALUE]['seq']} nor before {head[SEQ]}"
            yield f"{name}: {approval} is not of what the log says, {where}"

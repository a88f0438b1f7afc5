"""Making the merged state again from the log alone, and saying whether it was right (invariant I4)."""

from collections.abc import Callable, Iterator
from typing import Any

import orjson
from sqlalchemy import Connection, delete, select

from app.database import table
from app.domain.change import canonical
from app.domain.kinds import kind_of
from app.sync.folding import Folded, fold
from app.sync.push import Projection, Touched
from app.sync.tables import Entity, Retired, Stream

_stream, _entity, _retired = table(Stream), table(Entity), table(Retired)

BATCH = 5_000


def differences(conn: Connection, model_rows: Callable[[Connection, Folded], list[str]]) -> list[str]:
    """What in the merged state is not what the log says, one line each; empty when all is well.

    `model_rows` compares the read models of a folded stream.
    """
    return [
        line
        for stream, name in streams_with_entries(conn)
        for line in stream_differences(conn, stream, name, model_rows)
    ]


def stream_differences(
    conn: Connection, stream: int, name: str, model_rows: Callable[[Connection, Folded], list[str]]
) -> list[str]:
    """`differences` of one stream."""
    folded = fold(conn, stream, name)
    found = [*_entity_differences(conn, folded), *model_rows(conn, folded)]
    return [*found, *_retired_differences(conn, folded)]


def _entity_differences(conn: Connection, folded: Folded) -> Iterator[str]:
    seen = set()
    query = select(_entity).where(_entity.c.stream == folded.stream).order_by(_entity.c.id)
    with conn.execute(query, execution_options={"yield_per": 500}) as rows:
        for row in rows:
            seen.add(row.id)
            stored = (row.kind, row.seq, orjson.loads(row.heads))
            wanted = (kind_of(row.id), folded.seqs.get(row.id), folded.entities.get(row.id))
            if canonical(stored) != canonical(wanted):
                yield f"{folded.name}: {row.id}"
    yield from (f"{folded.name}: {entity}" for entity in sorted(folded.entities.keys() - seen))


def _retired_differences(conn: Connection, folded: Folded) -> Iterator[str]:
    """The last to be asked: it takes the folded ids away as it finds them, since there are more of them than of all else."""
    query = select(_retired).where(_retired.c.stream == folded.stream)
    with conn.execute(query, execution_options={"yield_per": 2_000}) as rows:
        for row in rows:
            key = (row.entity, row.field, row.change)
            is_here = key in folded.retired
            if not is_here or folded.retired.pop(key) != row.content:
                yield f"{folded.name}: retired {'/'.join(key)}"
    yield from (f"{folded.name}: retired {'/'.join(key)}" for key in sorted(folded.retired))


def rebuild(conn: Connection, projections: list[Projection], clear: Callable[[Connection, int], None]) -> int:
    """Replace the merged state and the read models by what the log says; the number of entities.

    `clear` empties the read models of a stream.
    """
    total = 0
    for stream, name in streams_with_entries(conn):
        folded = fold(conn, stream, name)
        for merged in (_entity, _retired):
            conn.execute(delete(merged).where(merged.c.stream == stream))
        clear(conn, stream)
        touched = list(touched_by(folded))
        for start in range(0, len(touched), BATCH):
            part = touched[start : start + BATCH]
            conn.execute(_entity.insert(), [_row(x) for x in part])
            for project in projections:
                project(conn, part)
        retired = [
            {"stream": stream, "entity": e, "field": f, "change": c, "content": content}
            for (e, f, c), content in folded.retired.items()
        ]
        if retired:
            conn.execute(_retired.insert(), retired)
        total += len(touched)
    return total


def touched_by(folded: Folded) -> Iterator[Touched]:
    """Every entity of a stream as a push would hand it to the read models."""
    for entity, cells in folded.entities.items():
        yield Touched(folded.stream, folded.name, entity, kind_of(entity), cells, folded.seqs[entity])


def _row(x: Touched) -> dict[str, Any]:
    heads = orjson.dumps(x.cells).decode()
    return {"stream": x.stream, "id": x.id, "kind": x.kind, "heads": heads, "seq": x.seq}


def streams_with_entries(conn: Connection) -> list[tuple[int, str]]:
    """(id, name) of every stream that has a log."""
    query = select(_stream.c.id, _stream.c.name).where(_stream.c.head > 0).order_by(_stream.c.id)
    return [(row.id, row.name) for row in conn.execute(query)]

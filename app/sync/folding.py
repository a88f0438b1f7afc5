"""A stream as its log says it is, from the first entry on."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import Connection, select

from app.database import table
from app.domain.change import Change, read_line
from app.domain.merge import Cells, merge
from app.sync.tables import Commit, Entry

_entry, _commit = table(Entry), table(Commit)


@dataclass
class Folded:
    """A stream as its log says it is: cells of each entity, and the retired ids with their content."""

    stream: int
    name: str
    entities: dict[str, Cells] = field(default_factory=dict)
    retired: dict[tuple[str, str, str], str | None] = field(default_factory=dict)
    seqs: dict[str, int] = field(default_factory=dict)
    """The last entry that touched each entity: not always that of a head, a change may be dead on arrival."""


def fold(conn: Connection, stream: int, name: str) -> Folded:
    """Merge a stream's log from its first entry."""
    steps = folding(conn, stream, name)
    _, folded = next(steps)
    for _ in steps:
        pass
    return folded


def folding(conn: Connection, stream: int, name: str) -> Iterator[tuple[int, Folded]]:
    """The stream as it was at 0 and after each entry of its log: one object, which changes from step to step."""
    folded = Folded(stream, name)
    query = (
        select(_entry.c.seq, _entry.c.r, _commit.c.header, _commit.c.body)
        .join(_commit, _commit.c.hash == _entry.c.commit)
        .where(_entry.c.stream == stream)
        .order_by(_entry.c.seq)
    )
    yield 0, folded
    with conn.execute(query, execution_options={"yield_per": 200}) as rows:
        for row in rows:
            _fold_entry(folded, orjson.loads(row.r), orjson.loads(row.header), row.body)
            yield row.seq, folded


def _fold_entry(folded: Folded, r: dict[str, Any], header: dict[str, Any], body: str) -> None:
    """What the log says was applied is applied: what this release knows of kinds and codes does not count."""
    only = r.get("only")
    skip = set(r["skip"])
    for number, line in enumerate(body.encode().split(b"\n")[:-1], 1):
        change = read_line(line, number, None)
        if isinstance(change, Change) and (change.id not in skip if only is None else change.id in only):
            cells = folded.entities.setdefault(change.e, {})
            t = min(change.at + header.get("off", 0), r["received"])
            merge(cells, folded.retired, change, header["actor"], t, r["seq"])
            folded.seqs[change.e] = r["seq"]

"""The evening that the tests play, and what was left of it where."""

from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, select

from app.database import table
from app.operations import readmodels
from app.sync.tables import Entity, Stream


def evening_of_the_day(conn: Connection) -> str:
    """The shared stream of the evening of 25 May 2018."""
    operation = table(readmodels.MODELS["operation"]).c
    streams = table(Stream).c
    query = select(streams.name).join_from(
        table(Stream), table(readmodels.MODELS["operation"]), operation.stream == streams.id
    )
    name: str = conn.execute(query.where(operation.date == "2018-05-25")).scalar_one()
    return name


def entities_of(conn: Connection, stream: str, kind: str) -> list[dict[str, Any]]:
    """The heads of every entity of a kind in a stream, field by field."""
    entity, streams = table(Entity).c, table(Stream).c
    query = select(entity.heads).join_from(table(Entity), table(Stream), entity.stream == streams.id)
    found = conn.execute(query.where(streams.name == stream, entity.kind == kind)).scalars()
    return [orjson.loads(heads) for heads in found]


def holds(profile: Path, word: str) -> bool:
    """Whether any file of a browser profile holds the word, in any encoding that a browser stores text in."""
    forms = [word.encode(encoding) for encoding in ("utf-8", "utf-16-le", "latin-1")]
    return any(form in p.read_bytes() for p in profile.rglob("*") if p.is_file() for form in forms)

"""What earlier evenings shared about a site: the extract that a planner puts into a new evening."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, Row, select

from app.database import table
from app.domain import codes
from app.domain.streams import operation_of
from app.operations import tables
from app.sets import among
from app.sync.tables import Stream

Json: TypeAlias = Any

LIMIT = 20
"""Earlier visits told about a site, newest first."""
PLANNED = "PLANERAT"

_stream, _operation = table(Stream), table(tables.Operation)
_visit, _tally = table(tables.Visit), table(tables.Tally)


def earlier_visits(conn: Connection, operation: str, sites: Sequence[str]) -> dict[str, list[Json]]:
    """What evenings before `operation` shared about these sites: site id -> earlier visits, newest first.

    Read from shared streams only, and only of evenings in which every authority of this one took part: nobody
    learns by being invited what they had no part in (invariant I9).
    """
    rows = _rows(conn, operation, sites)
    counts = _counts(conn, [row.id for row in rows])
    found: dict[str, list[Json]] = {}
    for row in rows:
        told = found.setdefault(row.site, [])
        if len(told) < LIMIT:
            told.append(_earlier(row, counts.get((row.stream, row.id), _Counts())))
    return found


def _rows(conn: Connection, operation: str, sites: Sequence[str]) -> list[Row[Any]]:
    o, v = _operation.c, _visit.c
    this = conn.execute(select(o.date, o.authorities).where(o.id == f"operation_{operation}")).one()
    query = (
        select(v.id, v.site, v.status, v.activity, v.remarks, v.stream, o.number, o.date, o.authorities)
        .add_columns(_stream.c.name)
        .join_from(_visit, _operation, o.stream == v.stream)
        .join(_stream, _stream.c.id == v.stream)
        .where(among(v.site, list(sites)), o.date < this.date, v.status != PLANNED)
        .where(v.void.is_(False), o.void.is_(False))
        .order_by(o.date.desc(), v.id.desc())
    )
    invited = set(orjson.loads(this.authorities))
    return [row for row in conn.execute(query) if invited <= set(orjson.loads(row.authorities or "[]"))]


@dataclass
class _Counts:
    seizures: dict[str, dict[str, int]] = field(default_factory=dict)
    reports: int = 0


def _counts(conn: Connection, visits: Sequence[str]) -> dict[tuple[int, str], _Counts]:
    query = select(
        _tally.c.stream, _tally.c.visit, _tally.c.of, _tally.c.code, _tally.c.unit, _tally.c.qty
    ).where(among(_tally.c.visit, list(visits)), _tally.c.void.is_(False), _tally.c.qty > 0)
    found: dict[tuple[int, str], _Counts] = {}
    for row in conn.execute(query):
        counts = found.setdefault((row.stream, row.visit), _Counts())
        if row.of == "report":
            counts.reports += row.qty
        elif row.of == "seizure":
            by_base = counts.seizures.setdefault(row.code, {})
            base = codes.unit(row.unit).base if row.unit in codes.ids("units") else row.unit
            by_base[base] = by_base.get(base, 0) + row.qty
    return found


def _earlier(row: Any, counts: _Counts) -> Json:
    told = {
        "operation": operation_of(row.name),
        "number": row.number or 0,
        "date": row.date,
        "status": row.status,
        "activity": row.activity,
        "seizures": counts.seizures,
        "reports": counts.reports,
        "remarks": row.remarks,
    }
    return {name: value for name, value in told.items() if value is not None}

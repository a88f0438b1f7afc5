"""The figures of an operation from the read models, in SQL.

The same numbers as `app.domain.figures` gives from the heads; the board computes them on its own replica with the twin of that
module. A test holds all three together.
"""

from typing import Any

import orjson
from sqlalchemy import Connection, and_, func, literal, select, union_all

from app.database import table
from app.domain import codes, merge
from app.domain.figures import DONE, Figures, mean_x100
from app.domain.kinds import ABOUT
from app.operations.readmodels import MODELS
from app.operations.tables import Tally, Visit
from app.sync.tables import Entity, Stream

_stream, _entity, _tally, _visit = table(Stream), table(Entity), table(Tally), table(Visit)


def figures_of(conn: Connection, shared: str) -> Figures:
    """The figures of the operation whose shared stream this is; all zero for an unknown one."""
    stream = conn.execute(select(_stream.c.id).where(_stream.c.name == shared)).scalar()
    sums = Figures()
    if stream is None:
        return sums
    _add_visits(conn, stream, sums)
    _add_tallies(conn, stream, sums)
    totals = _totals(conn, stream)
    sums.safety, sums.conflicts, sums.review = totals["safety"], totals["conflicts"], totals["review"]
    _add_others(conn, stream, sums)
    return sums


def _add_visits(conn: Connection, stream: int, sums: Figures) -> None:
    value = {item["id"]: item["value"] for item in codes.items("status_site_activity")}
    query = (
        select(_visit.c.status, _visit.c.activity, func.count().label("visits"))
        .where(_visit.c.stream == stream, ~_visit.c.void)
        .group_by(_visit.c.status, _visit.c.activity)
    )
    levels: list[int] = []
    for row in conn.execute(query):
        sums.visits += row.visits
        sums.done += row.visits if row.status in DONE else 0
        levels += [value[row.activity]] * row.visits if row.activity in value else []
    sums.activity_mean_x100 = mean_x100(levels)


def _add_tallies(conn: Connection, stream: int, sums: Figures) -> None:
    query = (
        select(_tally.c.of, _tally.c.code, _tally.c.unit, func.sum(_tally.c.qty).label("qty"))
        .where(and_(_tally.c.stream == stream, ~_tally.c.void, _tally.c.of.is_not(None)))
        .group_by(_tally.c.of, _tally.c.code, _tally.c.unit)
    )
    bases = {item["id"]: item["base"] for item in codes.items("units")}
    for row in conn.execute(query):
        qty = int(row.qty)
        if row.of == "photo":
            sums.photos += qty
        elif row.of == "report":
            sums.reports[row.code] = sums.reports.get(row.code, 0) + qty
            sums.reports_total += qty
        else:
            by_base = sums.seizures.setdefault(row.code, {})
            base = bases.get(row.unit, row.unit)
            by_base[base] = by_base.get(base, 0) + qty


def _totals(conn: Connection, stream: int) -> dict[str, int]:
    parts = [
        select(literal(kind).label("kind"), t.c.void, t.c.review, t.c.conflicts).where(t.c.stream == stream)
        for kind, t in ((kind, table(model)) for kind, model in MODELS.items())
    ]
    rows: Any = conn.execute(union_all(*parts)).all()
    live = [row for row in rows if not row.void]
    return {
        "safety": sum(row.kind == "safety" for row in live),
        "conflicts": sum(row.conflicts for row in live),
        "review": sum(bool(row.review) for row in rows if row.void),
    }


def _add_others(conn: Connection, stream: int, sums: Figures) -> None:
    """What people disagree about in kinds that have no read model, such as one that only a newer app knows."""
    query = select(_entity.c.heads).where(
        _entity.c.stream == stream, _entity.c.kind.not_in(sorted({*MODELS, *ABOUT}))
    )
    for heads in conn.execute(query).scalars():
        cells = orjson.loads(heads)
        is_void = merge.is_void(cells)
        sums.conflicts += 0 if is_void else len(merge.conflicts(cells))
        sums.review += merge.needs_review(cells)

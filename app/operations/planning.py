"""Planning an evening: what is written into its streams, and who gets a part in them.

A plan is plain data. It becomes changes by the same write path as everything else, so a planner's board and
the server's own jobs make the same evening. Every function runs in the caller's transaction: all or nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal, TypeAlias

import orjson
from sqlalchemy import Connection, select

from app.auth.accounts import grant, leave_everything
from app.auth.tables import User
from app.database import table
from app.domain.permissions import ADMINISTRATORS, PLANNERS, SUPERVISORS
from app.operations import tables
from app.operations.history import earlier_visits
from app.operations.staff import REF, publish_actors
from app.sets import among
from app.sync.author import Author, Draft
from app.sync.identity import ServerKey
from app.sync.store import lock_streams, read_entities

Role: TypeAlias = Literal["reader", "writer"]
Json: TypeAlias = Any

PLANNED = "PLANERAT"

_user = table(User)


@dataclass(frozen=True)
class Site:
    """A place with a lasting id (`site_…`, the same in every evening); positions in microdegrees."""

    id: str
    name: str
    type: str | None = None
    address: str | None = None
    area: str | None = None
    lat: int | None = None
    lon: int | None = None
    fictitious: bool | None = None


@dataclass(frozen=True)
class Party:
    """An authority's part in a visit, and under which regime and law it means to go in."""

    authority: str
    regime: str | None = None
    law: str | None = None


@dataclass(frozen=True)
class Visit:
    """A site in an evening's route; `id` is a bare UUIDv7."""

    id: str
    site: str
    order: int
    team: str | None = None
    parties: tuple[Party, ...] = ()


@dataclass(frozen=True)
class Target:
    """A place held in reserve. It is named in the note: the shared stream must not know it yet."""

    id: str
    site: str
    status: str
    note: str


@dataclass(frozen=True)
class Operation:
    """An evening; `id` is a bare UUIDv7, `facts` holds the optional cells of the operation entity."""

    id: str
    number: int
    title: Mapping[str, str]
    date: str
    authorities: tuple[str, ...]
    status: str = "PLAN"
    facts: Mapping[str, Json] = field(default_factory=dict)
    sites: tuple[Site, ...] = ()
    visits: tuple[Visit, ...] = ()
    targets: tuple[Target, ...] = ()


def shared(operation: str) -> str:
    """The stream that all participants share."""
    return f"op/{operation}/shared"


def own(operation: str, authority: str) -> str:
    """An authority's own stream."""
    return f"op/{operation}/{authority}"


def plan_stream(operation: str) -> str:
    """The planners' stream."""
    return f"op/{operation}/plan"


def plan(
    conn: Connection, key: ServerKey, author: Author, operation: Operation, now: int, at: int | None = None
) -> None:
    """Make an evening: its streams, the parts of people in them, its sites, visits and targets.

    `at` is when it was planned, by default `now`. NotApplied where the author may not plan.
    """
    when = now if at is None else at
    open_streams(conn, key, operation.id, operation.authorities, now)
    write(conn, author, shared(operation.id), operation_cells(operation), when, now)
    add_sites(conn, author, operation.id, operation.sites, operation.visits, now, when)
    write(conn, author, plan_stream(operation.id), target_cells(operation.targets), when, now)


def add_sites(
    conn: Connection,
    author: Author,
    operation: str,
    sites: Sequence[Site],
    visits: Sequence[Visit],
    now: int,
    at: int | None = None,
) -> None:
    """Add sites and visits to an evening, with what earlier evenings shared about these sites."""
    history = earlier_visits(conn, operation, [site.id for site in sites])
    cells = [c for site in sites for c in site_cells(site, history.get(site.id, []))]
    cells += [c for visit in visits for c in visit_cells(visit, repeat=visit.site in history)]
    write(conn, author, shared(operation), cells, now if at is None else at, now)


Cell: TypeAlias = tuple[str, str, Json]
"""(entity, field, value): a change before it has an author and a time."""


def write(conn: Connection, author: Author, stream: str, cells: Sequence[Cell], at: int, now: int) -> None:
    """Write cells as an author who sees what the store holds; as many commits as the limit demands."""
    if not cells:
        return
    seen = heads_of(conn, stream, {e for e, _, _ in cells})
    author.write(conn, stream, [Draft(e, f, v, at, seen.get((e, f), ())) for e, f, v in cells], now)


def microdegrees(degrees: Decimal) -> int:
    """A coordinate as it is stored: whole millionths of a degree."""
    return int((degrees * 1_000_000).to_integral_value())


def heads_of(
    conn: Connection, stream: str, entities: Iterable[str]
) -> dict[tuple[str, str], tuple[str, ...]]:
    """The live change ids of every cell of these entities: what a screen that shows them has rendered."""
    row = lock_streams(conn, [stream])[stream]
    found = read_entities(conn, [row.id], sorted(entities))
    return {
        (e, f): tuple(h[0] for h in heads) for (_, e), cells in found.items() for f, heads in cells.items()
    }


def open_streams(
    conn: Connection, key: ServerKey, operation: str, authorities: Sequence[str], now: int
) -> None:
    """Make the evening's streams and give everybody of a participating authority their part in them."""
    own_streams = [own(operation, authority) for authority in authorities]
    lock_streams(conn, sorted([shared(operation), plan_stream(operation), *own_streams]))
    query = select(_user.c.id, _user.c.authority, _user.c.role).where(
        among(_user.c.authority, list(authorities)), _user.c.active
    )
    for row in conn.execute(query).all():
        for stream, role in parts(row.authority, row.role, operation, authorities).items():
            grant(conn, stream, row.id, role, now)
    publish_actors(conn, key, shared(operation), now)


def welcome(conn: Connection, user: str, authority: str, role: str, now: int) -> int:
    """Give an account its part in `ref` and in every evening of its authority that is not archived; how many there are.

    One that has become an administrator's leaves the evenings it was in.
    """
    grant(conn, REF, user, "reader", now)
    if role in ADMINISTRATORS:
        leave_everything(conn, user, now, but=REF)
    operation = table(tables.Operation).c
    query = select(operation.id, operation.authorities).where(
        operation.void.is_(False), operation.status.not_in(("ARKIV", "INST"))
    )
    granted = 0
    for row in conn.execute(query).all():
        mine = parts(
            authority, role, row.id.removeprefix("operation_"), orjson.loads(row.authorities or "[]")
        )
        for stream, part in mine.items():
            grant(conn, stream, user, part, now)
        granted += bool(mine)
    return granted


def parts(authority: str, role: str, operation: str, authorities: Sequence[str]) -> dict[str, Role]:
    """The streams of an evening that somebody of this authority and role takes part in, and how.

    Planners see what is shared and planned, and no authority's own stream: they are not superusers. Administrators see none.
    """
    if authority not in authorities or role in ADMINISTRATORS:
        return {}
    if role in PLANNERS:
        part: Role = "writer" if role in SUPERVISORS else "reader"
        return {shared(operation): part, plan_stream(operation): part}
    return {shared(operation): "writer", own(operation, authority): "writer"}


def operation_cells(operation: Operation) -> list[Cell]:
    """The cells of the operation entity."""
    values = {
        "number": operation.number,
        "title": dict(operation.title),
        "date": operation.date,
        "status": operation.status,
        "authorities": list(operation.authorities),
    }
    return _cells(f"operation_{operation.id}", values | dict(operation.facts))


def site_cells(site: Site, history: list[Json]) -> list[Cell]:
    """The cells of a site, and the extract of its earlier visits where there are any."""
    names = ("name", "type", "address", "area", "lat", "lon", "fictitious")
    values = {name: getattr(site, name) for name in names}
    return _cells(site.id, values | {"history": history or None})


def visit_cells(visit: Visit, *, repeat: bool) -> list[Cell]:
    """The cells of a visit and of the parties to it."""
    entity = f"visit_{visit.id}"
    values = {
        "site": visit.site,
        "order": visit.order,
        "team": visit.team,
        "status": PLANNED,
        "repeat": repeat,
    }
    return _cells(entity, values) + [c for party in visit.parties for c in party_cells(visit.id, party)]


def party_cells(visit: str, party: Party) -> list[Cell]:
    """The cells of an authority's part in a visit."""
    values = {
        "visit": f"visit_{visit}",
        "authority": party.authority,
        "regime": party.regime,
        "law": party.law,
        "done": False,
    }
    return _cells(party_id(visit, party.authority), values)


def party_id(visit: str, authority: str) -> str:
    """The entity of an authority's part in a visit."""
    return f"party_{visit}.{authority}"


def target_cells(targets: Iterable[Target]) -> list[Cell]:
    """The cells of the places in reserve."""
    return [
        c
        for t in targets
        for c in _cells(f"target_{t.id}", {"site": t.site, "status": t.status, "note": t.note})
    ]


def _cells(entity: str, values: Mapping[str, Json]) -> list[Cell]:
    return [(entity, name, value) for name, value in values.items() if value is not None]

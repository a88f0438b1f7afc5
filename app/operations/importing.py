"""A supervisor's own list of sites becomes visits of an evening: everything in it, or nothing and every reason."""

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Final

import orjson
from sqlalchemy import Connection, func, select

from app.database import Database, table
from app.domain import codes
from app.domain.change import new_id
from app.domain.values import LINE
from app.operations import planning, tables
from app.operations.site_files import MAX_BYTES, Fault, Refused, Row, SiteFile, read_sites
from app.sync.author import Author
from app.sync.identity import ServerKey
from app.sync.tables import Stream

OTHER_PREMISES: Final = "OVRIG"
MAX_ORDER: Final = 100_000

_DEGREES = re.compile(r"[+-]?\d{1,3}(?:[.,]\d{1,15})?")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BETWEEN = re.compile(r"[\s,;/|+]+")

_stream, _operation = table(Stream), table(tables.Operation)
_site, _visit = table(tables.Site), table(tables.Visit)


@dataclass(frozen=True)
class Imported:
    """What an import did: sites added to the operation, rows whose site was in it already, columns without meaning."""

    operation: str
    added: int
    present: int
    ignored: tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """A row that was understood; positions in microdegrees, `order` None where the file leaves it open."""

    line: int
    name: str
    type: str
    address: str | None
    area: str | None
    lat: int | None
    lon: int | None
    order: int | None
    authorities: tuple[str, ...]

    @property
    def identity(self) -> tuple[str, str]:
        """What makes two rows the same site."""
        return self.name.casefold(), (self.address or "").casefold()


def import_sites(
    db: Database, key: ServerKey, author: Author, file: Path, into: str | planning.Operation, now: int
) -> Imported:
    """Bring a CSV or GeoJSON file into an operation, by its id, or into a new one, given without sites and visits.

    One transaction, however many commits it takes. Refused with every fault of every row. Repeating it adds nothing.
    """
    found = read_file(file)
    return db.write_now(lambda conn: _import(conn, key, author, found, into, now))


def read_file(file: Path) -> SiteFile:
    """The rows of a file; Refused if it is too large to be looked at."""
    with file.open("rb") as opened:
        return read_sites(opened.read(MAX_BYTES + 1))


def _import(
    conn: Connection,
    key: ServerKey,
    author: Author,
    found: SiteFile,
    into: str | planning.Operation,
    now: int,
) -> Imported:
    operation = into if isinstance(into, str) else into.id
    taking_part = _authorities(conn, into) if isinstance(into, str) else _invited(into)
    listed = understand(found, taking_part)
    present = _visited(conn, operation)
    ids = {row.line: site_id for row, site_id in zip(listed, _site_ids(conn, listed), strict=True)}
    fresh = [row for row in listed if ids[row.line] not in present]
    sites = tuple(_site_of(row, ids[row.line]) for row in fresh)
    visits = _visits(fresh, ids, _last_order(conn, operation), now)
    if isinstance(into, str):
        planning.add_sites(conn, author, operation, sites, visits, now)
    else:
        planning.plan(conn, key, author, replace(into, sites=sites, visits=visits), now)
    return Imported(operation, len(fresh), len(listed) - len(fresh), found.ignored)


def understand(found: SiteFile, taking_part: Sequence[str]) -> list[Listed]:
    """What the rows mean in an operation of these authorities. Refused with every fault of every row."""
    faults = list(found.faults)
    listed = []
    for row in found.rows:
        reader = _Reader(row, frozenset(taking_part))
        understood = reader.read()
        if reader.faults:
            faults += reader.faults
        else:
            listed.append(understood)
    faults += _repeats(listed)
    if faults:
        raise Refused(sorted(faults, key=lambda fault: fault.line))
    return listed


class _Reader:
    """Reads one row and notes every fault in it."""

    def __init__(self, row: Row, taking_part: frozenset[str]) -> None:
        self._row = row
        self._taking_part = taking_part
        self.faults: list[Fault] = []

    def read(self) -> Listed:
        lat, lon = self._degrees("lat", 90), self._degrees("lon", 180)
        if ("lat" in self._row.values) != ("lon" in self._row.values):
            self._fault("lat och lon hör ihop: en saknas", "lat and lon belong together: one is missing")
        name = self._text("name")
        if name is None:
            self._fault("namn saknas", "the name is missing")
        return Listed(
            self._row.line,
            name or "",
            self._type(),
            self._text("address"),
            self._text("area"),
            lat,
            lon,
            self._order(),
            self._authorities(),
        )

    def _fault(self, sv: str, en: str) -> None:
        self.faults.append(Fault(self._row.line, sv, en))

    def _text(self, field: str) -> str | None:
        text = self._row.values.get(field)
        if text is not None and len(text) > LINE:
            self._fault(f"{field} är längre än {LINE} tecken", f"{field} is longer than {LINE} characters")
        if text is not None and _CONTROL.search(text):
            self._fault(
                f"{field} har radbrytning eller styrtecken", f"{field} has a line break or control character"
            )
        return text

    def _type(self) -> str:
        text = self._row.values.get("type")
        if text is None:
            return OTHER_PREMISES
        known = _premises().get(text.casefold())
        if known is None:
            self._fault(f"okänd typ {text[:40]!r}", f"unknown type {text[:40]!r}")
        return known or OTHER_PREMISES

    def _degrees(self, field: str, limit: int) -> int | None:
        text = self._row.values.get(field)
        if text is None:
            return None
        degrees = Decimal(text.replace(",", ".")) if _DEGREES.fullmatch(text) else None
        if degrees is None or abs(degrees) > limit:
            sv = f"{field} är inget gradtal mellan -{limit} och {limit}: {text[:40]!r}"
            self._fault(sv, f"{field} is no number of degrees between -{limit} and {limit}: {text[:40]!r}")
            return None
        return planning.microdegrees(degrees)

    def _order(self) -> int | None:
        text = self._row.values.get("order")
        if text is None:
            return None
        if not (text.isascii() and text.isdigit() and 0 < len(text) <= 6 and 0 < int(text) <= MAX_ORDER):
            sv = f"ordning är inget heltal från 1 till {MAX_ORDER}: {text[:40]!r}"
            self._fault(sv, f"order is no whole number from 1 to {MAX_ORDER}: {text[:40]!r}")
            return None
        return int(text)

    def _authorities(self) -> tuple[str, ...]:
        named = [part.upper() for part in _BETWEEN.split(self._row.values.get("authorities", "")) if part]
        for name in named:
            if name not in codes.ids("authorities"):
                self._fault(f"okänd myndighet {name[:40]!r}", f"unknown authority {name[:40]!r}")
            elif name not in self._taking_part:
                self._fault(f"{name} deltar inte i insatsen", f"{name} does not take part in the operation")
        return tuple(dict.fromkeys(named))


@cache
def _premises() -> dict[str, str]:
    """Types of premises by code and by either label, in lower case."""
    items = codes.items("premises_types")
    return {item[name].casefold(): item["id"] for item in items for name in ("id", "sv", "en")}


def _repeats(listed: Iterable[Listed]) -> list[Fault]:
    sites: dict[tuple[str, str], int] = {}
    orders: dict[int, int] = {}
    faults = []
    for row in listed:
        first = sites.setdefault(row.identity, row.line)
        if first != row.line:
            faults.append(
                Fault(row.line, f"samma plats som på rad {first}", f"the same site as on line {first}")
            )
        first = orders.setdefault(row.order, row.line) if row.order is not None else row.line
        if first != row.line:
            faults.append(
                Fault(row.line, f"samma ordning som på rad {first}", f"the same order as on line {first}")
            )
    return faults


def _authorities(conn: Connection, operation: str) -> tuple[str, ...]:
    query = select(_operation.c.authorities).where(_operation.c.id == f"operation_{operation}")
    found = conn.execute(query).scalar()
    if found is None:
        raise Refused([Fault(0, f"insatsen {operation} finns inte", f"there is no operation {operation}")])
    return tuple(orjson.loads(found))


def _invited(operation: planning.Operation) -> tuple[str, ...]:
    unknown = [a for a in operation.authorities if a not in codes.ids("authorities")]
    if unknown:
        raise Refused(
            [Fault(0, f"okänd myndighet {a[:40]!r}", f"unknown authority {a[:40]!r}") for a in unknown]
        )
    return operation.authorities


def _visited(conn: Connection, operation: str) -> frozenset[str]:
    """The sites that have a visit in the operation."""
    query = (
        select(_visit.c.site)
        .join(_stream, _stream.c.id == _visit.c.stream)
        .where(_stream.c.name == planning.shared(operation), _visit.c.void.is_(False))
    )
    return frozenset(conn.execute(query).scalars())


def _last_order(conn: Connection, operation: str) -> int:
    query = (
        select(func.max(_visit.c.position))
        .join(_stream, _stream.c.id == _visit.c.stream)
        .where(_stream.c.name == planning.shared(operation))
    )
    return conn.execute(query).scalar() or 0


def _site_ids(conn: Connection, listed: Sequence[Listed]) -> list[str]:
    """A site that any evening knows by this name and address keeps its id, so that its history is found."""
    rows = conn.execute(select(_site.c.id, _site.c.name, _site.c.address).distinct())
    known = {(r.name.casefold(), (r.address or "").casefold()): r.id for r in rows if r.name is not None}
    return [known.get(row.identity) or _new_site_id(row.identity) for row in listed]


def _new_site_id(identity: tuple[str, str]) -> str:
    return "site_" + hashlib.sha256("\n".join(identity).encode()).hexdigest()[:20]


def _site_of(row: Listed, site: str) -> planning.Site:
    return planning.Site(site, row.name, row.type, row.address, row.area, row.lat, row.lon)


def _visits(rows: Sequence[Listed], ids: dict[int, str], last: int, now: int) -> tuple[planning.Visit, ...]:
    """One visit a row; those without an order come after all that have one."""
    following = max([last, *(row.order for row in rows if row.order is not None)])
    visits: list[planning.Visit] = []
    visit = ""
    for row in rows:
        visit = new_id(now, [visit] if visit else [])
        following += row.order is None
        parties = tuple(planning.Party(authority) for authority in row.authorities)
        order = following if row.order is None else row.order
        visits.append(planning.Visit(visit, ids[row.line], order, parties=parties))
    return tuple(visits)

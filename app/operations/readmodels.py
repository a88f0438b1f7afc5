"""Keeping the read models: entity in, row out, one upsert statement a table."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, delete, select

from app.database import table
from app.domain import codes, disclosure, merge
from app.domain.figures import counted
from app.domain.kinds import kind_of
from app.operations import tables
from app.photos.access import record_refs
from app.sets import Upsert
from app.sync.folding import Folded
from app.sync.push import Touched
from app.sync.rebuild import touched_by

Row: TypeAlias = dict[str, Any]
Cells: TypeAlias = Mapping[str, list[merge.Head]]

MODELS: dict[str, type[tables.ReadModel]] = {
    "operation": tables.Operation,
    "site": tables.Site,
    "visit": tables.Visit,
    "party": tables.Party,
    "checklist": tables.Checklist,
    "tally": tables.Tally,
    "safety": tables.SafetyNotice,
    "photo": tables.Photo,
    "exhibit": tables.Exhibit,
    "custody": tables.CustodyEvent,
    "report": tables.CrimeReport,
    "decision": tables.Decision,
}
"""The read model of each kind of entity that has one."""

_RENAMED = {"position": "order", "departed": "left"}
"""Columns whose field has a name that SQL keeps for itself."""

_COMMON = frozenset(tables.ReadModel.model_fields)


def refresh(conn: Connection, touched: Sequence[Touched]) -> None:
    """Bring the rows of these entities up to date."""
    rows: dict[str, list[Row]] = {}
    for entity in touched:
        if entity.kind in MODELS:
            rows.setdefault(entity.kind, []).append(row_of(entity))
    for kind, batch in rows.items():
        _UPSERTS[kind].write(conn, batch)
    record_refs(conn, [ref for entity in touched for ref in _refs(entity)])


def row_of(entity: Touched) -> Row:
    """The read model's row of an entity."""
    is_void = merge.is_void(entity.cells)
    common = {
        "stream": entity.stream,
        "id": entity.id,
        "seq": entity.seq,
        "void": is_void,
        "review": is_void and merge.needs_review(entity.cells),
        "conflicts": len(merge.conflicts(entity.cells)),
    }
    special = _SPECIAL.get(entity.kind)
    own = special(entity.cells, is_void) if special else {}
    plain = {c: _plain(entity.cells, _RENAMED.get(c, c)) for c in _COLUMNS[entity.kind] if c not in own}
    return common | plain | own


def _plain(cells: Cells, field: str) -> Any:
    value = merge.value_of(cells, field)
    return orjson.dumps(value).decode() if isinstance(value, list | dict) else value


def _tally(cells: Cells, is_void: bool) -> Row:
    tally = counted(cells.get("entry", []))
    if tally is None:
        return {"visit": None, "of": None, "code": None, "unit": None, "qty": 0}
    return {
        "visit": tally.visit,
        "of": tally.of,
        "code": tally.code,
        "unit": tally.unit,
        "qty": 0 if is_void else tally.qty,
    }


def _checklist(cells: Cells, _: bool) -> Row:
    known = codes.questions()
    answered = (f for f in cells if f in known and merge.value_of(cells, f) is not None)
    return {"answered": sum(1 for _ in answered)}


def _photo(cells: Cells, _: bool) -> Row:
    blob, thumb = merge.value_of(cells, "blob"), merge.value_of(cells, "thumb")
    return {"sha256": blob and blob["sha256"], "thumb_sha256": thumb and thumb["sha256"]}


_SPECIAL: dict[str, Callable[[Cells, bool], Row]] = {
    "tally": _tally,
    "checklist": _checklist,
    "photo": _photo,
}


def _refs(entity: Touched) -> list[tuple[int, str, str]]:
    """Every digest that a live head of a photo names, or of the copy of one: in a conflict both are there to be seen."""
    if entity.kind == "photo":
        values = [head[merge.VALUE] for cell in _BYTES for head in entity.cells.get(cell, [])]
    elif entity.kind == disclosure.COPY:
        values = [value for head in entity.cells.get(disclosure.OF, []) for value in _copied(head)]
    else:
        return []
    return [(entity.stream, entity.id, value["sha256"]) for value in values if value is not None]


_BYTES = ("blob", "thumb")


def _copied(head: merge.Head) -> list[Any]:
    items = head[merge.VALUE]["items"]
    return [
        v for item in items if item["f"] in _BYTES and kind_of(item["e"]) == "photo" for v in item["values"]
    ]


def _upsert(model: type[tables.ReadModel]) -> Upsert:
    names = [name for name in model.model_fields if name not in ("stream", "id")]
    return Upsert(table(model), ("stream", "id"), names)


_UPSERTS = {kind: _upsert(model) for kind, model in MODELS.items()}
_COLUMNS = {kind: [c for c in model.model_fields if c not in _COMMON] for kind, model in MODELS.items()}


def clear(conn: Connection, stream: int) -> None:
    """Empty the read models of a stream, before they are made again from its log."""
    for model in MODELS.values():
        conn.execute(delete(table(model)).where(table(model).c.stream == stream))


def differences(conn: Connection, folded: Folded) -> list[str]:
    """The rows of a stream's read models that are not what its log says."""
    wanted: dict[tuple[str, str], Row] = {
        (x.kind, x.id): row_of(x) for x in touched_by(folded) if x.kind in MODELS
    }
    found: list[str] = []
    for kind, model in MODELS.items():
        query = select(table(model)).where(table(model).c.stream == folded.stream)
        rows = [dict(row) for row in conn.execute(query).mappings()]
        wrong = [row["id"] for row in rows if wanted.pop((kind, row["id"]), None) != row]
        found += [f"{folded.name}: read model {kind} {entity}" for entity in wrong]
    return found + [f"{folded.name}: no read model {kind} {entity}" for kind, entity in wanted]

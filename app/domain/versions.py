"""What a visit comes to in one stream at one moment: the version that is submitted and approved (docs/decisions/0006).

Twin: `static/src/domain/versions.ts`; both pass `tests/vectors/versions.json`.
"""

import hashlib
from collections.abc import Container, Iterable, Mapping
from typing import Any, TypeAlias

from app.domain.change import Change
from app.domain.kinds import ABOUT, kind_of
from app.domain.merge import ID, VALUE, Head, is_void, value_of

Line: TypeAlias = tuple[str, str, str]
"""Entity, field and change id of one live change."""
Entities: TypeAlias = Iterable[tuple[str, Mapping[str, list[Head]]]]

APPROVAL = "approval"
OF = "of"
"""The field of an approval that names the version."""
_PARTS = ("checklist", "party")
"""Kinds whose ids begin with the visit that they are a part of."""


def visit_about(entity: str) -> str:
    """The visit that a submission or an approval is about."""
    return f"visit_{entity.partition('_')[2]}"


def visits_of(entity: str, cells: Mapping[str, list[Head]]) -> set[str]:
    """The visits that an entity belongs to: by its id, and by what it shows in `visit` (a tally: in `entry`)."""
    kind = kind_of(entity)
    if kind in ABOUT:
        return set()
    found = set()
    if kind == "visit":
        found.add(entity)
    elif kind in _PARTS:
        name = visit_about(entity)
        found |= {name[:i] for i, letter in enumerate(name) if letter == "."}
    entry = value_of(cells, "entry") if kind == "tally" else None
    named = entry["visit"] if type(entry) is dict and "visit" in entry else value_of(cells, "visit")
    if type(named) is str:
        found.add(named)
    return found


def visit_named_by(change: Change) -> str | None:
    """The visit that a change says its entity belongs to."""
    value = change.v
    if change.f == "entry" and kind_of(change.e) == "tally":
        value = value.get("visit") if type(value) is dict else None
    elif change.f != "visit":
        return None
    return value if type(value) is str else None


def lines_of(entities: Entities, visit: str) -> list[Line]:
    """Every live change of a visit in a stream, sorted; deleted entities and `@` included."""
    return sorted(
        (entity, field, head[ID])
        for entity, cells in entities
        if visit in visits_of(entity, cells)
        for field, heads in cells.items()
        for head in heads
    )


def version_hash(lines: Iterable[Line]) -> str:
    """SHA-256 (hex) over the sorted lines `entity TAB field TAB id LF`."""
    texts = sorted(f"{entity}\t{field}\t{change}\n" for entity, field, change in lines)
    return hashlib.sha256("".join(texts).encode()).hexdigest()


def version_ids(lines: Iterable[Line]) -> list[str]:
    """The ids that a submission names: sorted, each once."""
    return sorted({change for _, _, change in lines})


def late(lines: Iterable[Line], ids: Container[str]) -> list[Line]:
    """The live changes that are not among the ids of a submission."""
    return [line for line in lines if line[2] not in ids]


def approvals_in(cells: Mapping[str, list[Head]]) -> list[Head]:
    """The live changes of an approval; empty where it is deleted or was never made."""
    if is_void(cells):
        return []
    return [head for head in cells.get(OF, ()) if head[VALUE] is not None]


def approved_by(change: Change) -> dict[str, Any] | None:
    """`{visit, seq, hash}` that a change approves; None for one that approves nothing."""
    is_approval = change.f == OF and type(change.v) is dict and kind_of(change.e) == APPROVAL
    return change.v if is_approval else None

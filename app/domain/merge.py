"""The merge rule (docs/sync.md, section 1): pure, order-free, the same in Python and TypeScript.

> A change is live unless a change of the same cell with a larger id names it in `replaces`.

State is kept as its smallest sufficient form: the live changes of each cell (heads) and the ids that have been named in
`replaces` or replaced (retired), so that a change that arrives after its replacement is known to be dead.
"""

import hashlib
from collections.abc import Iterable, Mapping, MutableMapping
from operator import itemgetter
from typing import Any, Literal, TypeAlias

from app.domain.change import Change, canonical

Head: TypeAlias = list[Any]
"""`[id, value, actor, at, t, seq]`: a live change as stores, snapshots and screens hold it."""
Cells: TypeAlias = dict[str, list[Head]]
"""The heads of each field of one entity, each list sorted by id."""
Retired: TypeAlias = MutableMapping[tuple[str, str, str], str | None]
"""(entity, field, change id) of every replaced id, with its content once it arrived, None while only named."""
Outcome: TypeAlias = Literal["applied", "dead", "duplicate", "id_reused"]

ID, VALUE, ACTOR, AT, T, SEQ = range(6)
_id = itemgetter(ID)


def merge(cells: Cells, retired: Retired, change: Change, actor: str, t: int, seq: int | None) -> Outcome:
    """Bring one change into an entity; `cells` and `retired` are updated in place."""
    heads = cells.get(change.f, [])
    key = (change.e, change.f, change.id)
    if (
        not heads and not change.replaces and key not in retired
    ):  # a first answer: most of what is ever recorded
        cells[change.f] = [[change.id, change.v, actor, change.at, t, seq]]
        return "applied"
    first = _content_of(heads, change.id) or retired.get(key)
    if first is not None:
        return "duplicate" if first == change.content() else "id_reused"
    is_dead = key in retired
    kept = _drop(heads, retired, change) if change.replaces else list(heads)
    if is_dead:
        retired[key] = change.content()
    else:
        kept.append([change.id, change.v, actor, change.at, t, seq])
        kept.sort(key=_id)
    cells[change.f] = kept
    return "dead" if is_dead else "applied"


def is_known(cells: Cells, retired: Retired, change: Change) -> bool:
    """Whether a change of this id has arrived in the cell before, with whatever content."""
    key = (change.e, change.f, change.id)
    return any(head[ID] == change.id for head in cells.get(change.f, ())) or retired.get(key) is not None


def _content_of(heads: list[Head], change_id: str) -> str | None:
    for head in heads:
        if head[ID] == change_id:
            return canonical([head[VALUE], head[AT]])
    return None


def _drop(heads: list[Head], retired: Retired, change: Change) -> list[Head]:
    """The heads that a change leaves; what it names is retired, whether it has arrived yet or not."""
    dropped = {r for r in change.replaces if r < change.id}
    for head in heads:
        if head[ID] in dropped:
            retired[change.e, change.f, head[ID]] = canonical([head[VALUE], head[AT]])
    for r in dropped:
        retired.setdefault((change.e, change.f, r), None)
    return [head for head in heads if head[ID] not in dropped]


def winner(heads: Iterable[Head]) -> Head | None:
    """The head displayed first: the latest by `t`, then by id."""
    return max(heads, key=lambda head: (head[T], head[ID]), default=None)


def value_of(cells: Mapping[str, list[Head]], field: str) -> Any:
    """The displayed value of a field; None where it has none."""
    heads = cells.get(field)
    if not heads:
        return None
    head = heads[0] if len(heads) == 1 else winner(heads)
    return head and head[VALUE]


def is_conflict(heads: list[Head]) -> bool:
    """Whether the heads of a cell hold more than one distinct value (JSON type and value)."""
    return len(heads) > 1 and len({canonical(head[VALUE]) for head in heads}) > 1


def conflicts(cells: Mapping[str, list[Head]]) -> list[str]:
    """The fields in conflict. Presence is settled by rule, so `@` is never one of them."""
    return sorted(f for f, heads in cells.items() if f != "@" and is_conflict(heads))


def is_void(cells: Mapping[str, list[Head]]) -> bool:
    """Whether the entity is deleted: every head of `@` says so; a concurrent restore keeps it alive."""
    heads = cells.get("@", [])
    return bool(heads) and all(head[VALUE] is not None for head in heads)


def needs_review(cells: Mapping[str, list[Head]]) -> bool:
    """Whether somebody wrote to a deleted entity without knowing that it was deleted."""
    if not is_void(cells):
        return False
    live = live_hash(cells)
    return all(head[VALUE]["of"] != live for head in cells["@"])


def live_hash(cells: Mapping[str, list[Head]]) -> str:
    """SHA-256 over the sorted live ids of all fields but `@`: the `of` of a deletion."""
    ids = sorted(head[ID] for f, heads in cells.items() if f != "@" for head in heads)
    return hashlib.sha256("\n".join(ids).encode()).hexdigest()


def digest(entities: Iterable[tuple[str, Mapping[str, list[Head]]]]) -> str:
    """SHA-256 over every head of a stream: equal digests are equal replicas."""
    lines = sorted(
        f"{entity}\t{field}\t{head[ID]}\t{canonical(head[VALUE])}\n"
        for entity, cells in entities
        for field, heads in cells.items()
        for head in heads
    )
    return hashlib.sha256("".join(lines).encode()).hexdigest()

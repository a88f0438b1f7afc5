"""What an evening counts: the numbers of the board, of reports and of the press release come from here alone."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from app.domain.kinds import ABOUT, kind_of
from app.domain.merge import VALUE, Head, conflicts, is_void, needs_review, value_of, winner

DONE = frozenset({"KLART", "STANGT", "UPPHORT", "NEKAD", "AVBR"})
"""Visit statuses after which nobody goes there again this evening."""


@dataclass
class Figures:
    """The figures of one operation.

    `seizures` is code -> base unit -> integer quantity, `reports` press category -> number; `activity_mean_x100` is the
    mean activity of the visits that have one, times 100, rounded half up, or None.
    """

    visits: int = 0
    done: int = 0
    seizures: dict[str, dict[str, int]] = field(default_factory=dict)
    reports: dict[str, int] = field(default_factory=dict)
    reports_total: int = 0
    photos: int = 0
    safety: int = 0
    conflicts: int = 0
    review: int = 0
    activity_mean_x100: int | None = None


@dataclass(frozen=True)
class Counted:
    """What one tally entity contributes: the winner's visit, kind, code and unit, and the sum of all live heads."""

    visit: str
    of: str
    code: str
    unit: str
    qty: int


def counted(heads: Iterable[Head]) -> Counted | None:
    """A tally's contribution; None while it has no entry."""
    live = [head for head in heads if head[VALUE] is not None]
    first = winner(live)
    if first is None:
        return None
    entry = first[VALUE]
    total = sum(head[VALUE]["qty"] for head in live)
    return Counted(entry["visit"], entry["of"], entry["code"], entry["unit"], total)


def figures(
    entities: Iterable[tuple[str, Mapping[str, list[Head]]]],
    bases: Mapping[str, str],
    activity: Mapping[str, int],
) -> Figures:
    """The figures of a shared stream from its entities.

    `bases` is unit -> base unit (an unknown unit is its own base), `activity` the value of each activity code.
    """
    sums = Figures()
    levels: list[int] = []
    for entity, cells in entities:
        kind = kind_of(entity)
        if kind in ABOUT:
            continue
        if is_void(cells):
            sums.review += needs_review(cells)
            continue
        sums.conflicts += len(conflicts(cells))
        if kind == "visit":
            _add_visit(sums, cells, levels, activity)
        elif kind == "tally":
            _add_tally(sums, counted(cells.get("entry", [])), bases)
        elif kind == "safety":
            sums.safety += 1
    sums.activity_mean_x100 = mean_x100(levels)
    return sums


def mean_x100(levels: list[int]) -> int | None:
    """The mean of integers times 100, rounded half up; None of nothing."""
    return (200 * sum(levels) + len(levels)) // (2 * len(levels)) if levels else None


def _add_visit(
    sums: Figures, cells: Mapping[str, list[Head]], levels: list[int], activity: Mapping[str, int]
) -> None:
    sums.visits += 1
    sums.done += value_of(cells, "status") in DONE
    level: Any = activity.get(value_of(cells, "activity") or "")
    if level is not None:
        levels.append(level)


def _add_tally(sums: Figures, tally: Counted | None, bases: Mapping[str, str]) -> None:
    if tally is None:
        return
    if tally.of == "photo":
        sums.photos += tally.qty
    elif tally.of == "report":
        sums.reports[tally.code] = sums.reports.get(tally.code, 0) + tally.qty
        sums.reports_total += tally.qty
    else:
        by_base = sums.seizures.setdefault(tally.code, {})
        base = bases.get(tally.unit, tally.unit)
        by_base[base] = by_base.get(base, 0) + tally.qty

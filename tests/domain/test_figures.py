"""What an evening counts."""

from dataclasses import asdict
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import codes
from app.domain.figures import DONE, Figures, counted, figures, mean_x100
from app.domain.merge import Cells, live_hash
from tests.domain.vectors import load

BASES = {u["id"]: u["base"] for u in codes.items("units")}
ACTIVITY = {a["id"]: a["value"] for a in codes.items("status_site_activity")}
CASES = load("figures")


def head(number: int, value: Any, t: int = 0) -> list[Any]:
    return [f"01639815-0000-7000-8000-{number:012x}", value, "a_1", t, t, 1]


def tally(*entries: dict[str, Any] | None, **more: list[Any]) -> Cells:
    return {"entry": [head(n, entry, n) for n, entry in enumerate(entries)], **more}


def entry(qty: int, code: str = "SPELAUTOMAT", unit: str = "ST", of: str = "seizure") -> dict[str, Any]:
    return {"visit": "visit_1", "of": of, "code": code, "qty": qty, "unit": unit}


def of(*entities: tuple[str, Cells]) -> Figures:
    return figures(entities, BASES, ACTIVITY)


def void(cells: Cells, *, knowing: bool = True) -> Cells:
    gone = {"void": True, "reason": "", "of": live_hash(cells) if knowing else "x"}
    return {**cells, "@": [head(99, gone)]}


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_the_figures_are_those_of_the_browser(case: dict[str, Any]) -> None:
    assert asdict(figures(case["entities"].items(), BASES, ACTIVITY)) == case["figures"]


def test_nothing_counts_nothing() -> None:
    assert of() == Figures()


def test_counts_of_all_hands_add_up_by_base_unit() -> None:
    sums = of(
        ("tally_1", tally(entry(3_000_000, "CANNABIS", "KG"))),
        ("tally_2", tally(entry(2_000, "CANNABIS", "G"), entry(5, "CANNABIS", "G"))),
        ("tally_3", tally(entry(2, "CANNABIS", "PLANTA"))),
        ("tally_4", tally(entry(1, "NYTT", "NYENHET"))),
    )
    assert sums.seizures == {"CANNABIS": {"MG": 3_002_005, "PLANTA": 2}, "NYTT": {"NYENHET": 1}}


def test_equal_counts_by_two_people_add_and_a_cleared_one_does_not() -> None:
    assert of(("tally_1", tally(entry(4), entry(4)))).seizures == {"SPELAUTOMAT": {"ST": 8}}
    assert of(("tally_1", tally(None, entry(4), None))).seizures == {"SPELAUTOMAT": {"ST": 4}}
    assert of(("tally_1", tally(None))).seizures == {}
    assert counted([]) is None


def test_reports_and_photos_are_counted_apart() -> None:
    sums = of(
        ("tally_1", tally(entry(2, "NARKOTIKA", of="report"))),
        ("tally_2", tally(entry(1, "SPEL", of="report"))),
        ("tally_3", tally(entry(17, "FOTO", of="photo"))),
    )
    assert (sums.reports, sums.reports_total, sums.photos, sums.seizures) == (
        {"NARKOTIKA": 2, "SPEL": 1},
        3,
        17,
        {},
    )


def test_a_deleted_entity_counts_for_nothing_but_may_need_review() -> None:
    counts, visit = tally(entry(4)), {"status": [head(1, "KLART")], "persons": [head(1, 1), head(2, 2)]}
    assert of(("tally_1", void(counts)), ("visit_1", void(visit))) == Figures()
    assert of(("tally_1", void(counts, knowing=False)), ("visit_1", void(visit, knowing=False))) == Figures(
        review=2
    )


@pytest.mark.parametrize("status", sorted(codes.ids("status_visit")))
def test_a_visit_is_done_by_its_displayed_status(status: str) -> None:
    earlier = head(1, "KLART" if status not in DONE else "INNE", t=1)
    sums = of(("visit_1", {"status": [earlier, head(2, status, t=2)]}))
    assert (sums.visits, sums.done) == (1, status in DONE)


def test_done_are_statuses_that_exist() -> None:
    assert codes.ids("status_visit") >= DONE


def test_conflicts_are_cells_not_entities() -> None:
    cells = {
        "persons": [head(1, 1), head(2, True)],
        "team": [head(1, "A"), head(2, "A")],
        "@": [head(1, None), head(2, {})],
    }
    assert of(("visit_1", cells), ("note_1", {"text": [head(1, "a"), head(2, "b")]})).conflicts == 2


def test_activity_is_the_mean_of_the_visits_that_have_one() -> None:
    low, high = sorted(ACTIVITY, key=lambda a: ACTIVITY[a])[:2]
    visits = [
        ("visit_1", {"activity": [head(1, low)]}),
        ("visit_2", {"activity": [head(1, high)]}),
        ("visit_3", {}),
    ]
    assert of(*visits).activity_mean_x100 == mean_x100([ACTIVITY[low], ACTIVITY[high]])


@given(st.lists(st.integers(0, 10), min_size=1))
def test_a_mean_is_rounded_half_up(levels: list[int]) -> None:
    exact = Fraction(100 * sum(levels), len(levels))
    assert mean_x100(levels) == int(exact + Fraction(1, 2))


def test_safety_notices_are_counted() -> None:
    assert of(("safety_1", {"level": [head(1, "high")]}), ("safety_2", void({}))).safety == 1

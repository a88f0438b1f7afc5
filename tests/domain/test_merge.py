"""The one rule, on the cases that the browser passes too."""

from itertools import permutations
from typing import Any

import pytest

from app.domain import merge
from app.domain.change import canonical
from tests.domain.vectors import arrive, load

CASES = load("merge")
FREE = [case for case in CASES if case["order_free"]]
PERMUTED = 6
"""Changes above which not every order is tried: 720 orders are."""

WANTED = (
    "concurrent answers",
    "corroborat",
    "recount",
    "two tablets",
    "restore",
    "dead on arrival",
    "reused",
    "another cell",
    "cycle",
)


def name_of(case: dict[str, Any]) -> str:
    name: str = case["name"]
    return name


@pytest.mark.parametrize("wanted", WANTED)
def test_the_vectors_cover_what_the_protocol_promises(wanted: str) -> None:
    assert any(wanted in name_of(case) for case in CASES), [name_of(case) for case in CASES]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_history_has_the_outcomes_and_heads_of_its_vector(case: dict[str, Any]) -> None:
    world, outcomes = arrive(case["changes"])
    assert outcomes == case["outcomes"]
    # Compared as text, since Python holds 1 and True for equal.
    assert canonical(world) == canonical(case["heads"])
    assert merge.digest(world.items()) == case["digest"]


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_history_reads_as_its_vector_says(case: dict[str, Any]) -> None:
    world, _ = arrive(case["changes"])
    shown = {e: {f: merge.value_of(cells, f) for f in cells} for e, cells in world.items()}
    assert canonical(shown) == canonical(case["winner"])
    assert [[e, f] for e in sorted(world) for f in merge.conflicts(world[e])] == case["conflicts"]
    assert [e for e, cells in world.items() if merge.is_void(cells)] == case["void"]
    assert [e for e, cells in world.items() if merge.needs_review(cells)] == case["review"]


@pytest.mark.parametrize("case", FREE, ids=name_of)
def test_the_order_of_arrival_does_not_matter(case: dict[str, Any]) -> None:
    changes = case["changes"]
    orders = permutations(changes) if len(changes) <= PERMUTED else [changes, changes[::-1]]
    for order in orders:
        assert canonical(arrive(order)[0]) == canonical(case["heads"])


@pytest.mark.parametrize("case", CASES, ids=name_of)
def test_a_second_arrival_of_everything_changes_nothing(case: dict[str, Any]) -> None:
    world, outcomes = arrive([*case["changes"], *case["changes"]])
    assert canonical(world) == canonical(case["heads"])
    again = outcomes[len(case["changes"]) :]
    assert again == ["id_reused" if first == "id_reused" else "duplicate" for first in case["outcomes"]]


def test_values_of_other_json_types_are_other_values() -> None:
    values: tuple[Any, ...] = (1, True, "1", None, [1], {})
    heads: list[merge.Head] = [[str(n), v, "a", 0, 0, None] for n, v in enumerate(values)]
    assert all(merge.is_conflict([one, other]) for one in heads for other in heads if one is not other)
    assert not merge.is_conflict([heads[0], ["x", 1, "b", 9, 9, None]])


def test_of_two_heads_of_one_instant_the_larger_id_is_shown() -> None:
    assert merge.winner([["b", 1, "a", 5, 5, 1], ["a", 2, "a", 5, 5, 2]]) == ["b", 1, "a", 5, 5, 1]
    assert merge.winner([["b", 1, "a", 5, 5, 1], ["a", 2, "a", 6, 6, 2]]) == ["a", 2, "a", 6, 6, 2]
    assert merge.winner([]) is None

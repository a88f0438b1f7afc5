"""What is submitted and approved: the cases that the browser passes too, and what holds for all."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import versions
from app.domain.change import Change
from app.domain.merge import VALUE, Cells
from tests.domain.vectors import load

CASES = load("versions")
VISIT = "visit_01639815-0000-7000-8000-0000000000a1"
OF = {"visit": VISIT, "seq": 3, "hash": "ab" * 32}
VOID = {"void": True, "reason": "", "of": "x"}

lines = st.lists(
    st.tuples(st.sampled_from(["a_1", "a_å", "b_1"]), st.sampled_from("xyz"), st.integers(0, 9).map(str)),
    unique=True,
)


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_a_version_is_what_its_vector_says(case: dict[str, Any]) -> None:
    found = versions.lines_of(case["entities"].items(), case["visit"])
    assert [list(line) for line in found] == case["lines"]
    assert (versions.version_hash(found), versions.version_ids(found)) == (case["hash"], case["ids"])
    assert [list(line) for line in versions.late(found, case["submitted"])] == case["late"]


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["name"])
def test_the_hash_of_a_vector_is_that_of_its_lines(case: dict[str, Any]) -> None:
    """Spelled out, so that a vector cannot be wrong in the same way as the code."""
    text = "".join(f"{e}\t{f}\t{i}\n" for e, f, i in case["lines"])
    assert case["hash"] == sha256(text.encode()).hexdigest()
    assert case["lines"] == sorted(case["lines"])


@given(lines, st.randoms(use_true_random=False))
def test_a_hash_is_that_of_the_set_and_of_no_other(some: list[versions.Line], chance: Any) -> None:
    shuffled = some.copy()
    chance.shuffle(shuffled)
    assert versions.version_hash(shuffled) == versions.version_hash(some)
    for line in some:
        others = [x for x in some if x != line]
        assert versions.version_hash(others) != versions.version_hash(some)
        assert versions.late(some, versions.version_ids(others)) in ([], [line])


@pytest.mark.parametrize(
    ("entity", "field", "value", "visit"),
    [
        ("note_1", "visit", VISIT, VISIT),
        ("note_1", "visit", None, None),
        ("note_1", "visit", [VISIT], None),
        ("note_1", "text", VISIT, None),
        ("tally_1", "entry", {"visit": VISIT}, VISIT),
        ("tally_1", "entry", None, None),
        ("tally_1", "entry", {"visit": 1}, None),
        ("note_1", "entry", {"visit": VISIT}, None),
    ],
)
def test_a_change_says_where_its_entity_goes(entity: str, field: str, value: Any, visit: str | None) -> None:
    assert versions.visit_named_by(Change("1", entity, field, value, 0)) == visit


def head(change: str, value: Any) -> list[Any]:
    return [change, value, "a", 0, 0, 1]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ({}, []),
        ({"@": [head("1", None)]}, []),
        ({"of": [head("1", OF)]}, [OF]),
        ({"of": [head("1", None)]}, []),
        ({"of": [head("1", OF), head("2", OF | {"seq": 4})]}, [OF, OF | {"seq": 4}]),
        ({"of": [head("1", OF)], "@": [head("2", VOID)]}, []),
        ({"of": [head("1", OF)], "@": [head("2", VOID), head("3", None)]}, [OF]),
    ],
)
def test_an_approval_lives_until_it_is_lifted(cells: Cells, said: list[dict[str, Any]]) -> None:
    assert [head[VALUE] for head in versions.approvals_in(cells)] == said


def test_an_approval_and_a_submission_are_named_after_their_visit() -> None:
    tail = VISIT.removeprefix("visit_")
    assert versions.visit_about(f"approval_{tail}") == versions.visit_about(f"submission_{tail}") == VISIT

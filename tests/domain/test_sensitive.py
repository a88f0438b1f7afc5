"""What is refused at input, and what must not be: the cases that the browser passes too."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import codes, kinds
from app.domain.sensitive import field_of
from tests.domain.vectors import load

CASES = load("sensitive")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c["text"] or "empty")
def test_a_text_is_what_its_vector_says(case: dict[str, Any]) -> None:
    assert field_of(case["text"]) == case["field"]


@given(st.text(), st.text())
def test_where_it_stands_in_the_text_does_not_matter(before: str, after: str) -> None:
    assert field_of(f"{before} LVU {after}") == "social"


@given(st.text(alphabet="abcdefghijklmnopqrstuvwxyzåäö", min_size=1))
def test_a_longer_word_is_another_word(more: str) -> None:
    assert field_of(f"lvu{more}") is None
    assert field_of(f"{more}lvu") is None


def test_no_word_of_the_code_lists_is_refused() -> None:
    """What the app itself says must never raise an alarm."""
    said = [
        str(item.get(name, ""))
        for name in codes.PUBLISHED
        for item in codes.items(name)
        for name in ("sv", "en")
    ]
    said += [str(q.raw[name]) for q in codes.questions().values() for name in ("sv", "en")]
    assert [text for text in said if field_of(text)] == []


@pytest.mark.parametrize(
    ("home", "entity", "cell"),
    [
        ("own", "note_1", "text"),
        ("own", "report_1", "summary"),
        ("own", "exhibit_1", "description"),
        ("own", "photo_1", "caption"),
        ("own", "decision_1", "note"),
        ("shared", "safety_1", "text"),
        ("plan", "target_1", "note"),
        ("own", "checklist_1.ALK", "ALK01:note"),
    ],
)
def test_in_free_text_it_is_held_for_a_person(home: Any, entity: str, cell: str) -> None:
    assert kinds.judge(home, entity, cell, "Omhändertagen enligt LVU") == ("held", "sensitive_data")
    assert kinds.judge(home, entity, cell, "Omhändertagen") is None
    assert kinds.may_be_admitted(home, entity, cell, "Omhändertagen enligt LVU")


def test_the_reasons_of_a_disclosure_are_free_text_too() -> None:
    key = "01639815-0000-7000-8000-0000000000a1"
    said = {"to": "POL", "ground": "G_10_2", "by": "x", "visit": "visit_1", "items": [], "hash": "ab" * 32}
    for name in ("weighing", "proviso"):
        value = said | {name: "Se patientjournalen"}
        assert kinds.judge("own", f"disclosure_{key}", "of", value) == ("held", "sensitive_data")
    assert kinds.judge("own", f"disclosure_{key}", "of", said) is None


def test_what_is_no_free_text_is_judged_as_before() -> None:
    assert kinds.judge("shared", "site_1", "name", "Bar LVU") is None
    assert kinds.judge("own", "note_1", "text", "LVU" + "x" * 20_000) == ("rejected", "schema")

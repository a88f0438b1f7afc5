"""The browser's domain modules against their twins here, where no vector reaches."""

import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.domain.change import canonical, is_id, new_id
from tests.domain.vectors import load
from tests.twin.node import Twin

texts = st.text(st.characters(exclude_categories=["Cs"]))
plain = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**53, 2**53 - 1) | texts,
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(texts | st.sampled_from(["__proto__", "constructor", "10", "9"]), inner)
    ),
    max_leaves=20,
)
many = settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def twin() -> Iterator[Twin]:
    with Twin() as running:
        yield running


@many
@given(value=plain)
def test_the_canonical_text_is_the_same(twin: Twin, value: Any) -> None:
    assert twin.ask("canonical", value=value) == canonical(value)


@pytest.mark.parametrize("case", load("merge"), ids=lambda c: c["name"])
def test_every_merge_vector_reads_the_same(twin: Twin, case: dict[str, Any]) -> None:
    told = twin.ask("arrive", arrivals=case["changes"])
    assert {name: told[name] for name in ("outcomes", "conflicts", "void", "review", "digest")} == {
        name: case[name] for name in ("outcomes", "conflicts", "void", "review", "digest")
    }
    assert json.dumps(told["heads"]) == json.dumps(case["heads"])


@pytest.mark.parametrize("case", load("versions"), ids=lambda c: c["name"])
def test_every_version_vector_reads_the_same(twin: Twin, case: dict[str, Any]) -> None:
    told = twin.ask("version", **{name: case[name] for name in ("entities", "visit", "submitted")})
    assert (told["hash"], told["ids"]) == (case["hash"], case["ids"])
    assert (sorted(told["lines"]), sorted(told["late"])) == (case["lines"], case["late"])


@many
@given(now=st.integers(0, 2**48 - 1), before=st.lists(st.integers(0, 2**47), max_size=3))
def test_ids_of_the_browser_are_larger_than_what_they_follow(twin: Twin, now: int, before: list[int]) -> None:
    follows = [new_id(n) for n in before]
    made = twin.ask("newId", now=now, after=follows)
    assert is_id(made)
    assert all(made > one for one in follows)


def test_two_tablets_behind_the_same_fast_clock_do_not_take_the_same_id() -> None:
    """Else what the second of them wrote would be rejected as a reused id."""
    ahead = new_id(math.floor(2**47.5))
    taken = []
    for _ in range(2):
        with Twin() as tablet:
            taken.append(tablet.ask("newId", now=0, after=[ahead]))
    assert taken[0] != taken[1]

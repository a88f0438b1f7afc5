"""What verdicts about a held change come to, in any order."""

from hypothesis import given
from hypothesis import strategies as st

from app.domain.admission import Decided, Verdict, decide, entity_of, verdict_of, verdicts_in
from app.domain.merge import Cells

CHANGE = "01639815-0000-7000-8000-0000000000a1"
SAID = {"commit": "sha256:" + "ab" * 32, "admit": True, "reason": "sett på plats"}

verdicts = st.lists(
    st.builds(
        Verdict,
        id=st.uuids().map(str),
        actor=st.just("a"),
        change=st.just(CHANGE),
        commit=st.just("c"),
        admit=st.booleans(),
        reason=st.just(""),
    ),
    max_size=5,
)


def outcome(said: list[Verdict]) -> tuple[Decided | None, int]:
    """What they come to one after the other, and how often that was a merge."""
    decided: Decided | None = None
    merged = 0
    for verdict in said:
        now = decide(decided, verdict)
        merged += now == "admitted"
        decided = now or decided
    return decided, merged


@given(verdicts.flatmap(lambda said: st.tuples(st.just(said), st.permutations(said))))
def test_the_order_of_verdicts_does_not_matter(orders: tuple[list[Verdict], list[Verdict]]) -> None:
    one, other = orders
    assert outcome(one) == outcome(other)
    assert outcome([*one, *one]) == outcome(one)


@given(verdicts)
def test_one_admission_is_enough_and_merges_once(said: list[Verdict]) -> None:
    decided, merged = outcome(said)
    admits = any(v.admit for v in said)
    assert decided == ("admitted" if admits else "denied" if said else None)
    assert merged == int(admits)


def test_a_verdict_is_read_from_its_entity_and_field_alone() -> None:
    entity = entity_of(CHANGE)
    wanted = Verdict("id", "a", CHANGE, SAID["commit"], admit=True, reason="sett på plats")  # type: ignore[arg-type]
    assert verdict_of(entity, "verdict", "id", "a", SAID) == wanted
    assert verdict_of(entity, "verdict", "id", "a", None) is None
    assert verdict_of(entity, "@", "id", "a", {"void": True, "reason": "", "of": "x"}) is None
    heads: Cells = {
        "verdict": [["1", None, "a", 0, 0, 1], ["id", SAID, "a", 0, 0, 1]],
        "@": [["2", None, "a", 0, 0, 1]],
    }
    assert list(verdicts_in(entity, heads)) == [wanted]

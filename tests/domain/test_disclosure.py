"""Who may hand what over to whom: the cases that the browser passes too, and what holds for all."""

from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import codes, disclosure, kinds, permissions, values
from app.domain.change import Change, canonical, is_id, new_id
from app.domain.permissions import Allow, Membership, decide_write
from tests.domain.vectors import load

CASES = load("disclosure")
EVERYBODY = sorted(codes.ids("authorities"))
GROUNDS = {ground["id"]: ground for ground in codes.items("disclosure_grounds")}
NOTE = "note_1"
SAID = {
    "to": "KOM_ALK",
    "ground": "G_ALK_9_8",
    "by": "F. Lind",
    "weighing": "Ingen skada.",
    "visit": "visit_1",
    "items": [{"e": NOTE, "f": "text", "ids": [new_id(1)], "hash": "ab" * 32}],
    "hash": "cd" * 32,
}

authorities = st.sampled_from(EVERYBODY)
days = st.dates().map(str)
json_values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-99, 99) | st.text(), st.lists, max_leaves=5
)


@pytest.mark.parametrize("case", [c for c in CASES if "grounds" in c], ids=lambda c: c["name"])
def test_the_lawful_grounds_are_those_of_the_vector(case: dict[str, Any]) -> None:
    found = disclosure.lawful_grounds(case["from"], case["to"], case["day"])
    told = [[g["id"], disclosure.needs_weighing(g, case["from"], case["to"])] for g in found]
    assert told == case["grounds"]


@pytest.mark.parametrize("case", [c for c in CASES if "copy" in c], ids=lambda c: c["name"])
def test_the_copy_and_its_hash_are_those_of_the_vector(case: dict[str, Any]) -> None:
    copy = disclosure.copied(case["items"], case["entities"])
    assert copy == case["copy"]
    if copy is not None:
        assert disclosure.copy_hash(copy) == case["hash"] == sha256(canonical(copy).encode()).hexdigest()


@given(authorities, authorities, days)
def test_a_ground_carries_only_on_its_days_and_between_its_parties(
    sender: str, recipient: str, day: str
) -> None:
    for ground in disclosure.lawful_grounds(sender, recipient, day):
        assert sender != recipient
        assert ground.get("valid_from", "") <= day <= ground.get("valid_to", "9999")
        for named, authority in ((ground["from"], sender), (ground["to"], recipient)):
            assert authority in named or {"ANY", "ANY_AUTHORITY"} & set(named)


@given(
    authorities,
    authorities,
    days,
    st.sampled_from(sorted(GROUNDS)),
    st.text(),
    st.text(),
    st.sets(authorities),
)
def test_a_disclosure_without_lacks_is_lawful_in_every_respect(
    sender: str, to: str, day: str, ground: str, by: str, weighing: str, participants: set[str]
) -> None:
    said = SAID | {"to": to, "ground": ground, "by": by, "weighing": weighing}
    lacks = disclosure.lacks(said, sender, participants, day)
    lawful = [g["id"] for g in disclosure.lawful_grounds(sender, to, day)]
    assert ("ground" in lacks) == (ground not in lawful)
    assert ("to" in lacks) == (to == sender or to not in participants)
    assert ("by" in lacks) == (not by.strip())
    if ground in lawful:
        needs = disclosure.needs_weighing(GROUNDS[ground], sender, to)
        assert ("weighing" in lacks) == (needs and not weighing.strip())


def test_what_is_demanded_is_lacking_where_it_is_missing() -> None:
    def lacks(**said: Any) -> list[str]:
        value = {k: v for k, v in (SAID | said).items() if v is not None}
        assert values.disclosure(value)
        return list(disclosure.lacks(value, "POL", {"POL", "KOM_ALK"}, "2018-05-25"))

    item: Any = SAID["items"][0]
    assert lacks() == []
    assert lacks(weighing=None) == ["weighing"], "what the police know of crime leaves crime fighting"
    assert lacks(by="\n ") == ["by"]
    assert lacks(items=[]) == ["items"]
    assert lacks(items=[item, item]) == ["items"]
    assert lacks(items=[item | {"ids": []}]) == ["items"]
    assert lacks(items=[item | {"f": "@"}]) == ["items"]
    assert lacks(items=[item | {"e": "disclosed_POL.1"}]) == ["items"], (
        "what was handed over is not handed on"
    )
    assert lacks(ground="G_170_6") == ["ground"]


def test_grounds_that_weigh_interests_demand_it_in_writing_and_duties_do_not() -> None:
    weighing = {g for g, item in GROUNDS.items() if disclosure.needs_weighing(item, "KOM_ALK", "POL")}
    assert weighing >= {"G_10_15A", "G_10_27", "G_10_2", "G_170_6", "EJ_SEKR", "SAMTYCKE"}
    assert not weighing & {"G_ALK_9_8", "G_LTLP_7_20", "G_NIK_35", "G_10_24"}
    assert all(disclosure.needs_weighing(item, "POL", "KOM_ALK") for item in GROUNDS.values())


@given(
    st.lists(
        st.recursive(st.none() | st.booleans() | st.integers(-99, 99) | st.text(), st.lists, max_leaves=5),
        min_size=1,
    )
)
def test_a_copy_is_made_of_exactly_what_was_named(given_values: list[Any]) -> None:
    heads = [[new_id(n), value, "a", 1, 1, n] for n, value in enumerate(given_values)]
    ids = [head[0] for head in heads]
    item = {"e": NOTE, "f": "text", "ids": ids, "hash": disclosure.value_hash(given_values)}
    entities: Any = {NOTE: {"text": list(reversed(heads))}}
    assert disclosure.copied([item], entities) == [
        {"e": NOTE, "f": "text", "ids": ids, "values": given_values}
    ]
    assert disclosure.copied([item | {"ids": ids[1:]}], entities) is None
    assert disclosure.copied([item | {"hash": "0" * 64}], entities) is None
    assert disclosure.copied([item], {}) is None
    gone = {"@": [[new_id(99), {"void": True, "reason": "", "of": "x"}, "a", 1, 1, 9]]}
    assert disclosure.copied([item], {NOTE: entities[NOTE] | gone}) is None


@given(st.integers(0, 2**48 - 1))
def test_what_is_made_of_a_change_has_an_id_that_follows_from_it(now: int) -> None:
    change = new_id(now)
    made = disclosure.derived_id(change, "disclosed")
    assert is_id(made)
    assert made == disclosure.derived_id(change, "disclosed")
    assert len({made, change, disclosure.derived_id(change, "delivered")}) == 3
    assert made[:13] == change[:13]


def test_the_copy_tells_all_but_the_weighing() -> None:
    key = new_id(5)
    change = Change(
        new_id(7), f"disclosure_{key}", "of", SAID | {"proviso": "p", "corrects": f"disclosure_{key}"}, 7
    )
    copy = [{"e": NOTE, "f": "text", "ids": [key], "values": ["x"]}]
    told = disclosure.copy_value(change, "POL", "a_1", copy)
    assert "weighing" not in told
    assert values.disclosed(told)
    entity = disclosure.copy_entity(change.e, "POL")
    assert kinds.judge("own", entity, "of", told) is None
    mark = disclosure.mark_value(change, copy)
    assert kinds.judge("own", disclosure.mark_entity(change.e), "of", mark) is None
    assert kinds.judge("own", change.e, "of", SAID) is None
    assert kinds.judge("shared", change.e, "of", SAID) == ("rejected", "wrong_stream")
    assert kinds.judge("own", "disclosure_1", "of", SAID) == ("rejected", "schema")


def test_only_some_roles_hand_over_and_only_the_server_writes_copies() -> None:
    writer = Membership("writer")
    roles = [role["id"] for role in codes.items("roles")]
    allowed = {r for r in roles if isinstance(decide_write(r, "active", writer, "disclosure"), Allow)}
    assert allowed == permissions.DISCLOSERS
    for kind in ("disclosed", "delivered"):
        assert not [r for r in roles if isinstance(decide_write(r, "active", writer, kind), Allow)]
        assert isinstance(decide_write(permissions.SYSTEM, "active", None, kind), Allow)

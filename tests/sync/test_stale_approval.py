"""An approval is of what the log says, also after a restore has made the log shorter (invariant I13)."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.commit import Envelope
from app.sync.decisions import open_for
from app.sync.versions import faults as broken_approvals
from tests.sync.approving import (
    APPROVAL,
    LATER,
    NOTE,
    RESTORED,
    STALE,
    all_faults,
    approve,
    lift,
    push_one,
    recorded,
    restore,
    version,
)
from tests.sync.histories import ACTORS, requests
from tests.sync.test_admission import admission, told
from tests.sync.test_convergence import Arena, arena, random_lives
from tests.sync.world import NOW, POLICE, SHARED, VISIT, Person, World

# Invariant I13 ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seq", [0, 1, 99])
def test_an_approval_of_something_else_is_held_and_approves_nothing(world: World, seq: int) -> None:
    recorded(world)
    restore(world, POLICE)
    said = {"visit": VISIT, "seq": seq, "hash": "ab" * 32}
    assert push_one(world, world.alva, APPROVAL, "of", said) == STALE
    assert push_one(world, world.bo, NOTE, "text", "annat") is None
    assert all_faults(world) == []
    # Approved anew, it stands.
    approve(world)
    assert push_one(world, world.bo, NOTE, "text", "för sent") == LATER
    assert all_faults(world) == []


def test_an_approval_that_comes_back_with_its_receipt_is_of_a_log_that_is_lost(world: World) -> None:
    """An older store was put back without a word: no entry says so."""
    recorded(world)
    change = world.alva.change(APPROVAL, "of", version(world) | {"hash": "ab" * 32})
    assert told(world.push(world.alva.seal(POLICE, change), received=NOW)) == [{change.id: STALE}]


def test_an_approval_on_a_log_that_was_never_put_back_is_believed_and_the_check_names_it(
    world: World,
) -> None:
    """What a released tablet's upload came to stays what it comes to; no honest one sends this."""
    recorded(world)
    approve(world, hash="ab" * 32)
    (fault,) = world.db.read_now(broken_approvals)
    assert fault.startswith(f"{POLICE}: {APPROVAL} is not of what the log says, neither at 1 nor before 2")
    world.push(lift(world.alva))
    assert world.db.read_now(broken_approvals) == []


def test_a_held_approval_waits_for_its_author_and_lies_on_nobodys_desk(world: World) -> None:
    recorded(world)
    restore(world, POLICE)
    change = world.alva.change(APPROVAL, "of", version(world) | {"hash": "ab" * 32})
    sent = world.alva.seal(POLICE, change)
    world.push(sent)
    desk = world.db.read_now(lambda conn: open_for(conn, "dan", "OPKO_KOM", {POLICE: "writer"}))
    assert [one for one in desk["held"] if one["change"]["id"] == change.id] == []
    eva = world.enrol("eva", "POL", "FUL", POLICE)
    refused = {"verdict": "held", "code": "no_authority"}
    assert list(told(world.push(admission(eva, sent, change)))[0].values()) == [refused]
    assert all_faults(world) == []


def test_what_others_write_while_an_approval_is_under_way_does_not_hold_it(world: World) -> None:
    recorded(world)
    restore(world, POLICE)
    of = version(world)
    before = world.cells(POLICE)[NOTE]["text"][0][0]
    meanwhile = world.bo.change(NOTE, "text", "under tiden", before)
    world.push(world.bo.seal(POLICE, meanwhile))
    assert push_one(world, world.alva, APPROVAL, "of", of) is None
    assert all_faults(world) == []


def test_an_approval_of_what_the_visit_is_stands_under_any_number(world: World) -> None:
    """After a restore what was approved is there again, and the log shorter or longer."""
    recorded(world)
    approve(world, seq=99)
    assert push_one(world, world.bo, NOTE, "text", "för sent") == LATER
    assert all_faults(world) == []


def test_a_held_approval_that_is_sent_again_is_held_again_and_one_that_stands_is_a_duplicate(
    world: World,
) -> None:
    recorded(world)
    restore(world, POLICE)
    eva = world.enrol("eva", "POL", "FUL", POLICE)
    approval = approve(world)
    world.push(admitted_amendment(world))
    assert told(world.push(eva.seal(POLICE, approval))) == [{approval.id: {"verdict": "duplicate"}}]
    stale = world.alva.change(APPROVAL, "of", version(world) | {"hash": "ab" * 32})
    for who in (world.alva, eva):
        assert told(world.push(who.seal(POLICE, stale))) == [{stale.id: STALE}]
    assert all_faults(world) == []


def admitted_amendment(world: World) -> Envelope:
    """The decision that lets a change into an approved visit."""
    amendment = world.bo.change(NOTE, "text", "rättat", world.cells(POLICE)[NOTE]["text"][0][0])
    commit = world.bo.seal(POLICE, amendment)
    world.push(commit)
    return admission(world.alva, commit, amendment)


def test_an_approval_before_anything_was_recorded_is_of_nothing(world: World) -> None:
    approve(world)
    assert world.db.read_now(broken_approvals) == []
    assert push_one(world, world.bo, NOTE, "visit", VISIT) == LATER


def test_a_log_that_was_altered_after_an_approval_is_named(approved: World) -> None:
    approved.execute("UPDATE \"commit\" SET body = replace(body, 'hej', 'haj')")
    assert (
        approved.db.read_now(broken_approvals) == []
    )  # the hash is over ids: the commit's own hash tells this
    approved.execute("UPDATE \"commit\" SET body = replace(body, 'note_1', 'note_7')")
    assert approved.db.read_now(broken_approvals) != []


# After a restore --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_complete", [False, True])
def test_an_approval_from_a_lost_log_stands_only_where_all_of_it_is_back(
    store_url: str, is_complete: bool
) -> None:
    with arena(store_url) as store:
        store.empty()
        world, (lead, other, admin) = store.world, store.people
        kept = other.seal(SHARED, other.change("safety_1", "visit", "visit_1"))
        lost = other.seal(SHARED, other.change("safety_1", "injuries", 2))
        world.push(kept)
        world.push(lost)
        of = version(world, "visit_1", SHARED)
        given = lead.seal(SHARED, lead.change("approval_1", "of", of))
        assert told(world.push(given)) == [{}]
        store.empty()
        world.push(kept)
        put_back(store, admin)
        for n in range(3):
            world.push(admin.seal(SHARED, admin.change("safety_9", "injuries", n)))
        back = [lost, given] if is_complete else [given, lost]
        verdicts = [one for envelope in back for one in told(world.push(envelope))]
        assert [list(one.values()) for one in verdicts if one] == ([] if is_complete else [[STALE]])
        assert store.faults() == []
        later = told(world.push(other.seal(SHARED, other.change("safety_1", "injuries", 3))))[0]
        assert list(later.values()) == ([LATER] if is_complete else [])


def put_back(store: Arena, who: Person) -> None:
    """The entry of a restore, a fork of its author's own chain, which goes on as it was."""
    aside = who.chains
    who.chains = {}
    made = who.seal(SHARED, who.change("restore_1", "from", RESTORED))
    who.chains = aside
    assert told(store.world.push(made)) == [{}]


STEPS = st.lists(
    st.tuples(
        st.integers(0, ACTORS - 1),
        st.sampled_from(["write", "write", "move", "approve", "recall", "invent", "lift"]),
    ),
    min_size=2,
    max_size=14,
)


def test_whatever_a_restore_lost_and_in_whatever_order_it_returns_what_is_approved_is_of_the_log(
    store_url: str,
) -> None:
    """A first life, in which everything that is approved was seen; then its beginning, and the rest in another order."""
    with arena(store_url) as store:

        @random_lives
        @given(STEPS, st.randoms(use_true_random=False))
        def live(steps: list[tuple[int, str]], chance: Random) -> None:
            store.empty()
            put_back(store, store.people[0])
            seen = [version(store.world, "visit_1", SHARED)]
            envelopes: list[Envelope] = []
            for number, (who, what) in enumerate(steps):
                envelope, should = step(store.people[who], what, seen, number, chance)
                result = told(store.world.push(envelope))[0]
                if should is not None:
                    assert list(result.values()) in ([[STALE]] if should else [[]])
                envelopes.append(envelope)
                seen.append(version(store.world, "visit_1", SHARED))
            assert store.faults() == []
            cut = chance.randint(0, len(envelopes))
            store.empty()
            store.world.push(*envelopes[:cut])
            put_back(store, store.people[1])
            waiting = envelopes[cut:]
            while waiting:
                for request in requests(waiting, chance):
                    store.world.push(*request)
                there = set(store.world.in_custody())
                waiting = [each for each in waiting if each.hash not in there]
            assert store.faults() == []

        live()


def step(
    who: Person, what: str, seen: list[dict[str, Any]], number: int, chance: Random
) -> tuple[Envelope, bool | None]:
    """A commit, and for an approval whether it must be held: `seen` is what the visit came to after each step."""
    of, should = seen[-1], False
    if what == "recall":
        of = chance.choice(seen)
    elif what == "invent":
        of, should = of | {"hash": f"{number:064x}"}, True
    if what == "write":
        change = who.change(f"safety_{chance.randint(1, 2)}", "injuries", number)
    elif what == "move":
        change = who.change(f"safety_{chance.randint(1, 2)}", "visit", chance.choice(["visit_1", "visit_2"]))
    elif what == "lift":
        change = who.change("approval_1", "@", {"void": True, "reason": "fel", "of": "x"})
    else:
        return who.seal(SHARED, who.change("approval_1", "of", of)), should
    return who.seal(SHARED, change), None

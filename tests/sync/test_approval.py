"""What is approved stays as it was approved: later changes are held for a person, and the hash re-computes from the log."""

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain import versions
from app.domain.change import Change
from app.domain.commit import Envelope
from app.operations.staff import current_cells
from app.sync.decisions import open_for
from app.sync.versions import faults as broken_approvals
from tests.sync.histories import ACTORS, requests
from tests.sync.test_admission import admission, faults, held, statements, told
from tests.sync.test_convergence import Arena, arena, random_lives
from tests.sync.world import NOW, POLICE, SHARED, VISIT, Person, World

OTHER = VISIT.replace("a1", "b2")
TAIL = VISIT.removeprefix("visit_")
APPROVAL, SUBMISSION = f"approval_{TAIL}", f"submission_{TAIL}"
NOTE, EXHIBIT, CHECKLIST = "note_1", "exhibit_1", f"checklist_{TAIL}.ANK@1"
LATER = {"verdict": "held", "code": "after_approval"}
RESTORED = {"head": 1, "chain": f"sha256:{'ab' * 32}", "epoch": "e1", "backup": "b", "at": NOW}
STALE = {"verdict": "held", "code": "stale_approval"}


def version(world: World, visit: str = VISIT, stream: str = POLICE) -> dict[str, Any]:
    """What somebody who has pulled everything would approve."""
    cells = world.db.read_now(lambda conn: current_cells(conn, stream))
    lines = versions.lines_of(cells.items(), visit)
    seq = max((h[5] for c in cells.values() for heads in c.values() for h in heads), default=0)
    return {"visit": visit, "seq": seq, "hash": versions.version_hash(lines)}


def approve(world: World, who: Person | None = None, **said: Any) -> Change:
    """Approve the visit as it is; the change that does."""
    who = who or world.alva
    change = who.change(APPROVAL, "of", version(world) | said)
    assert told(world.push(who.seal(POLICE, change))) == [{}]
    return change


def lift(who: Person) -> Envelope:
    gone = who.change(APPROVAL, "@", {"void": True, "reason": "fel", "of": "x"})
    return who.seal(POLICE, gone)


def recorded(world: World) -> list[Change]:
    """Something at the visit in the police's stream: a note, an exhibit and a checklist."""
    changes = [
        world.bo.change(NOTE, "visit", VISIT),
        world.bo.change(NOTE, "text", "hej"),
        world.bo.change(EXHIBIT, "visit", VISIT),
        world.bo.change(CHECKLIST, "status", "SKAPAD"),
        world.bo.change("note_2", "visit", OTHER),
        world.bo.change("note_3", "text", "ingens"),
    ]
    result = world.push(world.bo.seal(POLICE, *changes)).results[0]["changes"]
    assert {x["verdict"] for x in result.values()} <= {"held"}
    return changes


def push_one(world: World, who: Person, entity: str, cell: str, value: Any, stream: str = POLICE) -> Any:
    """The exception of one change in a commit of its own; None where it was applied."""
    change = who.change(entity, cell, value)
    return told(world.push(who.seal(stream, change)))[0].get(change.id)


@pytest.fixture
def approved(world: World) -> World:
    """A visit that was recorded and approved."""
    recorded(world)
    approve(world)
    assert all_faults(world) == []
    return world


def all_faults(world: World) -> list[str]:
    return [*faults(world), *world.db.read_now(broken_approvals)]


# After an approval ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("entity", "cell", "value"),
    [
        (NOTE, "text", "annat"),
        (NOTE, "visit", OTHER),  # out of the visit
        (NOTE, "@", {"void": True, "reason": "", "of": "x"}),
        (EXHIBIT, "qty", 3),
        ("note_2", "visit", VISIT),  # into it
        ("note_new", "visit", VISIT),
        (CHECKLIST, "ANK01", None),
        (f"checklist_{TAIL}.ALK@1", "visit", OTHER),
    ],
)
def test_a_change_of_an_approved_visit_is_held(approved: World, entity: str, cell: str, value: Any) -> None:
    before = approved.cells(POLICE)
    for who in (approved.bo, approved.alva):
        assert push_one(approved, who, entity, cell, value) == LATER
    assert approved.cells(POLICE) == before
    assert all_faults(approved) == []


@pytest.mark.parametrize(
    ("entity", "cell", "value", "stream"),
    [
        ("note_2", "text", "annat besök", POLICE),
        ("note_3", "text", "ingens", POLICE),
        (f"checklist_{OTHER.removeprefix('visit_')}.ANK@1", "status", None, POLICE),
        (VISIT, "persons", 3, SHARED),  # another stream has its own approvals
        (SUBMISSION, "of", {"visit": VISIT, "hash": "ab" * 32, "ids": []}, POLICE),
    ],
)
def test_everything_else_applies(approved: World, entity: str, cell: str, value: Any, stream: str) -> None:
    assert push_one(approved, approved.bo, entity, cell, value, stream) is None
    assert all_faults(approved) == []


def test_a_commit_that_makes_a_part_of_the_visit_is_held_with_all_its_cells(approved: World) -> None:
    bo = approved.bo
    parts = [bo.change("note_9", "text", "först"), bo.change("note_9", "visit", VISIT)]
    aside = bo.change("note_8", "text", "ett annat")
    result = told(approved.push(bo.seal(POLICE, *parts, aside)))[0]
    assert result == {part.id: LATER for part in parts}
    assert "note_9" not in approved.cells(POLICE)


def test_what_was_there_before_stays_a_duplicate(approved: World) -> None:
    """The same changes under a new key, as after a fork."""
    (note,) = (h for h in approved.cells(POLICE)[NOTE]["text"])
    again = Change(note[0], NOTE, "text", note[1], note[3])
    eva = approved.enrol("eva", "POL", "INSP", POLICE)
    assert told(approved.push(eva.seal(POLICE, again))) == [{note[0]: {"verdict": "duplicate"}}]


def test_an_amendment_is_admitted_while_the_approval_stands(approved: World) -> None:
    bo, alva = approved.bo, approved.alva
    amendment = bo.change(NOTE, "text", "rättat", approved.cells(POLICE)[NOTE]["text"][0][0])
    commit = bo.seal(POLICE, amendment)
    approved.push(commit)
    assert (amendment.id, "after_approval", None, None) in held(approved)
    assert told(approved.push(admission(alva, commit, amendment))) == [{}]
    assert [h[1] for h in approved.cells(POLICE)[NOTE]["text"]] == ["rättat"]
    assert push_one(approved, bo, NOTE, "text", "en gång till") == LATER
    # Bound to a place in the log, the approval is still of what it was of.
    assert all_faults(approved) == []


def test_a_lifted_approval_holds_nothing_and_a_restored_one_does_again(approved: World) -> None:
    alva, bo = approved.alva, approved.bo
    assert told(approved.push(lift(alva))) == [{}]
    assert push_one(approved, bo, NOTE, "text", "annat") is None
    restored = alva.change(APPROVAL, "@", None, alva.last)
    assert told(approved.push(alva.seal(POLICE, restored))) == [{}]
    assert push_one(approved, bo, NOTE, "text", "till") == LATER
    assert all_faults(approved) == []


def test_an_approval_counts_from_the_next_commit_of_the_same_request(world: World) -> None:
    recorded(world)
    alva, bo = world.alva, world.bo
    before = bo.seal(POLICE, bo.change(NOTE, "text", "före"))
    world.push(before)
    approval = alva.change(APPROVAL, "of", version(world))
    after, lifted = bo.seal(POLICE, bo.change(NOTE, "text", "efter")), bo.change(NOTE, "text", "fri")
    result = told(world.push(alva.seal(POLICE, approval), after, lift(alva), bo.seal(POLICE, lifted)))
    assert [list(x.values()) for x in result] == [[], [LATER], [], []]


@pytest.mark.parametrize("kind", ["approval", "void"])
def test_who_does_not_decide_neither_approves_nor_lifts(world: World, kind: str) -> None:
    recorded(world)
    if kind == "void":
        approve(world)
    change = world.bo.change(APPROVAL, "of", version(world))
    sent = world.bo.seal(POLICE, change) if kind == "approval" else lift(world.bo)
    result = told(world.push(sent))[0]
    assert list(result.values()) == [{"verdict": "held", "code": "no_authority"}]
    # And nobody makes it valid for them.
    target = Change(next(iter(result)), "", "", None, 0)
    decided = told(world.push(admission(world.alva, sent, target)))[0]
    assert list(decided.values()) == [{"verdict": "held", "code": "no_authority"}]
    assert (push_one(world, world.bo, NOTE, "text", "x") == LATER) is (kind == "void")


def test_two_approvals_are_lifted_together(world: World) -> None:
    recorded(world)
    eva = world.enrol("eva", "POL", "FUL", POLICE)
    approve(world)
    approve(world, eva)
    assert push_one(world, world.bo, NOTE, "text", "x") == LATER
    assert all_faults(world) == []
    world.push(lift(world.alva))
    assert push_one(world, world.bo, NOTE, "text", "x") is None


def test_an_outsider_is_told_nothing_about_an_approval(approved: World) -> None:
    for entity in (NOTE, "note_2"):
        assert push_one(approved, approved.cia, entity, "text", "x") == {
            "verdict": "held",
            "code": "no_authority",
        }


def test_a_tally_follows_its_entry(world: World) -> None:
    entry = {"visit": VISIT, "of": "seizure", "code": "SPRIT", "qty": 1, "unit": "ST"}
    assert push_one(world, world.bo, "tally_1", "entry", entry, SHARED) is None
    said = version(world, stream=SHARED)
    assert push_one(world, world.dan, APPROVAL, "of", said, SHARED) is None
    moved = entry | {"visit": OTHER}
    assert push_one(world, world.bo, "tally_1", "entry", moved, SHARED) == LATER
    assert push_one(world, world.bo, "tally_2", "entry", entry, SHARED) == LATER
    assert push_one(world, world.bo, "tally_3", "entry", moved, SHARED) is None
    assert push_one(world, world.bo, VISIT, "persons", 3, SHARED) == LATER
    assert all_faults(world) == []


# Before one -------------------------------------------------------------------------------------------------


def test_after_a_submission_changes_apply_and_are_late(world: World) -> None:
    recorded(world)

    def lines() -> list[versions.Line]:
        return versions.lines_of(world.cells(POLICE).items(), VISIT)

    of = {"visit": VISIT, "hash": versions.version_hash(lines()), "ids": versions.version_ids(lines())}
    assert push_one(world, world.bo, SUBMISSION, "of", of) is None
    assert versions.late(lines(), of["ids"]) == []
    late = world.alva.change(NOTE, "text", "sent")
    assert told(world.push(world.alva.seal(POLICE, late))) == [{}]
    assert versions.late(lines(), of["ids"]) == [(NOTE, "text", late.id)]


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


def restore(world: World, stream: str) -> None:
    """What `insats restore` writes into every stream; the log before it is the backup's."""
    job = world.enrol(f"job-{stream}", "INSATS", "SYSTEM")
    told(world.push(job.seal(stream, job.change("restore_1", "from", RESTORED))))
    assert "restore_1" in world.cells(stream)


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


# The cost ---------------------------------------------------------------------------------------------------


def test_approving_reads_the_stream_once_and_the_log_only_where_the_visit_has_changed(world: World) -> None:
    recorded(world)
    restore(world, POLICE)
    of = version(world)
    counts = {}
    for changed in (False, True):
        if changed:
            world.push(lift(world.alva))
            world.push(world.bo.seal(POLICE, world.bo.change(NOTE, "text", "under tiden")))
        for size in (1, 5):
            given = [world.alva.change(APPROVAL, "of", of) for _ in range(size)]
            seen = statements(world, *(world.alva.seal(POLICE, each) for each in given))
            counts[changed, size] = len([s for s in seen if "FROM entity" in s or "FROM entry" in s])
    assert counts == {(False, 1): 3, (False, 5): 3, (True, 1): 4, (True, 5): 4}


@pytest.mark.parametrize("has_approval", [False, True])
def test_the_number_of_statements_does_not_depend_on_approvals(world: World, has_approval: bool) -> None:
    recorded(world)
    if has_approval:
        approve(world)
    counts: dict[str, set[int]] = {"free": set(), "held": set()}
    for size in (1, 30, 480):
        for target, visit in (("free", OTHER), ("held", VISIT)):
            changes = [world.bo.change(f"note_{target}.{i}.{size}", "visit", visit) for i in range(size)]
            commit = world.bo.seal(POLICE, *changes)
            seen = statements(world, commit)
            counts[target].add(len(seen))
            assert len([s for s in seen if "FROM entity" in s]) == 2 + (has_approval and target == "held")
    assert [len(each) for each in counts.values()] == [1, 1]


def test_an_ordinary_push_pays_one_read_more_for_approvals(world: World) -> None:
    recorded(world)
    seen = statements(world, world.bo.seal(POLICE, world.bo.change(NOTE, "text", "x")))
    assert len([s for s in seen if "entity.kind" in s]) == 1
    assert not [s for s in seen if "held" in s]

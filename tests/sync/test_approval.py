"""What is approved stays as it was approved: later changes are held for a person, and the hash re-computes from the log."""

from typing import Any

import pytest

from app.domain import versions
from app.domain.change import Change
from tests.sync.approving import (
    APPROVAL,
    CHECKLIST,
    EXHIBIT,
    LATER,
    NOTE,
    OTHER,
    SUBMISSION,
    TAIL,
    all_faults,
    approve,
    lift,
    push_one,
    recorded,
    restore,
    version,
)
from tests.sync.test_admission import admission, held, statements, told
from tests.sync.world import POLICE, SHARED, VISIT, World

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

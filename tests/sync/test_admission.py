"""What is held is decided by another person, and has effect once: on the store, in the log and after a restore."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import orjson
import pytest
from sqlalchemy import event, select, update

from app.auth.accounts import revoke
from app.auth.tables import Actor
from app.database import table
from app.domain.admission import entity_of
from app.domain.change import Change
from app.domain.commit import Envelope
from app.operations import readmodels
from app.sync import decisions
from app.sync.push import Pushed
from app.sync.rebuild import differences, rebuild
from app.sync.tables import Entry, Held
from tests.sync.world import ALCOHOL, NOW, OPERATION, POLICE, SHARED, VISIT, Person, World

NOTE = "note_01639815-0000-7000-8000-000000000001"


def verdict(envelope: Envelope, *, admit: bool = True, reason: str = "sett") -> dict[str, Any]:
    """The value of an admission."""
    return {"commit": envelope.hash, "admit": admit, "reason": reason}


def admission(
    who: Person, envelope: Envelope, change: Change, *replaces: str, stream: str = POLICE, **said: Any
) -> Envelope:
    """A sealed decision of `who` about one held change."""
    made = who.change(entity_of(change.id), "verdict", verdict(envelope, **said), *replaces)
    return who.seal(stream, made)


def from_outside(world: World, value: Any = "hej") -> tuple[Envelope, Change]:
    """What Cia, of another authority, wrote into the police's stream."""
    change = world.cia.change(NOTE, "text", value, at=NOW + 99_000)
    return world.cia.seal(POLICE, change, off=-1_000), change


def unknown(who: Person, value: Any = "calm") -> tuple[Envelope, Change]:
    """What a newer app wrote."""
    change = who.change(NOTE, "mood", value)
    return who.seal(POLICE, change), change


def faults(world: World) -> list[str]:
    """What the merged state, the read models and the desk have that the log and custody do not say."""
    return world.db.read_now(lambda conn: differences(conn, readmodels.differences) + decisions.faults(conn))


def held(world: World) -> list[tuple[Any, ...]]:
    """(change, code, decided, reason) of everything that was ever held."""
    c = table(Held).c
    query = select(c.change, c.code, c.decided, c.reason).order_by(c.received, c.change)
    return [tuple(row) for row in world.db.read_now(lambda conn: conn.execute(query).all())]


def log_of(world: World, commit: str) -> list[dict[str, Any]]:
    """The server's part of every entry of a commit."""
    c = table(Entry).c
    query = select(c.r).where(c.commit == commit).order_by(c.seq)
    return [orjson.loads(r) for r in world.db.read_now(lambda conn: conn.execute(query).scalars().all())]


def told(pushed: Pushed) -> list[dict[str, Any]]:
    """The exceptions of each commit."""
    assert pushed.faults == []
    return [result["changes"] for result in pushed.results]


# What an admission does -------------------------------------------------------------------------------------


def test_an_admitted_change_gets_an_entry_of_its_own_right_after_the_admission(world: World) -> None:
    commit, change = from_outside(world)
    first = world.push(commit, now=NOW + 5_000).results
    assert first[0]["seq"] is None
    assert held(world) == [(change.id, "no_authority", None, None)]
    decided = world.push(admission(world.alva, commit, change), now=NOW + 70_000).results[0]
    assert decided["seq"] == 1
    assert log_of(world, commit.hash) == [
        {
            "stream": POLICE,
            "seq": 2,
            "commit": commit.hash,
            "received": NOW + 5_000,
            "skip": [],
            "dead": [],
            "only": [change.id],
        }
    ]
    # By the clock of the first arrival: an admission does not change when something was written.
    assert world.cells(POLICE)[NOTE]["text"] == [
        [change.id, "hej", world.cia.id, NOW + 99_000, NOW + 5_000, 2]
    ]
    assert held(world) == [(change.id, "no_authority", "admitted", "sett")]
    assert world.push(commit).results == first
    assert faults(world) == []


def test_a_denied_change_has_no_entry_and_may_be_admitted_later(world: World) -> None:
    commit, change = unknown(world.bo)
    world.push(commit)
    denial = admission(world.alva, commit, change, admit=False, reason="fel visit")
    assert world.push(denial).heads == {POLICE: 1}
    assert held(world) == [(change.id, "unknown_field", "denied", "fel visit")]
    assert NOTE not in world.cells(POLICE)
    later = admission(world.alva, commit, change, world.alva.last)
    assert world.push(later).heads == {POLICE: 3}
    assert world.cells(POLICE)[NOTE]["mood"][0][1] == "calm"
    assert held(world) == [(change.id, "unknown_field", "admitted", "sett")]
    again = admission(world.alva, commit, change, world.alva.last, admit=False)
    assert world.push(again).heads == {POLICE: 4}
    assert held(world) == [(change.id, "unknown_field", "admitted", "sett")]
    assert faults(world) == []


def test_several_changes_of_a_commit_are_admitted_by_one_entry(world: World) -> None:
    parts = [world.bo.change("drone_1", name, n) for n, name in enumerate(("height", "mood", "speed"))]
    newer = world.bo.change("drone_1", "mood", 7, parts[1].id)
    good = world.bo.change(NOTE, "text", "hej")
    commit = world.bo.seal(POLICE, newer, good, *parts)
    world.push(commit)
    said = [
        world.alva.change(entity_of(x.id), "verdict", verdict(commit)) for x in (parts[0], parts[1], newer)
    ]
    world.push(world.alva.seal(POLICE, *said))
    entry = log_of(world, commit.hash)[1]
    # In the order of the body: what it replaces arrives after it, dead.
    assert (entry["only"], entry["dead"]) == ([newer.id, parts[0].id, parts[1].id], [parts[1].id])
    assert {f: [h[0] for h in heads] for f, heads in world.cells(POLICE)["drone_1"].items()} == {
        "height": [parts[0].id],
        "mood": [newer.id],
    }
    assert [row[2] for row in held(world)] == ["admitted", "admitted", None, "admitted"]
    assert faults(world) == []


def test_two_people_who_admit_the_same_have_one_effect(world: World) -> None:
    eva = world.enrol("eva", "POL", "FUL", SHARED, POLICE)
    commit, change = unknown(world.bo)
    world.push(commit)
    world.push(admission(world.alva, commit, change), admission(eva, commit, change, reason="också"))
    assert len(log_of(world, commit.hash)) == 1
    assert [row[3] for row in held(world)] == ["sett"]
    assert faults(world) == []


def test_a_repeated_admission_has_no_second_effect(world: World) -> None:
    commit, change = unknown(world.bo)
    world.push(commit)
    one = world.alva.change(entity_of(change.id), "verdict", verdict(commit))
    decision = world.alva.seal(POLICE, one)
    first = world.push(decision).results
    assert world.push(decision).results == first
    assert told(world.push(world.alva.seal(POLICE, one))) == [{one.id: {"verdict": "duplicate"}}]
    assert len(log_of(world, commit.hash)) == 1


def test_what_is_in_the_log_already_is_admitted_without_an_entry(world: World) -> None:
    """The same change in two commits, as an app writes it again under a new key."""
    commit, change = from_outside(world)
    world.push(commit)
    world.push(world.bo.seal(POLICE, Change(change.id, change.e, change.f, change.v, change.at)))
    assert world.push(admission(world.alva, commit, change)).heads == {POLICE: 2}
    assert [row[2] for row in held(world)] == ["admitted"]
    assert log_of(world, commit.hash) == []
    assert faults(world) == []


def test_an_id_used_twice_cannot_be_admitted_twice(world: World) -> None:
    commit, change = from_outside(world)
    other = world.cia.seal(POLICE, Change(change.id, change.e, change.f, "något annat", change.at))
    world.push(commit, other)
    world.push(admission(world.alva, commit, change), admission(world.alva, other, change))
    assert [h[1] for h in world.cells(POLICE)[NOTE]["text"]] == ["hej"]
    assert sorted(str(row[2]) for row in held(world)) == ["None", "admitted"]
    assert faults(world) == []


@pytest.mark.parametrize("other", ["commit", "stream", "change", "null", "void"])
def test_a_verdict_about_something_else_has_no_effect(world: World, other: str) -> None:
    commit, change = unknown(world.bo)
    elsewhere = world.bo.seal(SHARED, world.bo.change(VISIT, "mood", "calm"))
    world.push(commit, elsewhere)
    entity, dan = entity_of(change.id), world.dan
    sent = {
        "commit": lambda: admission(world.alva, elsewhere, change),
        "stream": lambda: admission(dan, commit, change, stream=SHARED),
        "change": lambda: admission(world.alva, commit, world.bo.change(NOTE, "text", "x")),
        "null": lambda: world.alva.seal(POLICE, world.alva.change(entity, "verdict", None)),
        "void": lambda: world.alva.seal(
            POLICE, world.alva.change(entity, "@", {"void": True, "reason": "", "of": "x"})
        ),
    }
    assert told(world.push(sent[other]())) == [{}]
    assert {row[2] for row in held(world)} == {None}
    assert faults(world) == []


def test_what_this_release_would_reject_is_not_admitted(world: World) -> None:
    wrong = world.bo.change("drone_1", "@", "gone")
    commit = world.bo.seal(POLICE, wrong)
    world.push(commit)
    world.push(admission(world.alva, commit, wrong))
    assert "drone_1" not in world.cells(POLICE)
    assert held(world) == [(wrong.id, "unknown_kind", None, None)]


# Who may decide ---------------------------------------------------------------------------------------------


def revoked(world: World) -> Person:
    c = table(Actor).c
    statement = update(table(Actor)).where(c.id == world.alva.id).values(status="revoked")
    world.db.write_now(lambda conn: conn.execute(statement))
    return world.alva


def former(world: World) -> Person:
    world.db.write_now(lambda conn: revoke(conn, POLICE, "alva", NOW))
    return world.alva


def author_elsewhere(world: World) -> Person:
    """The author herself with another tablet."""
    key = world.enrol("bo-2", "POL", "FUL", POLICE)
    c = table(Actor).c
    statement = update(table(Actor)).where(c.id == key.id).values(user="bo")
    world.db.write_now(lambda conn: conn.execute(statement))
    world.execute("UPDATE \"user\" SET role = 'LAGLED' WHERE id = 'bo'")
    return key


@pytest.mark.parametrize(
    ("decider", "code"),
    [
        (lambda w: w.bo, "no_authority"),  # the author, who has no deciding role either
        (author_elsewhere, "no_authority"),
        (lambda w: w.enrol("inga", "POL", "INSP", POLICE), "no_authority"),
        (lambda w: w.cia, "no_authority"),
        (lambda w: w.dan, "no_authority"),
        (former, "no_authority"),
        (revoked, "device_revoked"),
    ],
    ids=["author", "author elsewhere", "inspector", "outsider", "coordinator", "former", "revoked"],
)
def test_an_admission_by_who_may_not_decide_is_held(
    world: World, decider: Callable[[World], Person], code: str
) -> None:
    commit, change = unknown(world.bo)
    who = decider(world)
    world.push(commit)
    decision = admission(who, commit, change)
    assert told(world.push(decision)) == [{who.last: {"verdict": "held", "code": code}}]
    assert {row[2] for row in held(world)} == {None}
    # Nor does the word of somebody else make it one.
    ful = world.enrol("fia", "POL", "FUL", POLICE)
    target = Change(who.last, "", "", None, 0)
    assert told(world.push(admission(ful, decision, target))) == [
        {ful.last: {"verdict": "held", "code": "no_authority"}}
    ]
    assert {row[2] for row in held(world)} == {None}
    assert faults(world) == []


def test_nobody_admits_what_they_could_not_have_written(world: World) -> None:
    for entity, cell, value in (
        (f"actor_{world.bo.id}", "name", "X"),
        (f"operation_{OPERATION}", "number", 7),
    ):
        change = world.bo.change(entity, cell, value)
        commit = world.bo.seal(SHARED, change)
        world.push(commit)
        by_leader = world.push(admission(world.alva, commit, change, stream=SHARED))
        assert told(by_leader) == [{world.alva.last: {"verdict": "held", "code": "no_authority"}}]
        by_planner = world.push(admission(world.dan, commit, change, stream=SHARED))
        assert (told(by_planner) == [{}]) is entity.startswith("operation")
    assert f"operation_{OPERATION}" in world.cells(SHARED)
    assert f"actor_{world.bo.id}" not in world.cells(SHARED)


def test_what_is_held_in_a_stream_that_does_not_exist_stays_held(world: World) -> None:
    nowhere = "op/01639815-0000-7000-8000-00000000dead/POL"
    change = world.cia.change(NOTE, "text", "hej")
    commit = world.cia.seal(nowhere, change)
    world.push(commit)
    assert told(world.push(admission(world.alva, commit, change, stream=nowhere))) == [
        {world.alva.last: {"verdict": "held", "code": "no_authority"}}
    ]
    assert {row[2] for row in held(world)} == {None}


# Any order --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("one_request", [True, False])
@pytest.mark.parametrize("order", list(permutations(range(3))), ids=str)
def test_commit_denial_and_admission_may_come_in_any_order(
    world: World, order: tuple[int, ...], one_request: bool
) -> None:
    """As after a restore: each tablet sends again when it can."""
    eva = world.enrol("eva", "POL", "FUL", SHARED, POLICE)
    commit, change = from_outside(world)
    both = [commit, admission(world.alva, commit, change, admit=False), admission(eva, commit, change)]
    arrivals = [both[n] for n in order]
    for request in [arrivals] if one_request else [[e] for e in arrivals]:
        assert world.push(*request).faults == []
    assert [(row[2], row[3]) for row in held(world)] == [("admitted", "sett")]
    assert [h[1] for h in world.cells(POLICE)[NOTE]["text"]] == ["hej"]
    assert len(log_of(world, commit.hash)) == 1
    assert faults(world) == []


@pytest.mark.parametrize("one_request", [True, False])
def test_a_verdict_that_comes_first_is_no_way_round_four_eyes(world: World, one_request: bool) -> None:
    change = world.alva.change(NOTE, "mood", "calm")
    commit = world.alva.seal(POLICE, change)
    other = author_of_same(world)
    own = admission(other, commit, change)
    requests = [[own, commit]] if one_request else [[own], [commit]]
    for request in requests:
        world.push(*request)
    assert NOTE not in world.cells(POLICE)
    assert (change.id, "unknown_field", None, None) in held(world)
    assert faults(world) == []


def author_of_same(world: World) -> Person:
    """Alva's other tablet."""
    key = world.enrol("alva-2", "POL", "LAGLED", POLICE)
    c = table(Actor).c
    world.db.write_now(
        lambda conn: conn.execute(update(table(Actor)).where(c.id == key.id).values(user="alva"))
    )
    return key


def test_a_rebuild_keeps_what_was_admitted(world: World) -> None:
    outside, note = from_outside(world)
    newer = [
        world.bo.change("drone_1", "height", 7),
        world.bo.change("exhibit_1", "category", "NYARE"),
        world.bo.change("checklist_1.ANK@1", "NYFRAGA", ["x"]),
    ]
    commit = world.bo.seal(POLICE, *newer, world.bo.change(NOTE, "visit", VISIT))
    world.push(outside, commit)
    world.push(admission(world.alva, outside, note), *(admission(world.alva, commit, x) for x in newer))
    before = world.rows()
    assert len(world.cells(POLICE).keys() & {"drone_1", "exhibit_1", "checklist_1.ANK@1", NOTE}) == 4
    world.db.write_now(lambda conn: rebuild(conn, [readmodels.refresh], readmodels.clear))
    assert world.rows() == before
    assert faults(world) == []


def test_what_was_altered_on_the_desk_is_named(world: World) -> None:
    commit, change = unknown(world.bo)
    other, second = unknown(world.bo)
    world.push(commit, other)
    world.push(admission(world.alva, commit, change))
    assert faults(world) == []
    for statement in (
        f"UPDATE held SET decided = NULL WHERE change = '{change.id}'",
        f"UPDATE held SET decision = '{second.id}' WHERE change = '{change.id}'",
        f"UPDATE held SET code = 'unknown_kind' WHERE change = '{second.id}'",
        f"DELETE FROM held WHERE change = '{second.id}'",
    ):
        world.execute(statement)
        assert faults(world), statement
        world.execute("DELETE FROM held")


# The cost ---------------------------------------------------------------------------------------------------


def statements(world: World, *envelopes: Envelope) -> list[str]:
    """The statements of one request, with what it is about."""
    seen: list[str] = []

    def note(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "SAVEPOINT" not in statement:
            seen.append(statement)

    engine = world.db._write_engine
    event.listen(engine, "before_cursor_execute", note)
    assert world.push(*envelopes).faults == []
    event.remove(engine, "before_cursor_execute", note)
    return seen


SIZES = (1, 30, 480)


def test_an_ordinary_push_reads_nothing_about_what_is_held(world: World) -> None:
    world.push(world.cia.seal(ALCOHOL, world.cia.change("note_first", "text", "x")))
    for size in SIZES:
        changes = [world.cia.change(f"note_{i}.{size}", "text", "x") for i in range(size)]
        seen = statements(world, world.cia.seal(ALCOHOL, *changes))
        assert not [s for s in seen if "held" in s]


@pytest.mark.parametrize("what", ["held", "admitted", "admitted before"])
def test_the_number_of_statements_does_not_depend_on_what_is_held(world: World, what: str) -> None:
    warm, first = unknown(world.bo)
    world.push(warm)
    world.push(admission(world.alva, warm, first))
    counts = []
    for size in SIZES:
        changes = [world.bo.change(f"drone_{i}.{size}", "height", i) for i in range(size)]
        commit = world.bo.seal(POLICE, *changes)
        said = [world.alva.change(entity_of(x.id), "verdict", verdict(commit)) for x in changes]
        decision = world.alva.seal(POLICE, *said)
        before, measured = {
            "held": ([], [commit]),
            "admitted": ([commit], [decision]),
            "admitted before": ([decision], [commit]),
        }[what]
        world.push(*before)
        counts.append(len(statements(world, *measured)))
        assert (f"drone_{size - 1}.{size}" in world.cells(POLICE)) is (what != "held")
    assert counts[0] == counts[1] == counts[2]
    assert faults(world) == []


def test_many_commits_with_held_changes_cost_no_more_statements_than_one(world: World) -> None:
    warm, first = unknown(world.bo)
    world.push(warm)
    world.push(admission(world.alva, warm, first))
    counts = []
    for size in (1, 40):
        pairs = [unknown(world.bo, n) for n in range(size)]
        decided = [admission(world.alva, commit, change) for commit, change in pairs]
        counts.append(len(statements(world, *(commit for commit, _ in pairs), *decided)))
    assert counts[0] == counts[1]

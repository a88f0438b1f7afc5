"""Custody before merge: what a push does with good, bad, repeated and hostile commits."""

from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlalchemy import Connection, event

from app.domain.change import Change, line_of
from app.domain.commit import open_envelope, seal, sha256, sign
from app.operations.readmodels import refresh
from app.sync.push import push, push_together
from app.sync.store import lock_streams
from tests.sync.world import ALCOHOL, NOW, POLICE, SHARED, VISIT, Person, World


def test_a_change_is_applied_and_its_entry_is_dense(world: World) -> None:
    first = world.push(world.alva.seal(SHARED, world.alva.change(VISIT, "status", "INNE")))
    second = world.push(world.bo.seal(SHARED, world.bo.change(VISIT, "persons", 4)))
    assert [first.results[0]["seq"], second.results[0]["seq"]] == [1, 2]
    assert first.results[0]["changes"] == {}
    assert world.cells(SHARED)[VISIT]["status"][0][1] == "INNE"


def test_a_repeated_commit_gets_its_first_result_and_has_no_effect(world: World) -> None:
    envelope = world.alva.seal(SHARED, world.alva.change(VISIT, "status", "INNE"))
    first = world.push(envelope)
    again = world.push(envelope, envelope, now=NOW + 99_000)
    assert again.results == [first.results[0]] * 2
    assert len(world.in_custody()) == 1


def test_concurrent_answers_are_both_kept_and_a_sight_of_both_settles_them(world: World) -> None:
    one, other = (p.change(VISIT, "persons", n) for p, n in ((world.alva, 9), (world.bo, 11)))
    world.push(world.alva.seal(SHARED, one), world.bo.seal(SHARED, other))
    assert {h[1] for h in world.cells(SHARED)[VISIT]["persons"]} == {9, 11}
    world.push(world.dan.seal(SHARED, world.dan.change(VISIT, "persons", 11, one.id, other.id)))
    assert [h[1] for h in world.cells(SHARED)[VISIT]["persons"]] == [11]


def test_a_change_dead_on_arrival_is_named_in_the_entry(world: World) -> None:
    z = world.alva.change(VISIT, "persons", 1)
    y = world.alva.change(VISIT, "persons", 2, z.id)
    x = world.bo.change(VISIT, "persons", 3, y.id)
    world.push(world.alva.seal(SHARED, z))
    world.push(world.bo.seal(SHARED, x))
    late = world.push(world.alva.seal(SHARED, y))
    assert late.results[0]["seq"] == 3
    assert [h[0] for h in world.cells(SHARED)[VISIT]["persons"]] == [x.id]


def test_a_bad_change_in_a_good_commit_is_rejected_alone_and_kept(world: World) -> None:
    good, bad = world.alva.change(VISIT, "persons", 3), world.alva.change(VISIT, "status", 7)
    newer = world.alva.change(VISIT, "mood", "calm")
    result = world.push(world.alva.seal(SHARED, good, bad, newer)).results[0]
    assert result["changes"] == {
        bad.id: {"verdict": "rejected", "code": "schema"},
        newer.id: {"verdict": "held", "code": "unknown_field"},
    }
    assert set(world.cells(SHARED)[VISIT]) == {"persons"}
    assert len(world.in_custody()) == 1


def test_a_line_that_is_no_change_is_rejected_by_its_number(world: World) -> None:
    body = line_of(world.alva.change(VISIT, "persons", 3)) + "{not json}\n"
    sealed = seal(world.alva.key, SHARED, 1, "", [], app="test", sent=NOW)
    header = sealed.h.replace(sealed.body, sha256(body)).replace('"changes":0', '"changes":2')
    envelope = open_envelope({"h": header, "b": body, "s": sign(world.alva.key, header.encode())})
    assert world.push(envelope).results[0]["changes"] == {"#2": {"verdict": "rejected", "code": "schema"}}


def test_an_id_that_stands_twice_in_a_commit_has_no_effect_at_all(world: World) -> None:
    one = world.alva.change(VISIT, "persons", 3)
    twin = Change(one.id, VISIT, "team", "ALFA", NOW)
    result = world.push(world.alva.seal(SHARED, one, twin)).results[0]
    assert result["changes"] == {one.id: {"verdict": "rejected", "code": "schema"}}
    assert result["seq"] is None
    assert world.cells(SHARED) == {}


def test_an_id_used_again_with_other_content_is_rejected(world: World) -> None:
    one = world.alva.change(VISIT, "persons", 3)
    world.push(world.alva.seal(SHARED, one))
    same, other = Change(one.id, VISIT, "persons", 3, NOW), Change(one.id, VISIT, "persons", 4, NOW)
    assert world.push(world.bo.seal(SHARED, same)).results[0]["changes"] == {one.id: {"verdict": "duplicate"}}
    rejected = world.push(world.bo.seal(SHARED, other)).results[0]
    assert rejected["changes"] == {one.id: {"verdict": "rejected", "code": "id_reused"}}
    assert rejected["seq"] is None


def test_a_wrong_signature_stops_its_chain_and_no_other(world: World) -> None:
    forged = replace(world.alva.seal(SHARED, world.alva.change(VISIT, "persons", 3)), s="A" * 86)
    after = world.alva.seal(SHARED, world.alva.change(VISIT, "persons", 4))
    other = world.bo.seal(SHARED, world.bo.change(VISIT, "persons", 5))
    pushed = world.push(forged, after, other)
    assert [f.code for f in pushed.faults] == ["bad-signature"]
    assert [r["actor"] for r in pushed.results] == [world.bo.id]


def test_a_chain_gap_names_what_is_expected(world: World) -> None:
    sealed = [world.alva.seal(SHARED, world.alva.change(VISIT, "persons", n)) for n in range(3)]
    world.push(sealed[0])
    gap = world.push(sealed[2])
    assert [(f.code, f.expect) for f in gap.faults] == [("chain-gap", 2)]
    healed = world.push(sealed[1], sealed[2])
    assert [r["n"] for r in healed.results] == [2, 3]


def test_both_branches_of_a_forked_chain_are_kept(world: World) -> None:
    world.push(world.alva.seal(SHARED, world.alva.change(VISIT, "persons", 1)))
    fork_point = dict(world.alva.chains)
    mine = world.alva.seal(SHARED, world.alva.change(VISIT, "persons", 2))
    world.alva.chains = fork_point
    clones = world.alva.seal(SHARED, world.alva.change(VISIT, "persons", 3))
    assert [world.push(e).results[0]["forked"] for e in (mine, clones)] == [False, True]
    onward = world.alva.seal(SHARED, world.alva.change(VISIT, "team", "B"))
    assert world.push(onward).results[0]["forked"] is True


def test_an_unregistered_actor_is_told_so(world: World) -> None:
    stranger = replace(world.alva.seal(SHARED, world.alva.change(VISIT, "persons", 1)), actor="a_" + "0" * 32)
    assert [f.code for f in world.push(stranger).faults] == ["actor-unknown"]


def test_a_foreign_stream_and_one_that_does_not_exist_answer_alike(world: World) -> None:
    nowhere = "op/01639815-0000-7000-8000-00000000dead/POL"
    answers = []
    for stream in (POLICE, nowhere):
        change = world.cia.change("note_01639815-0000-7000-8000-000000000001", "text", "hej")
        result = world.push(world.cia.seal(stream, change)).results[0]
        assert result["changes"] == {change.id: {"verdict": "held", "code": "no_authority"}}
        answers.append({k: v for k, v in result.items() if k in ("seq", "n", "forked", "received")})
    assert answers[0] == answers[1]
    assert len(world.in_custody()) == 2
    assert world.cells(POLICE) == {}


def test_an_inspector_cannot_forge_names_or_the_plan(world: World) -> None:
    for entity, cell, value in (
        (f"actor_{world.bo.id}", "name", "Någon annan"),
        ("operation_01639815-0000-7000-8000-000000000003", "status", "INST"),
    ):
        change = world.alva.change(entity, cell, value)
        result = world.push(world.alva.seal(SHARED, change)).results[0]
        assert result["changes"][change.id]["verdict"] == "held"
    plan = world.dan.change("operation_01639815-0000-7000-8000-000000000003", "status", "PAGAR")
    assert world.push(world.dan.seal(SHARED, plan)).results[0]["changes"] == {}


def test_the_number_of_statements_does_not_depend_on_the_number_of_changes(world: World) -> None:
    world.push(world.cia.seal(ALCOHOL, world.cia.change("note_first", "text", "x")))
    counts = []
    for size in (2, 50, 400):
        changes = [world.cia.change(f"note_{i}.{size}", "text", "x") for i in range(size)]
        envelope = world.cia.seal(ALCOHOL, *changes)
        seen: list[str] = []
        engine = world.db._write_engine
        event.listen(engine, "before_cursor_execute", lambda *a, seen=seen: seen.append(a[2]))
        world.push(envelope)
        counts.append(len(seen))
        world.db.close()
        world.db = type(world.db)(world.db.url)
    assert counts[0] == counts[1] == counts[2]


class Undone(Exception):
    """Takes a transaction back; the argument is what came of it."""


def test_requests_taken_together_get_what_each_would_have_got_alone(world: World) -> None:
    alva, bo, cia = world.alva, world.bo, world.cia
    first = alva.seal(SHARED, alva.change(VISIT, "persons", 9))
    second, third = (alva.seal(SHARED, alva.change(VISIT, "persons", v)) for v in (1, 2))
    other = (
        bo.seal(SHARED, bo.change(VISIT, "persons", 11)),
        bo.seal(POLICE, bo.change("note_1", "text", "x")),
    )
    foreign = cia.seal(POLICE, cia.change("note_2", "text", "y"))
    forged = replace(bo.seal(SHARED, bo.change(VISIT, "status", "UTE")), s=first.s)
    # One after a gap, one that fills it, both again; what others send in between is not touched by it.
    requests = [[first], [third], list(other), [second, first], [forged], [third], [foreign, first]]
    loads = [world.checked(*request) for request in requests]
    world.db.write_now(lambda conn: lock_streams(conn, [SHARED, POLICE]))  # they have their numbers

    def alone(conn: Connection) -> None:
        raise Undone(
            [push(conn, load, now=NOW, projections=[refresh]) for load in loads], world.rows_in(conn)
        )

    with pytest.raises(Undone) as undone:
        world.db.write_now(alone)
    assert world.in_custody() == []
    answers, rows = undone.value.args
    together = world.db.write_now(lambda conn: push_together(conn, loads, now=NOW, projections=[refresh]))
    assert [each.results for each in together] == [each.results for each in answers]
    assert [each.faults for each in together] == [each.faults for each in answers]
    assert [fault.code for each in together for fault in each.faults] == ["chain-gap", "bad-signature"]
    assert [each.heads for each in together] == [
        *({SHARED: 4}, {SHARED: 4}, {SHARED: 4, POLICE: 1}, {SHARED: 4}, {SHARED: 4}, {SHARED: 4}),
        {SHARED: 4, POLICE: 1},
    ]
    assert world.rows() == rows


def test_requests_taken_together_take_as_many_statements_as_one(world: World) -> None:
    def statements(people: list[Person]) -> int:
        loads = [world.checked(p.seal(SHARED, p.change(VISIT, "persons", 4))) for p in people]
        seen: list[str] = []
        event.listen(engine := world.db._write_engine, "before_cursor_execute", heard := _hearer(seen))
        world.db.write_now(lambda conn: push_together(conn, loads, now=NOW, projections=[refresh]))
        event.remove(engine, "before_cursor_execute", heard)
        return len(seen)

    everybody = [world.alva, world.bo, world.cia, world.dan]
    statements(everybody)  # the stream has its row now
    assert statements([world.alva]) == statements(everybody)


def _hearer(seen: list[str]) -> Callable[..., None]:
    return lambda _conn, _cursor, statement, *_rest: seen.append(statement)

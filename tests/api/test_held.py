"""What is held is seen by those who may decide, and its author learns what became of it."""

from typing import Any

import orjson
import pytest

from app.auth.accounts import revoke
from app.clock import now_ms
from app.domain.change import Change
from app.domain.versions import lines_of, version_hash
from app.sync import decisions
from app.sync.versions import faults
from tests.api.evening import UNKNOWN, Evening, Tablet
from tests.sync.replica import Replica
from tests.sync.test_admission import admission
from tests.sync.world import POLICE, SHARED, VISIT

NOTE = "note_01639815-0000-7000-8000-000000000001"
NOTHING = {"held": [], "more": False}


def write(tablet: Tablet, stream: str, *cells: tuple[str, str, Any]) -> tuple[Any, list[Change]]:
    """One commit of this tablet and its changes."""
    changes = [tablet.person.change(*cell, at=now_ms()) for cell in cells]
    envelope = tablet.person.seal(stream, *changes)
    assert tablet.push(envelope).json()["errors"] == []
    return envelope, changes


def held(tablet: Tablet) -> list[str]:
    """The ids of the changes that a person may decide about."""
    told = tablet.get("/held").json()
    assert told["more"] is False
    return [each["change"]["id"] for each in told["held"]]


def test_a_decider_sees_whose_it_is_and_why_it_is_held(night: Evening) -> None:
    alva, cia = night.tablet("alva"), night.tablet("cia")
    before = now_ms()
    envelope, (change,) = write(cia, POLICE, (NOTE, "text", "hej"))
    (told,) = alva.get("/held").json()["held"]
    assert before <= told["received"] <= now_ms()
    assert told == {
        "stream": POLICE,
        "commit": envelope.hash,
        "actor": cia.person.id,
        "user": {"id": "cia", "name": "Cia", "authority": "KOM_ALK"},
        "n": 1,
        "received": told["received"],
        "change": {"id": change.id, "e": NOTE, "f": "text", "v": "hej", "at": change.at},
        "code": "no_authority",
    }


def test_only_those_who_may_decide_see_anything(night: Evening) -> None:
    tablets = {user: night.tablet(user) for user in ("alva", "bo", "cia", "dan")}
    _, (note, mood) = write(tablets["bo"], POLICE, (NOTE, "drawn", 1), ("drone_1", "height", 7))
    _, (own,) = write(tablets["alva"], POLICE, (NOTE, "drawn", 2))
    _, (number, name) = write(tablets["bo"], SHARED, ("operation_1", "number", 7), ("actor_1", "name", "X"))
    _, (visit,) = write(tablets["bo"], SHARED, (VISIT, "mood", "calm"))
    write(tablets["bo"], UNKNOWN, (NOTE, "text", "ingenstans"))
    assert held(tablets["alva"]) == [note.id, mood.id, visit.id]
    assert held(tablets["dan"]) == [number.id, visit.id]
    assert [tablets[user].get("/held").json() for user in ("bo", "cia")] == [NOTHING, NOTHING]
    night.db.write_now(lambda conn: revoke(conn, POLICE, "alva", now_ms()))
    assert held(tablets["alva"]) == [visit.id]
    assert own.id not in held(tablets["dan"])
    assert name.id not in held(tablets["dan"])


def test_the_oldest_come_first_and_not_more_than_fit(night: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "LISTED", 4)
    alva, bo = night.tablet("alva"), night.tablet("bo")
    ids = []
    for n in range(2):
        _, changes = write(bo, POLICE, *((f"drone_{m}", "height", n) for m in range(2)))
        ids += [change.id for change in changes]
    assert held(alva) == ids
    write(bo, POLICE, ("drone_9", "height", 7))
    told = alva.get("/held").json()
    assert ([each["change"]["id"] for each in told["held"]], told["more"]) == (ids, True)


def test_an_admitted_change_reaches_every_tablet_and_its_author_is_told(night: Evening) -> None:
    alva, bo = night.tablet("alva"), night.tablet("bo")
    good, newer = ((NOTE, "text", "hej"), (NOTE, "drawn", [1, {"x": "å"}]))
    envelope, (_, change) = write(bo, POLICE, good, newer)
    first = bo.push(envelope).json()["results"]
    assert bo.get("/hello").json()["decisions"] == []
    for tablet in (alva, bo):
        assert list(tablet.pull(POLICE).stream(POLICE).entities[NOTE]) == ["text"]
    assert alva.push(admission(alva.person, envelope, change)).json()["heads"] == {POLICE: 3}
    for tablet in (alva, bo):
        stream = tablet.pull(POLICE).stream(POLICE)
        assert stream.commits.count(envelope.hash) == 2
        assert stream.entities[NOTE]["drawn"][0][1] == [1, {"x": "å"}]
        assert tablet.get(f"/streams/{POLICE}/digest").json()["digest"] == stream.digest()
        snapshot = Replica().load(POLICE, tablet.get(f"/streams/{POLICE}/snapshot").content)
        assert orjson.dumps(snapshot.entities, option=orjson.OPT_SORT_KEYS) == orjson.dumps(
            stream.entities, option=orjson.OPT_SORT_KEYS
        )
    assert bo.push(envelope).json()["results"] == first
    assert held(alva) == []
    assert bo.get("/hello").json()["decisions"] == [
        {
            "actor": bo.person.id,
            "stream": POLICE,
            "n": 1,
            "commit": envelope.hash,
            "change": change.id,
            "verdict": "admitted",
            "reason": "sett",
        }
    ]
    assert alva.get("/hello").json()["decisions"] == []


def test_an_author_learns_of_a_decision_without_membership_and_nothing_else(night: Evening) -> None:
    alva, cia = night.tablet("alva"), night.tablet("cia")
    write(alva, POLICE, (NOTE, "text", "hemligt"))
    foreign, (change,) = write(cia, POLICE, (NOTE, "text", "hej"))
    unknown, _ = write(cia, UNKNOWN, (NOTE, "text", "hej"))
    alva.push(admission(alva.person, foreign, change, admit=False, reason="inte ert"))
    assert [(d["stream"], d["verdict"], d["reason"]) for d in cia.get("/hello").json()["decisions"]] == [
        (POLICE, "denied", "inte ert")
    ]
    assert POLICE not in cia.get("/hello").json()["streams"]
    later, _ = write(cia, POLICE, (NOTE, "text", "en gång till"))
    answers = [cia.push(each).json() for each in (foreign, later, unknown)]
    assert [a["heads"] for a in answers] == [{}, {}, {}]
    assert [list(a["results"][0]["changes"].values()) for a in answers] == [
        [{"verdict": "held", "code": "no_authority"}]
    ] * 3


def test_decisions_are_told_on_the_device_of_the_author(night: Evening) -> None:
    alva, bo, other = night.tablet("alva"), night.tablet("bo"), night.tablet("bo")
    pairs = [write(bo, POLICE, (NOTE, "drawn", n)) for n in range(3)]
    for n, (envelope, (change,)) in enumerate(pairs):
        alva.push(admission(alva.person, envelope, change, admit=bool(n % 2), reason=str(n)))
    told = bo.get("/hello").json()["decisions"]
    assert [(d["verdict"], d["reason"]) for d in told] == [
        ("denied", "2"),
        ("admitted", "1"),
        ("denied", "0"),
    ]
    assert other.get("/hello").json()["decisions"] == []
    # A new key of the same person on the same device is told all the same.
    assert bo.get("/hello", headers={"Insats-Actor": ""}).json()["decisions"] == told


def test_not_more_decisions_are_told_than_fit(night: Evening, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(decisions, "TOLD", 2)
    alva, bo = night.tablet("alva"), night.tablet("bo")
    pairs = [write(bo, POLICE, (NOTE, "drawn", n)) for n in range(3)]
    for n, (envelope, (change,)) in enumerate(pairs):
        alva.push(admission(alva.person, envelope, change, reason=str(n)))
    assert [d["reason"] for d in bo.get("/hello").json()["decisions"]] == ["2", "1"]


def test_what_a_tablet_approves_is_held_to_and_amended_by_another(night: Evening) -> None:
    alva, bo = night.tablet("alva"), night.tablet("bo")
    write(bo, POLICE, (NOTE, "visit", VISIT), (NOTE, "text", "hej"))
    seen = alva.pull(POLICE).stream(POLICE)
    of = {"visit": VISIT, "seq": seen.cursor, "hash": version_hash(lines_of(seen.entities.items(), VISIT))}
    write(alva, POLICE, (VISIT.replace("visit_", "approval_"), "of", of))
    envelope, (change,) = write(bo, POLICE, (NOTE, "text", "sent"))
    (told,) = alva.get("/held").json()["held"]
    assert (told["code"], told["change"]["id"]) == ("after_approval", change.id)
    assert alva.push(admission(alva.person, envelope, change)).json()["heads"] == {POLICE: 4}
    assert [d["verdict"] for d in bo.get("/hello").json()["decisions"]] == ["admitted"]
    for tablet in (alva, bo):
        stream = tablet.pull(POLICE).stream(POLICE)
        assert [head[1] for head in stream.entities[NOTE]["text"]] == ["hej", "sent"]
    assert night.db.read_now(faults) == []

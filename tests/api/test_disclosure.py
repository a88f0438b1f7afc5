"""Handing over through the running application: the copy arrives by the ordinary pull; nobody learns anything else (I9)."""

from typing import Any

from app.clock import now_ms
from app.domain import disclosure
from app.domain.change import new_id
from app.operations import readmodels
from app.sync.rebuild import differences
from tests.api.evening import Evening, Tablet
from tests.sync.world import ALCOHOL, OPERATION, POLICE, SHARED, VISIT

NOTE = "note_01639815-0000-7000-8000-000000000001"


def write(tablet: Tablet, stream: str, *cells: tuple[str, str, Any]) -> tuple[Any, list[Any]]:
    """One commit of this tablet: its answer and its changes."""
    changes = [tablet.person.change(*cell, at=now_ms()) for cell in cells]
    return tablet.push(tablet.person.seal(stream, *changes)).json(), changes


def disclosed(night: Evening, alva: Tablet) -> tuple[Any, Any]:
    """The police hand the text of a note over to the alcohol inspectors: the answer and the change."""
    dan = night.tablet("dan")
    invited = (f"operation_{OPERATION}", "authorities", ["POL", "KOM_ALK"])
    write(dan, SHARED, invited)
    _, (text, _) = write(alva, POLICE, (NOTE, "text", "Fem maskiner"), ("note_2", "text", "hemligt"))
    item = {"e": NOTE, "f": "text", "ids": [text.id]}
    said = {
        "to": "KOM_ALK",
        "ground": "G_10_15A",
        "by": "F. Lind",
        "weighing": "vägt",
        "visit": VISIT,
        "items": [item | {"hash": disclosure.value_hash(["Fem maskiner"])}],
        "hash": disclosure.copy_hash([item | {"values": ["Fem maskiner"]}]),
    }
    answer, (change,) = write(alva, POLICE, (f"disclosure_{new_id(now_ms())}", "of", said))
    return answer, change


def test_the_copy_reaches_the_recipient_and_its_mark_the_sender(night: Evening) -> None:
    alva, cia = night.tablet("alva"), night.tablet("cia")
    answer, change = disclosed(night, alva)
    assert answer["errors"] == []
    assert answer["results"][0]["changes"] == {}
    key = change.e.removeprefix("disclosure_")
    copy = cia.pull(ALCOHOL).stream(ALCOHOL).entities
    assert list(copy) == [f"disclosed_POL.{key}"]
    assert copy[f"disclosed_POL.{key}"]["of"][0][1]["items"][0]["values"] == ["Fem maskiner"]
    assert f"delivered_{key}" in alva.pull(POLICE).stream(POLICE).entities
    for tablet, stream in ((cia, ALCOHOL), (alva, POLICE)):
        digest = tablet.replica.stream(stream).digest()
        assert tablet.get(f"/streams/{stream}/digest").json()["digest"] == digest
    assert night.db.read_now(lambda conn: differences(conn, readmodels.differences)) == []


def test_the_sender_is_told_nothing_of_the_recipient_s_stream(night: Evening) -> None:
    """Not even how far it has come: the head would tell how much they have written."""
    alva, cia = night.tablet("alva"), night.tablet("cia")
    write(cia, ALCOHOL, ("note_7", "text", "eget"))
    answer, _ = disclosed(night, alva)
    assert answer["heads"].keys() == {POLICE}
    assert ALCOHOL not in alva.get("/hello").text
    assert alva.get("/changes", params={"after": f"{ALCOHOL}:0"}).status_code == 404


def test_the_recipient_learns_nothing_but_the_copy(night: Evening) -> None:
    alva, cia = night.tablet("alva"), night.tablet("cia")
    disclosed(night, alva)
    told = cia.get("/changes", params={"after": f"{ALCOHOL}:0,{SHARED}:0"}).text + cia.get("/hello").text
    assert "Fem maskiner" in told
    for word in ("hemligt", "note_2", "vägt", POLICE):
        assert word not in told
    assert cia.get("/changes", params={"after": f"{POLICE}:0"}).status_code == 404


def test_nobody_without_the_right_is_refused_at_the_door(night: Evening) -> None:
    """Custody before merge: what an officer without the right sends is kept, and a leader sees it."""
    alva, bo, cia = (night.tablet(user) for user in ("alva", "bo", "cia"))
    _, change = disclosed(night, alva)
    before = cia.pull(ALCOHOL).stream(ALCOHOL).digest()
    answer, (mine,) = write(bo, POLICE, (f"disclosure_{new_id(now_ms())}", "of", change.v))
    assert answer["results"][0]["changes"] == {mine.id: {"verdict": "held", "code": "no_authority"}}
    assert [each["change"]["id"] for each in alva.get("/held").json()["held"]] == [mine.id]
    assert cia.pull(ALCOHOL).stream(ALCOHOL).digest() == before

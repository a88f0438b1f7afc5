"""A tablet whose right to read has gone delivers all the same: custody, a receipt, held for a person; and it reads nothing."""

from typing import Any

import pytest
from sqlalchemy import event, update

from app.auth import tables as t
from app.auth.accounts import add_user
from app.auth.service import DELIVER_MS
from app.clock import now_ms
from app.domain.commit import b64, point_of
from tests.api.evening import Evening, Tablet, code_of, enrol
from tests.api.test_held import NOTE, held, write
from tests.sync.world import POLICE, SHARED, VISIT, new_person

DAY = 86_400_000
READS = (
    "/devices",
    "/people",
    "/sessions",
    "/held",
    "/events",
    f"/changes?after={SHARED}:0",
    f"/streams/{SHARED}/snapshot",
    f"/streams/{SHARED}/snapshot/1",
    f"/streams/{SHARED}/digest",
    f"/blobs/{'a' * 64}",
    f"/blobs/{'a' * 64}/view",
)


def end(night: Evening, tablet: Tablet) -> None:
    """Its person ends the sign-in from another tablet."""
    device = night.db.read_now(
        lambda conn: conn.execute(t.actor.select().where(t.actor.c.id == tablet.person.id)).one().device
    )
    assert night.tablet(tablet.user).send("DELETE", f"/sessions/{device}").status_code == 200


def age(night: Evening, tablet: Tablet, ms: int) -> None:
    """Its session was opened that much longer ago."""
    mine = t.session.c.user == tablet.user
    older = update(t.session).where(mine).values(expires=t.session.c.expires - ms)
    night.db.write_now(lambda conn: conn.execute(older))


def chief(night: Evening, authority: str = "POL") -> Tablet:
    """An authority's administrator."""
    night.db.write_now(lambda conn: add_user(conn, f"chief-{authority}", "Chefen", authority, "MYNADM"))
    return night.tablet(f"chief-{authority}")


def tablets(administrator: Tablet) -> dict[str, Any]:
    """The tablets that an administrator sees, by the name of whoever used them last."""
    return {each["name"]: each for each in administrator.get("/people").json()["tablets"]}


def block(administrator: Tablet, device: str) -> Any:
    return administrator.send("POST", f"/tablets/{device}/block")


def device_of(tablet: Tablet) -> str:
    return f"tablet-{tablet.person.id}"


@pytest.mark.parametrize(("ms", "right"), [(13 * DAY, "read"), (15 * DAY, "lapsed")])
def test_after_fourteen_days_a_tablet_delivers_as_before_and_reads_nothing(
    night: Evening, ms: int, right: str
) -> None:
    bo, alva = night.tablet("bo"), night.tablet("alva")
    age(night, bo, ms)
    assert bo.get("/hello").json()["right"] == right
    envelope, _ = write(bo, SHARED, (VISIT, "persons", 3))
    assert "persons" in alva.pull(SHARED).stream(SHARED).entities[VISIT]
    codes = [code_of(bo.get(path)) for path in READS if right == "lapsed"]
    assert set(codes) <= {"unauthenticated"}
    assert envelope.hash


def test_a_session_that_has_ended_is_told_of_nothing_but_its_own(night: Evening) -> None:
    bo = night.tablet("bo")
    write(bo, POLICE, (NOTE, "text", "innan"))
    end(night, bo)
    told = bo.get("/hello").json()
    assert (told["right"], told["streams"], told["day"]) == ("ended", {}, [])
    assert [(chain["stream"], chain["n"]) for chain in told["chains"]] == [(POLICE, 1)]
    assert told["actor"] == {"id": bo.person.id, "status": "revoked"}
    assert {code_of(bo.get(path)) for path in READS} == {"unauthenticated"}


def test_what_an_ended_session_delivers_is_in_custody_and_held_for_a_colleague(night: Evening) -> None:
    bo, alva = night.tablet("bo"), night.tablet("alva")
    end(night, bo)
    late = bo.person.seal(POLICE, bo.person.change(NOTE, "text", "sent", at=now_ms()))
    answer = bo.push(late).json()
    (result,) = answer["results"]
    assert (answer["errors"], answer["heads"], result["seq"]) == ([], {}, None)
    assert [each["code"] for each in result["changes"].values()] == ["device_revoked"]
    assert answer["receipt"]
    assert held(alva) == list(result["changes"])


def test_a_key_that_an_ended_session_registers_is_not_trusted(night: Evening) -> None:
    bo = night.tablet("bo")
    end(night, bo)
    other = new_person()
    key = b64(point_of(other.key.public_key()))
    assert bo.send("POST", "/actors", json={"key": key}).json() == {"actor": other.id}
    sealed = other.seal(POLICE, other.change(NOTE, "text", "smugit", at=now_ms()))
    (result,) = bo.push(sealed).json()["results"]
    assert [each["code"] for each in result["changes"].values()] == ["device_revoked"]


def test_a_photo_of_a_closed_account_arrives(night: Evening) -> None:
    bo = night.tablet("bo")
    assert chief(night).send("POST", "/people/bo/close").status_code == 200
    asked = bo.send("POST", "/blobs/missing", json={"sha256": ["b" * 64]})
    assert asked.json()["missing"] == ["b" * 64]
    assert bo.send("OPTIONS", "/blobs/uploads").status_code == 204
    sealed = bo.person.seal(POLICE, bo.person.change(NOTE, "text", "sent", at=now_ms()))
    (result,) = bo.push(sealed).json()["results"]
    assert [each["code"] for each in result["changes"].values()] == ["no_authority"]


def test_half_a_year_later_nothing_is_left_of_a_session(night: Evening) -> None:
    bo = night.tablet("bo")
    age(night, bo, 14 * DAY + DELIVER_MS)
    assert code_of(bo.get("/hello")) == "unauthenticated"


def test_a_blocked_tablet_is_blocked_for_everybody_who_used_it(night: Evening) -> None:
    bo, petra = night.tablet("bo"), chief(night)
    code, device = night.code("alva"), {"id": device_of(bo), "label": "Samma"}
    alva_there = night.client.post("/api/v1/enrol", json={"code": code, "device": device}).json()["token"]
    assert block(petra, device_of(bo)).json() == {"blocked": device_of(bo)}
    for token in (bo.token, alva_there):
        headers = {"Authorization": f"Bearer {token}"}
        assert night.raw("GET", "/hello", headers=headers).json()["right"] == "ended"
        assert code_of(night.raw("GET", "/held", headers=headers)) == "unauthenticated"
    assert bo.get("/hello").json()["actor"]["status"] == "revoked"
    (act,) = (each for each in petra.get("/people").json()["acts"] if each["act"] == "block-tablet")
    assert (act["user"], act["detail"], act["by"]) == ("alva", "Samma", "chief-POL")
    assert block(petra, device_of(bo)).status_code == 200
    again = [each for each in petra.get("/people").json()["acts"] if each["act"] == "block-tablet"]
    assert again == [act]


def test_a_new_code_makes_a_blocked_tablet_a_tablet_again(night: Evening) -> None:
    bo, petra = night.tablet("bo"), chief(night)
    block(petra, device_of(bo))
    assert tablets(petra)["Bo"]["blocked"] is not None
    assert tablets(petra)["Bo"]["may"] == []
    device = {"id": device_of(bo), "label": "Igen"}
    token = night.client.post("/api/v1/enrol", json={"code": night.code("bo"), "device": device}).json()[
        "token"
    ]
    headers = {"Authorization": f"Bearer {token}", "Insats-Actor": bo.person.id}
    told = night.raw("GET", "/hello", headers=headers).json()
    assert (told["right"], told["actor"]["status"]) == ("read", "revoked")
    assert (tablets(petra)["Bo"]["blocked"], tablets(petra)["Bo"]["label"]) == (None, "Igen")
    assert bo.get("/hello").json()["right"] == "ended"


def test_nobody_blocks_another_authority_s_tablet(night: Evening) -> None:
    cia, petra = night.tablet("cia"), chief(night)
    unknown, theirs = block(petra, "no-such-tablet"), block(petra, device_of(cia))
    assert (
        (unknown.status_code, unknown.json()) == (theirs.status_code, theirs.json()) == (404, unknown.json())
    )
    assert "Cia" not in tablets(petra)
    assert code_of(block(night.tablet("alva"), device_of(cia))) == "not-found"
    assert cia.get("/hello").json()["right"] == "read"


def test_an_administrator_sees_what_each_tablet_holds_and_runs_and_no_more(night: Evening) -> None:
    bo, petra = night.tablet("bo"), chief(night)
    said = {
        "Insats-Pending": "changes=12;blobs=3;oldest=5400;free=812000000",
        "Insats-App": "insats-web/1.2.3",
    }
    bo.get("/hello", headers=said)
    found = tablets(petra)["Bo"]
    assert (found["pending_changes"], found["pending_blobs"], found["free"]) == (12, 3, 812_000_000)
    assert (found["app"], found["authority"], found["may"]) == ("insats-web/1.2.3", "POL", ["block"])
    assert 5400 <= found["oldest"] <= 5500
    bo.get("/hello", headers={"Insats-App": "å".encode()})
    assert tablets(petra)["Bo"]["app"] == "insats-web/1.2.3"


def test_more_tablets_take_no_more_statements(night: Evening) -> None:
    petra = chief(night)
    counted: list[str] = []

    def count() -> int:
        counted.clear()
        assert petra.get("/people").status_code == 200
        return len(counted)

    engine = night.db._read_engine
    event.listen(engine, "before_cursor_execute", lambda *args: counted.append(args[2]))
    petra.get("/people")
    few = count()
    for user in ("alva", "bo", "alva", "bo"):
        enrol(night.client, night.code(user), user)
    assert count() == few

"""Administrators keep the accounts of their own authority; of all others they learn nothing."""

from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import event, select

from app.auth import people, service
from app.auth import tables as t
from app.auth.codes import code_hash
from app.auth.people import INVITE_MS
from app.auth.people_router import qr
from app.auth.service import NewDevice, Person
from app.clock import now_ms
from tests.auth.house import ADDRESS, DAY, POLICE, SHARED, House, Tablet, code_of, told

NEW = {"name": "Ny Berg", "id": "n.berg", "authority": "POL", "role": "INSP"}


@pytest.fixture
def chief(house: House) -> Tablet:
    """The police's administrator."""
    house.account("petra", "POL", "MYNADM")
    return house.tablet("petra")


@pytest.fixture
def system(house: House) -> Tablet:
    """The system administrator, who has an account with the municipality."""
    house.account("sara", "KOM_SAK", "SYSADM")
    return house.tablet("sara")


def overview(tablet: Tablet) -> dict[str, Any]:
    answer = tablet.send("GET", "/people")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def person(tablet: Tablet, user: str) -> dict[str, Any]:
    (found,) = (each for each in overview(tablet)["people"] if each["id"] == user)
    return dict(found)


def invite(tablet: Tablet, **other: Any) -> Response:
    return tablet.send("POST", "/people", json=NEW | other)


def enrolled(house: House, link: str, device: str = "new") -> Response:
    body = {"code": link.rpartition("/")[2], "device": {"id": device, "label": "Ny platta"}}
    return house.client.post("/api/v1/enrol", json=body)


def test_an_invitation_is_a_link_that_enrols_the_new_person(
    house: House, chief: Tablet, taken_in: list[Person]
) -> None:
    before = now_ms()
    made = invite(chief).json()
    assert made["link"].startswith(f"{ADDRESS}/#/enrol/")
    assert (made["user"], made["name"], made["qr"]) == ("pol.n.berg", "Ny Berg", qr(made["link"]))
    assert 0 <= made["expires"] - before - INVITE_MS < 60_000
    assert taken_in == [Person("pol.n.berg", "Ny Berg", "POL", "INSP")]
    assert person(chief, "pol.n.berg")["invited"] == made["expires"]
    answer = enrolled(house, made["link"])
    assert answer.json()["user"] == {
        "id": "pol.n.berg",
        "name": "Ny Berg",
        "authority": "POL",
        "role": "INSP",
    }
    now_there = person(chief, "pol.n.berg")
    assert now_there["invited"] is None
    assert [each["label"] for each in now_there["sessions"]] == ["Ny platta"]
    assert code_of(enrolled(house, made["link"], "again")) == "code-invalid"


def test_a_qr_code_draws_what_segno_makes() -> None:
    drawn = qr("https://insats.example/#/enrol/ABCD")
    assert drawn["size"] == 29
    assert drawn["path"].startswith("M0 0h1v1h-1zM1 0h1v1h-1z")
    assert "M7 0h" not in drawn["path"], "beside a finder pattern is a light column"


def test_a_new_link_ends_the_one_before(house: House, chief: Tablet) -> None:
    first = invite(chief).json()["link"]
    second = chief.send("POST", "/people/pol.n.berg/link").json()["link"]
    assert code_of(enrolled(house, first)) == "code-invalid"
    assert enrolled(house, second).status_code == 200


def test_an_invitation_ends_after_a_day(house: House) -> None:
    caller = Person("sara", "Sara", "KOM_SAK", "SYSADM")
    house.account("sara", "KOM_SAK", "SYSADM")
    made = house.db.write_now(lambda c: people.invite(c, caller, "POL", "x", "X", "MYNADM", 1_000))
    query = select(t.enrolment_code.c.expires).where(t.enrolment_code.c.code_hash == code_hash(made.code))
    assert house.db.read_now(lambda c: c.execute(query).scalar_one()) == 1_000 + 86_400_000 == made.expires


def test_an_id_that_the_authority_has_is_taken_and_nothing_changes(house: House, chief: Tablet) -> None:
    assert invite(chief).status_code == 200
    assert code_of(invite(chief, name="Annan", role="LAGLED")) == "taken"
    assert house.row("user", "pol.n.berg")["name"] == "Ny Berg"


def test_the_same_short_id_in_another_authority_is_another_account(house: House, chief: Tablet) -> None:
    house.account("skv.adm", "SKV", "MYNADM")
    assert invite(chief).status_code == 200
    assert invite(house.tablet("skv.adm"), authority="SKV").json()["user"] == "skv.n.berg"


def test_an_authoritys_administrator_sees_and_offers_its_own_alone(chief: Tablet) -> None:
    found = overview(chief)
    assert {each["id"] for each in found["people"]} == {"alva", "bo", "petra"}
    assert found["choices"].keys() == {"POL"}
    assert {"INSP", "MYNADM", "OPKO_POL"} <= {*found["choices"]["POL"]}
    assert not {"SYSADM", "OPKO_KOM"} & {*found["choices"]["POL"]}


def test_the_system_administrator_sees_all_and_lets_in_administrators(system: Tablet) -> None:
    found = overview(system)
    assert {each["id"] for each in found["people"]} == {"alva", "bo", "cia", "dan", "sara"}
    assert {*map(tuple, found["choices"].values())} == {("MYNADM", "SYSADM")}
    assert person(system, "alva")["may"] == ["see", "close", "end-session", "block-tablet"]
    assert person(system, "sara")["may"] == ["see", "invite", "end-session", "block-tablet"], (
        "nobody closes the account they use"
    )
    assert invite(system, authority="SKV", role="MYNADM").json()["user"] == "skv.n.berg"
    assert code_of(invite(system, id="spy")) == "not-found"
    assert code_of(system.send("POST", "/people/alva/link")) == "not-found", "a link is a way to read"


def test_the_servers_own_account_is_nobodys(house: House, system: Tablet) -> None:
    house.account("server", "INSATS", "SYSTEM")
    assert "server" not in {each["id"] for each in overview(system)["people"]}
    for path in ("/people/server/close", "/people/server/link"):
        assert told(system.send("POST", path)) == told(system.send("POST", "/people/nobody/close"))


@pytest.mark.parametrize("user", ["alva", "dan"])
def test_whoever_is_no_administrator_finds_nothing(house: House, user: str) -> None:
    tablet = house.tablet(user)
    house.tablet("bo")
    unknown = told(tablet.send("GET", "/nothing-here/x"))
    assert unknown[0] == 404
    for method, path in ROUTES:
        body = {"json": NEW} if (method, path) == ("POST", "/people") else {}
        assert code_of(tablet.send(method, path.format(user="bo"), **body)) == "not-found", path
    assert house.row("user", "bo")["active"]


ROUTES = [
    ("GET", "/people"),
    ("POST", "/people"),
    ("POST", "/people/{user}/link"),
    ("POST", "/people/{user}/close"),
    ("DELETE", "/people/{user}/sessions/tablet-{user}"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES[2:])
def test_another_authoritys_account_answers_like_an_unknown_one(
    house: House, chief: Tablet, method: str, path: str
) -> None:
    theirs = house.tablet("cia")
    foreign = chief.send(method, path.format(user="cia"))
    unknown = chief.send(method, path.format(user="nobody"))
    assert told(foreign) == told(unknown)
    assert foreign.status_code == 404
    assert theirs.send("GET", "/sessions").status_code == 200
    assert overview(chief)["acts"] == []


def test_nobody_is_let_into_another_authority_whether_the_id_is_taken_or_not(
    house: House, chief: Tablet
) -> None:
    house.account("skv.n.berg", "SKV", "INSP")
    taken, free = invite(chief, authority="SKV"), invite(chief, authority="SKV", id="annan")
    unknown = invite(chief, authority="XXX")
    assert told(taken) == told(free) == told(unknown)
    assert taken.status_code == 404


@pytest.mark.asvs("V8.2.1")
def test_an_authoritys_administrator_cannot_make_or_touch_a_system_administrator(
    house: House, chief: Tablet
) -> None:
    house.account("pol.it", "POL", "SYSADM")
    house.tablet("pol.it")
    assert code_of(invite(chief, role="SYSADM")) == "not-found"
    assert person(chief, "pol.it")["may"] == ["see"]
    for method, path in ROUTES[2:]:
        assert code_of(chief.send(method, path.format(user="pol.it"))) == "not-found"


@pytest.mark.asvs("V7.4.2")
def test_a_closed_account_ends_everywhere(house: House, chief: Tablet) -> None:
    bo, link = house.tablet("bo"), house.code("bo")
    assert bo.send("GET", "/sessions").status_code == 200
    assert chief.send("POST", "/people/bo/close").json() == {"active": False}
    assert code_of(bo.send("GET", "/sessions")) == "unauthenticated"
    assert code_of(enrolled(house, link)) == "code-invalid"
    row = person(chief, "bo")
    assert (row["active"], row["sessions"], row["may"]) == (False, [], [])
    parts = select(t.membership.c.stream, t.membership.c.revoked).where(t.membership.c.user == "bo")
    left = house.db.read_now(lambda conn: conn.execute(parts).all())
    assert {stream for stream, _ in left} == {SHARED, POLICE}, "that there was a part stays on record"
    assert all(revoked is not None for _, revoked in left)
    assert chief.send("POST", "/people/bo/close").status_code == 200
    assert [each["act"] for each in overview(chief)["acts"]] == ["close"], "a second time changes nothing"
    assert code_of(chief.send("POST", "/people/bo/link")) == "not-found"
    assert house.tablet("alva").send("GET", "/sessions").status_code == 200, "a colleague goes on"


def test_nobody_closes_the_account_they_use(chief: Tablet) -> None:
    assert code_of(chief.send("POST", "/people/petra/close")) == "not-found"
    assert chief.send("GET", "/people").status_code == 200


@pytest.mark.asvs("V7.4.5")
def test_a_session_is_ended_on_one_tablet(house: House, chief: Tablet) -> None:
    first, second = house.tablet("bo"), _another_tablet(house, "bo")
    assert chief.send("DELETE", f"/people/bo/sessions/{first.device}").json() == {"ended": first.device}
    assert code_of(first.send("GET", "/sessions")) == "unauthenticated"
    assert second.send("GET", "/sessions").status_code == 200
    assert chief.send("DELETE", f"/people/bo/sessions/{first.device}").status_code == 200
    assert [each["act"] for each in overview(chief)["acts"]] == ["end-session"], (
        "a second time changes nothing"
    )


@pytest.mark.asvs("V7.4.1")
def test_everybody_sees_and_ends_their_own_sessions(house: House) -> None:
    first, second = house.tablet("bo"), _another_tablet(house, "bo")
    alva = house.tablet("alva")
    found = first.send("GET", "/sessions").json()
    assert found["here"] == first.device
    assert {each["device"] for each in found["sessions"]} == {first.device, second.device}
    assert all(each["since"] <= each["seen"] for each in found["sessions"])
    assert first.send("DELETE", f"/sessions/{alva.device}").json() == {"ended": alva.device}
    assert first.send("DELETE", f"/sessions/{second.device}").status_code == 200
    assert code_of(second.send("GET", "/sessions")) == "unauthenticated"
    assert alva.send("GET", "/sessions").status_code == 200


def test_a_session_that_is_over_is_not_listed(house: House) -> None:
    house.tablet("bo", now=now_ms() - 2 * DAY)
    assert _another_tablet(house, "bo").send("GET", "/sessions").json()["sessions"][0]["device"] == "second"
    assert len(people_of(house, "bo")) == 1


def people_of(house: House, user: str) -> list[dict[str, Any]]:
    return house.db.read_now(lambda conn: people.own_sessions(conn, user, now_ms()))


def test_a_tablet_that_a_colleague_took_over_is_not_said_to_be_seen_with_the_first(house: House) -> None:
    start = now_ms() - 1_000_000
    house.tablet("bo", now=start)
    device = NewDevice("tablet-bo", "Tablet Bo")
    code = house.code("alva")
    house.db.write_now(lambda conn: service.redeem(conn, code, device, now_ms(), DAY))
    (session,) = people_of(house, "bo")
    assert session["seen"] == session["since"] == start


def test_every_act_is_on_record_with_who_and_whom(house: House, chief: Tablet, system: Tablet) -> None:
    house.tablet("bo")
    invite(chief)
    chief.send("POST", "/people/pol.n.berg/link")
    chief.send("DELETE", "/people/bo/sessions/tablet-bo")
    system.send("POST", "/people/bo/close")
    invite(system, authority="SKV", role="MYNADM", name="Skatt", id="chef")
    acts = overview(system)["acts"]
    assert [(a["act"], a["by"], a["user"], a["detail"]) for a in acts] == [
        ("invite", "sara", "skv.chef", "MYNADM"),
        ("close", "sara", "bo", None),
        ("end-session", "petra", "bo", "Tablet bo"),
        ("link", "petra", "pol.n.berg", None),
        ("invite", "petra", "pol.n.berg", "INSP"),
    ]
    assert (acts[1]["by_name"], acts[1]["name"], acts[1]["authority"]) == ("Sara", "Bo", "POL")
    assert [a["id"] for a in overview(chief)["acts"]] == [a["id"] for a in acts[1:]], (
        "another authority's are not shown"
    )


def test_what_was_refused_is_not_on_record(chief: Tablet) -> None:
    invite(chief, role="SYSADM")
    chief.send("POST", "/people/cia/close")
    chief.send("POST", "/people/petra/close")
    chief.send("DELETE", "/people/bo/sessions/none")
    assert overview(chief)["acts"] == []


@pytest.mark.asvs("V15.3.3")
@pytest.mark.parametrize(
    "other",
    [{"name": ""}, {"name": "a\0b"}, {"id": "å"}, {"id": ""}, {"role": None}, {"authority": 7}],
    ids=repr,
)
def test_an_invitation_of_another_form_is_malformed(chief: Tablet, other: Any) -> None:
    assert code_of(invite(chief, **other)) == "malformed"


def test_the_page_costs_the_same_number_of_statements_for_many(house: House, chief: Tablet) -> None:
    def count() -> int:
        seen: list[str] = []
        engine = house.db._read_engine

        def note(_c: Any, _u: Any, statement: str, *_: Any) -> None:
            seen.append(statement)

        event.listen(engine, "before_cursor_execute", note)
        caller = Person("petra", "Petra", "POL", "MYNADM")
        house.db.read_now(lambda conn: people.overview(conn, caller, now_ms()))
        event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    few = count()
    for n in range(20):
        assert invite(chief, id=f"n{n}").status_code == 200
    assert count() == few


def _another_tablet(house: House, user: str) -> Tablet:
    code = house.code(user)
    device = NewDevice("second", "Second")
    token, _ = house.db.write_now(lambda conn: service.redeem(conn, code, device, now_ms(), DAY))
    return Tablet(house.client, user, "second", token)

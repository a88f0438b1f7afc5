"""The first administrator is made by a one-time link from the terminal, and by nothing else."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from httpx2 import Response
from sqlalchemy import Connection, delete, select, text, update
from sqlalchemy.exc import DBAPIError

from app.auth import setup
from app.auth import tables as t
from app.auth.accounts import add_user, note
from app.auth.codes import code_hash
from app.auth.router import FAILURES
from app.auth.service import NewDevice, Person
from app.auth.setup import SETUP_MS
from app.clock import now_ms
from app.database import Database
from app.domain import codes
from app.errors import CodeInvalid
from tests.auth.house import DAY, House, code_of, told

NOW = 1_527_260_400_000
BODY = {"name": "Åsa Ek", "id": "asa", "authority": "KOM_SAK", "device": {"id": "d1", "label": "Dator 1"}}


def mint(house: House, now: int | None = None) -> str | None:
    at = now_ms() if now is None else now
    return house.db.write_now(lambda conn: setup.mint_setup(conn, at))


def begin(house: House, code: str | None, **other: Any) -> Response:
    return house.client.post("/api/v1/setup", json=BODY | {"code": code} | other)


def made(house: House, code: str, now: int) -> bool:
    account, device = ("KOM_SAK", "asa", "Åsa"), NewDevice("d1", "Dator 1")
    try:
        house.db.write_now(lambda conn: setup.set_up(conn, code, account, device, now, DAY))
    except CodeInvalid:
        return False
    return True


def acts(house: House) -> list[dict[str, Any]]:
    query = select(t.administration).order_by(t.administration.c.id)
    return [dict(row) for row in house.db.read_now(lambda conn: conn.execute(query).mappings().all())]


def test_the_link_makes_the_first_administrator_and_enrols_this_browser(
    house: House, taken_in: list[Person]
) -> None:
    answer = begin(house, mint(house))
    assert answer.status_code == 200
    person = {"id": "kom_sak.asa", "name": "Åsa Ek", "authority": "KOM_SAK", "role": "SYSADM"}
    assert answer.json()["user"] == person
    assert house.row("device", "d1")["user"] == "kom_sak.asa"
    assert taken_in == [Person(**person)]
    (act,) = acts(house)
    assert (act["act"], act["by"], act["user"], act["detail"]) == ("setup", None, "kom_sak.asa", "SYSADM")
    headers = {"Authorization": f"Bearer {answer.json()['token']}"}
    assert house.client.get("/api/v1/devices", headers=headers).status_code == 404


def test_the_link_works_once_and_then_there_are_no_more(house: House) -> None:
    code = mint(house)
    assert begin(house, code).status_code == 200
    assert code_of(begin(house, code, id="bo")) == "code-invalid"
    assert mint(house) is None


def test_a_new_link_ends_the_one_before(house: House) -> None:
    old, new = mint(house), mint(house)
    assert code_of(begin(house, old)) == "code-invalid"
    assert begin(house, new).status_code == 200


def test_of_two_at_once_one_wins(house: House) -> None:
    code = mint(house, NOW)
    assert code is not None
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lambda _: made(house, code, NOW), range(8))) == 1


@pytest.mark.parametrize(("late", "works"), [(SETUP_MS - 1, True), (SETUP_MS, False)])
def test_the_link_ends_after_an_hour(house: House, late: int, works: bool) -> None:
    code = mint(house, NOW)
    assert code is not None
    assert made(house, code, NOW + late) is works


@pytest.mark.asvs("V6.3.2")
def test_a_link_is_worth_nothing_once_there_is_an_administrator(house: House) -> None:
    code = mint(house)
    house.account("eva", "POL", "SYSADM")
    assert code_of(begin(house, code)) == "code-invalid"


def test_a_closed_administrator_is_none(house: House) -> None:
    house.account("eva", "POL", "SYSADM")
    assert mint(house) is None
    house.db.write_now(
        lambda conn: conn.execute(update(t.user).where(t.user.c.id == "eva").values(active=False))
    )
    assert begin(house, mint(house)).status_code == 200


def test_neither_kind_of_code_does_the_work_of_the_other(house: House) -> None:
    ours, theirs = mint(house), house.code("alva")
    answer = house.client.post("/api/v1/enrol", json={"code": ours, "device": BODY["device"]})
    assert code_of(answer) == "code-invalid"
    assert code_of(begin(house, theirs)) == "code-invalid"
    assert house.row("enrolment_code", code_hash(theirs))["used"] is None
    assert begin(house, ours).status_code == 200, "a wrong use does not use it up"


def test_unknown_used_and_expired_codes_answer_alike(house: House) -> None:
    expired = mint(house, now_ms() - 2 * SETUP_MS)
    tries = [begin(house, expired), begin(house, "x")]
    used = mint(house)
    begin(house, used)
    tries.append(begin(house, used))
    assert [answer.status_code for answer in tries] == [401] * 3
    assert told(tries[0]) == told(tries[1]) == told(tries[2])


def test_an_id_that_is_taken_leaves_the_link_as_it_was(house: House) -> None:
    house.account("kom_sak.asa", "KOM_SAK", "INSP")
    code = mint(house)
    assert code_of(begin(house, code)) == "taken"
    assert house.row("user", "kom_sak.asa")["role"] == "INSP"
    assert begin(house, code, id="asa.ek").status_code == 200


@pytest.mark.parametrize(
    "other",
    [
        {"name": " "},
        {"name": "x" * 81},
        {"name": "a\0b"},
        {"id": ""},
        {"id": "å"},
        {"id": "a" * 32},
        {"id": None},
        {"authority": "INSATS"},
        {"authority": "pol"},
        {"authority": None},
        {"device": {"id": "", "label": "x"}},
        {"device": None},
        {"code": None},
        {"code": "x" * 101},
    ],
    ids=repr,
)
def test_a_body_of_another_form_is_malformed_and_leaves_the_link_as_it_was(house: House, other: Any) -> None:
    code = mint(house)
    assert code_of(begin(house, **({"code": code} | other))) == "malformed"
    assert begin(house, code).status_code == 200


def test_guessing_is_slowed_down(house: House) -> None:
    for _ in range(FAILURES):
        assert code_of(begin(house, "x")) == "code-invalid"
    assert code_of(begin(house, mint(house))) == "too-many"


def test_the_choices_are_there_before_anybody_is(house: House) -> None:
    found = house.client.get("/api/v1/setup").json()["authorities"]
    assert {each["id"] for each in found} == codes.ids("authorities")
    assert all(each["sv"] and each["en"] and len(each) == 3 for each in found)


@pytest.mark.parametrize(
    "work",
    [
        lambda conn: conn.execute(update(t.administration).values(act="link")),
        lambda conn: conn.execute(delete(t.administration)),
    ],
    ids=["update", "delete"],
)
def test_what_administrators_did_cannot_be_changed_or_taken_away(house: House, work: Any) -> None:
    house.db.write_now(lambda conn: note(conn, "invite", "bo", "POL", NOW, by="alva"))
    with pytest.raises(DBAPIError, match="append-only"):
        house.db.write_now(work)
    assert len(acts(house)) == 1


def test_nor_all_of_it_at_once(postgresql_url: str) -> None:
    db = Database(postgresql_url)

    def fill(conn: Connection) -> None:
        add_user(conn, "bo", "Bo", "POL", "INSP")
        note(conn, "invite", "bo", "POL", NOW)

    db.write_now(fill)
    with pytest.raises(DBAPIError, match="append-only"):
        db.write_now(lambda conn: conn.execute(text("TRUNCATE administration")))
    db.close()

"""A tablet that lost its store is named to the board with what it last told to hold."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.auth import tables as t
from app.auth.router import auth_router
from app.auth.service import DELIVER_MS, forget_expired
from app.clock import now_ms
from app.database import Database
from app.domain.commit import b64
from tests.auth.house import DAY, House, Tablet, new_point

OLD = {"id": "tablet-old", "label": "Platta 4"}


@pytest.fixture
def house(store_url: str) -> Any:
    db = Database(store_url)
    yield House(db, [auth_router(lambda *_: None)])
    db.close()


def enrol(house: House, user: str, device: dict[str, Any]) -> Tablet:
    answer = house.client.post("/api/v1/enrol", json={"code": house.code(user), "device": device})
    assert answer.status_code == 200, answer.text
    return Tablet(house.client, user, device["id"], answer.json()["token"])


def register(tablet: Tablet, key: bytes, pending: str = "changes=0;blobs=0") -> None:
    answer = tablet.send("POST", "/actors", json={"key": b64(key)}, headers={"Insats-Pending": pending})
    assert answer.status_code == 200, answer.text


def board(house: House) -> dict[str, dict[str, Any]]:
    dan = house.tablet("dan")
    return {row["id"]: row for row in dan.send("GET", "/devices").json()}


def hold(tablet: Tablet, changes: int = 12, blobs: int = 3) -> None:
    """The tablet tells what it holds."""
    tablet.send("GET", "/devices", headers={"Insats-Pending": f"changes={changes};blobs={blobs};oldest=60"})


def test_a_tablet_that_says_so_is_lost_with_what_it_held(house: House) -> None:
    hold(enrol(house, "alva", OLD))
    before = now_ms()
    enrol(house, "bo", {"id": "tablet-new", "label": "Platta 4", "lost": OLD})
    rows = board(house)
    lost = rows["tablet-old"]["lost"]
    assert (lost["changes"], lost["blobs"]) == (12, 3)
    assert before <= lost["at"] <= now_ms()
    assert (rows["tablet-old"]["pending_changes"], rows["tablet-old"]["oldest"] >= 60) == (12, True)
    assert "lost" not in rows["tablet-new"]


def test_another_authority_cannot_call_it_lost(house: House) -> None:
    hold(enrol(house, "alva", OLD))
    enrol(house, "cia", {"id": "tablet-new", "label": "X", "lost": OLD})
    assert "lost" not in board(house)["tablet-old"]


def test_an_unknown_one_is_no_reason_to_refuse(house: House) -> None:
    enrol(house, "alva", {"id": "tablet-new", "label": "X", "lost": {"id": "nobody", "label": "Y"}})
    assert set(board(house)) == {"tablet-new", "tablet-dan"}


def test_it_is_lost_once(house: House) -> None:
    hold(enrol(house, "alva", OLD))
    enrol(house, "alva", {"id": "tablet-new", "label": "X", "lost": OLD})
    first = board(house)["tablet-old"]["lost"]
    enrol(house, "alva", {"id": "tablet-new", "label": "X", "lost": OLD})
    assert board(house)["tablet-old"]["lost"] == first


def test_a_tablet_that_cannot_say_so_is_found_out_by_its_new_key(house: House) -> None:
    alva = enrol(house, "alva", OLD)
    register(alva, new_point())
    hold(alva)
    again = enrol(house, "alva", OLD)
    hold(again, 0, 0)  # the first word of the empty store
    register(again, new_point())
    assert (board(house)["tablet-old"]["lost"] | {"at": 0}) == {"at": 0, "changes": 12, "blobs": 3}


def test_a_tablet_that_enrols_again_with_its_key_has_lost_nothing(house: House) -> None:
    alva, key = enrol(house, "alva", OLD), new_point()
    register(alva, key)
    hold(alva)
    again = enrol(house, "alva", OLD)
    register(again, key, "changes=12;blobs=3")
    assert "lost" not in board(house)["tablet-old"]
    register(again, new_point(), "changes=12;blobs=3")
    assert "lost" not in board(house)["tablet-old"], "a fork goes on under another key and has lost nothing"


def test_a_tablet_that_held_nothing_lost_nothing(house: House) -> None:
    for _ in range(2):
        alva = enrol(house, "alva", OLD)
        register(alva, new_point())
        hold(alva, 0, 0)
    assert "lost" not in board(house)["tablet-old"]


def test_a_second_person_on_a_shared_tablet_is_no_loss(house: House) -> None:
    alva = enrol(house, "alva", OLD)
    register(alva, new_point())
    hold(alva)
    bo = enrol(house, "bo", OLD)
    register(bo, new_point(), "changes=12;blobs=3")
    assert "lost" not in board(house)["tablet-old"]


@pytest.mark.parametrize("lost", [{}, {"id": "a b", "label": "x"}, {"id": "x"}, "x", []])
def test_a_mark_of_another_form_is_malformed(house: House, lost: object) -> None:
    device = {"id": "tablet-new", "label": "X", "lost": lost}
    answer = house.client.post("/api/v1/enrol", json={"code": house.code("alva"), "device": device})
    assert answer.status_code == 400


def test_what_is_over_is_forgotten_and_the_tablet_stays_on_the_board(house: House) -> None:
    alva = house.tablet("alva", ttl=DAY)
    house.code("bo")
    later = now_ms() + 2 * DAY
    assert house.db.write_now(lambda conn: forget_expired(conn, now_ms())) == 0
    assert house.db.write_now(lambda conn: forget_expired(conn, later)) == 2  # her code and bo's
    assert house.db.write_now(lambda conn: forget_expired(conn, later + DELIVER_MS)) == 1  # her session
    left = house.db.read_now(
        lambda conn: conn.execute(select(func.count()).select_from(t.enrolment_code)).scalar_one()
    )
    assert left == 0
    assert alva.device in board(house)

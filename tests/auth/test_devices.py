"""The board knows of each tablet when it was heard of last and what it still holds."""

from typing import Any

import pytest
from sqlalchemy import update

from app.auth import tables as t
from app.auth.accounts import revoke
from app.auth.presence import HEARTBEAT_MS
from app.auth.principal import parse_pending
from app.auth.service import Pending
from app.clock import now_ms
from tests.auth.house import HOUR, SHARED, House, Tablet


def board(supervisor: Tablet) -> dict[str, dict[str, Any]]:
    return {row["id"]: row for row in supervisor.send("GET", "/devices").json()}


def test_a_supervisor_sees_the_tablets_of_those_who_take_part(house: House) -> None:
    house.account("eva", "SKV", "INSP")
    for user in ("alva", "cia", "eva"):
        house.tablet(user)
    seen = board(house.tablet("dan"))
    assert sorted(seen) == ["tablet-alva", "tablet-cia", "tablet-dan"]
    assert seen["tablet-cia"] | {"last_seen": 0} == {
        "id": "tablet-cia",
        "label": "Tablet cia",
        "user": "Cia",
        "user_id": "cia",
        "authority": "KOM_ALK",
        "last_seen": 0,
        "pending_changes": 0,
        "pending_blobs": 0,
        "oldest": None,
        "free": None,
    }


def test_who_reads_no_operation_sees_no_tablet(house: House) -> None:
    house.tablet("alva")
    dan = house.tablet("dan")
    house.db.write_now(lambda conn: revoke(conn, SHARED, "dan", now_ms()))
    assert board(dan) == {}


def test_for_anybody_else_the_board_does_not_exist(house: House) -> None:
    inspector = house.tablet("cia")
    board_, nothing = (inspector.send("GET", path) for path in ("/devices", "/nothing-here"))
    assert (board_.status_code, board_.json()) == (nothing.status_code, nothing.json())
    assert board_.status_code == 404


def test_what_a_tablet_holds_is_on_the_board_at_once(house: House) -> None:
    alva, dan = house.tablet("alva"), house.tablet("dan")
    pending = {"Insats-Pending": "changes=12;blobs=3;oldest=5400;free=812000000"}
    alva.send("GET", "/devices", headers=pending)
    row = board(dan)["tablet-alva"]
    assert (row["pending_changes"], row["pending_blobs"], row["free"]) == (12, 3, 812_000_000)
    assert 5400 <= row["oldest"] <= 5402
    alva.send("GET", "/devices", headers={"Insats-Pending": "changes=0;blobs=0"})
    row = board(dan)["tablet-alva"]
    assert (row["pending_changes"], row["oldest"]) == (0, None)


def test_a_silent_tablet_s_oldest_change_grows_older(house: House) -> None:
    alva, dan = house.tablet("alva"), house.tablet("dan")
    alva.send("GET", "/devices", headers={"Insats-Pending": "changes=1;blobs=0;oldest=60"})
    assert board(dan)["tablet-alva"]["oldest"] < 3660
    earlier = {"last_seen": t.device.c.last_seen - HOUR, "oldest": t.device.c.oldest - HOUR}
    house.db.write_now(
        lambda conn: conn.execute(update(t.device).where(t.device.c.id == alva.device).values(earlier))
    )
    assert board(dan)["tablet-alva"]["oldest"] >= 3660


def test_the_last_contact_is_not_written_at_every_request(house: House) -> None:
    now = now_ms()
    dan = house.tablet("dan", now=now - HEARTBEAT_MS)
    dan.send("GET", "/devices")
    heard = house.row("device", dan.device)["last_seen"]
    assert heard >= now
    dan.send("GET", "/devices")
    assert house.row("device", dan.device)["last_seen"] == heard


@pytest.mark.parametrize(
    ("header", "pending"),
    [
        ("changes=12;blobs=3;oldest=5400;free=812000000", Pending(12, 3, 5400, 812_000_000)),
        ("changes=0; blobs=0", Pending(0, 0)),
        ("blobs=1;changes=2", Pending(2, 1)),
        ("", None),
        ("changes=12", None),
        ("changes=-1;blobs=0", None),
        ("changes=1;blobs=x", None),
        ("changes=1;blobs=2;mood=3", None),
        ("changes=" + 16 * "9" + ";blobs=0", None),
        ("changes=1;" * 9 + "blobs=0", None),
        ("changes=²;blobs=0", None),
    ],
)
def test_the_pending_header_is_read_or_ignored(header: str, pending: Pending | None) -> None:
    assert parse_pending(header) == pending


def test_a_header_that_cannot_be_read_is_no_reason_to_refuse(house: House) -> None:
    dan = house.tablet("dan")
    assert dan.send("GET", "/devices", headers={"Insats-Pending": "mumble"}).status_code == 200

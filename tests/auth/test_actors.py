"""A key is registered once, for one person on one tablet, and its name is made known with it."""

import hashlib

import pytest
from sqlalchemy import Connection

from app.auth.router import auth_router
from app.auth.service import ActorRow
from app.domain.commit import b64
from tests.auth.house import House, Tablet, code_of, new_point


def register(tablet: Tablet, key: str) -> str:
    actor: str = tablet.send("POST", "/actors", json={"key": key}).json()["actor"]
    return actor


def test_an_actor_is_named_by_the_hash_of_its_point(house: House) -> None:
    point = new_point()
    actor = register(house.tablet("alva"), b64(point))
    assert actor == "a_" + hashlib.sha256(point).hexdigest()[:32]
    assert house.row("actor", actor)["status"] == "active"


def test_registering_again_changes_nothing_and_is_published_once(
    house: House, published: list[ActorRow]
) -> None:
    tablet, key = house.tablet("alva"), b64(new_point())
    first = register(tablet, key)
    before = house.row("actor", first)
    assert register(tablet, key) == first
    assert house.row("actor", first) == before
    assert [(a.id, a.person.name, a.person.authority, a.label) for a in published] == [
        (first, "Alva", "POL", "Tablet alva")
    ]


def test_a_key_of_somebody_else_is_refused(house: House) -> None:
    key = b64(new_point())
    register(house.tablet("alva"), key)
    assert code_of(house.tablet("bo").send("POST", "/actors", json={"key": key})) == "actor-unknown"


def test_a_person_has_one_key_for_each_tablet(house: House, published: list[ActorRow]) -> None:
    alva = house.tablet("alva")
    assert register(alva, b64(new_point())) != register(alva, b64(new_point()))
    assert len(published) == 2


POINT = new_point()


@pytest.mark.parametrize(
    "key",
    [
        b64(b""),
        b64(POINT[:-1]),
        b64(POINT + b"\0"),
        b64(POINT[:-1] + bytes([POINT[-1] ^ 1])),  # beside the curve
        b64(b"\x04" + bytes(64)),
        b64(bytes([2 + POINT[-1] % 2]) + POINT[1:33]),  # compressed
        b64(bytes([6 + POINT[-1] % 2]) + POINT[1:]),  # hybrid
        "=" * 88,
        "å" * 87,
        "A" * 101,
        None,
        7,
    ],
    ids=lambda _: "",  # made by chance: in a name it would make two workers collect different tests
)
def test_what_is_not_a_raw_point_on_the_curve_is_malformed(house: House, key: object) -> None:
    assert code_of(house.tablet("alva").send("POST", "/actors", json={"key": key})) == "malformed"


def test_a_name_that_cannot_be_published_leaves_no_actor(house: House) -> None:
    def fails(conn: Connection, actor: ActorRow, now: int) -> None:
        raise RuntimeError(f"{conn} {actor} {now}")

    tablet, key = house.tablet("alva"), b64(new_point())
    broken = House(house.db, [auth_router(fails)])
    tried = Tablet(broken.client, tablet.user, tablet.device, tablet.token)
    assert code_of(tried.send("POST", "/actors", json={"key": key})) == "internal"
    assert register(tablet, key)

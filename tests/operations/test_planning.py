"""Planning: who gets a part in an evening, and what earlier evenings tell about its sites."""

import dataclasses

import pytest
from sqlalchemy import select

from app.auth.accounts import add_user
from app.auth.tables import Membership
from app.clock import now_ms
from app.database import table
from app.operations import planning
from app.operations.demo.evenings import fixed_id
from app.sync.author import Author, NotApplied
from tests.operations.conftest import House, Told, value

_member = table(Membership)

NOW = 1_550_000_000_000
OPERATION = planning.Operation(
    id=fixed_id(NOW, "planned here"),
    number=9,
    title={"sv": "Kväll", "en": "Evening"},
    date="2019-02-12",
    authorities=("POL", "KOM_ALK"),
    sites=(planning.Site("site_S02", "Föreningen Dubbelkvasten", "FORENING"),),
    visits=(
        planning.Visit(
            fixed_id(NOW, "visit"), "site_S02", 1, "ALFA", (planning.Party("POL", None, "RB 28:3"),)
        ),
    ),
    targets=(planning.Target(fixed_id(NOW, "target"), "site_S09", "RESERV", "Biltvätt"),),
)


@pytest.mark.parametrize(
    ("authority", "role", "streams"),
    [
        ("POL", "LAGLED", {"shared": "writer", "POL": "writer"}),
        ("KOM_ALK", "INSP", {"shared": "writer", "KOM_ALK": "writer"}),
        ("POL", "OPKO_POL", {"shared": "writer", "plan": "writer"}),
        ("POL", "KOMM", {"shared": "reader", "plan": "reader"}),
        ("RTJ", "INSP", {}),
        ("KOM_SAK", "OPKO_KOM", {}),
        ("POL", "SYSADM", {}),
        ("POL", "MYNADM", {}),
    ],
)
def test_a_part_follows_from_authority_and_role(authority: str, role: str, streams: dict[str, str]) -> None:
    parts = planning.parts(authority, role, "x", ("POL", "KOM_ALK"))
    assert parts == {f"op/x/{name}": part for name, part in streams.items()}


@pytest.mark.parametrize("role", ["SYSADM", "MYNADM"])
def test_whoever_becomes_an_administrator_leaves_the_evenings(house: House, role: str) -> None:
    author = house.author("planner", "POL", "OPKO_POL")
    house.db.write_now(lambda conn: add_user(conn, "inspector", "I", "KOM_ALK", "INSP"))
    house.db.write_now(lambda conn: planning.plan(conn, house.key, author, OPERATION, now_ms()))

    def streams() -> set[str]:
        mine = (_member.c.user == "inspector") & _member.c.revoked.is_(None)
        return set(
            house.db.read_now(lambda conn: conn.execute(select(_member.c.stream).where(mine)).scalars().all())
        )

    assert len(streams()) == 2
    granted = house.db.write_now(lambda conn: planning.welcome(conn, "inspector", "KOM_ALK", role, now_ms()))
    assert granted == 0
    assert streams() == {"ref"}


def test_a_planner_makes_an_evening(house: House) -> None:
    author = house.author("planner", "POL", "OPKO_POL")
    house.db.write_now(lambda conn: add_user(conn, "inspector", "I", "KOM_ALK", "INSP"))
    house.db.write_now(lambda conn: planning.plan(conn, house.key, author, OPERATION, now_ms()))
    shared = house.cells(planning.shared(OPERATION.id))
    visit = shared[f"visit_{OPERATION.visits[0].id}"]
    assert value(visit, "status") == "PLANERAT"
    assert value(visit, "repeat") is False
    assert value(shared[f"party_{OPERATION.visits[0].id}.POL"], "law") == "RB 28:3"
    assert f"actor_{author.actor}" in shared, "everybody can tell whose changes these are"
    assert len(house.cells(planning.plan_stream(OPERATION.id))) == 1
    mine = house.rows(select(_member.c.stream).where(_member.c.user == "inspector"))
    assert {r.stream for r in mine} == {planning.shared(OPERATION.id), planning.own(OPERATION.id, "KOM_ALK")}


def test_somebody_who_may_not_plan_leaves_nothing_behind(house: House) -> None:
    author = house.author("inspector", "POL", "INSP")
    with pytest.raises(NotApplied, match="no_authority"):
        house.db.write_now(lambda conn: planning.plan(conn, house.key, author, OPERATION, now_ms()))
    assert house.cells(planning.shared(OPERATION.id)) == {}
    assert house.rows(select(_member).where(_member.c.stream == planning.shared(OPERATION.id))) == []


def test_a_change_of_plan_replaces_what_was_planned(house: House) -> None:
    author = house.author("planner", "POL", "OPKO_POL")
    house.db.write_now(lambda conn: planning.plan(conn, house.key, author, OPERATION, now_ms()))
    stream, entity = planning.shared(OPERATION.id), f"operation_{OPERATION.id}"
    house.db.write_now(
        lambda conn: planning.write(conn, author, stream, [(entity, "status", "BESLUT")], now_ms(), now_ms())
    )
    assert value(house.cells(stream)[entity], "status") == "BESLUT"


def test_an_evening_is_told_about_only_to_those_who_all_were_there(told: Told) -> None:
    author = told.author("second planner", "POL", "OPKO_POL")
    invited = {"POL": [3, 2, 1], "RTJ": [2, 1], "AMV": None}
    for authority, numbers in invited.items():
        operation = dataclasses.replace(
            OPERATION,
            id=fixed_id(NOW, f"with {authority}"),
            authorities=("POL", authority) if authority != "POL" else ("POL",),
            visits=(dataclasses.replace(OPERATION.visits[0], id=fixed_id(NOW, f"visit with {authority}")),),
        )
        _plan(told, author, operation)
        site = told.cells(planning.shared(operation.id))["site_S02"]
        history = value(site, "history")
        assert (history and [v["number"] for v in history]) == numbers, authority


def _plan(told: Told, author: Author, operation: planning.Operation) -> None:
    told.db.write_now(lambda conn: planning.plan(conn, told.key, author, operation, now_ms()))

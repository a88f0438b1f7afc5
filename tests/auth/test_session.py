"""A bearer token is a person on a tablet until it expires or the account is closed."""

from functools import partial

import pytest
from sqlalchemy import update

from app.auth import service
from app.auth import tables as t
from app.auth.codes import token_hash
from app.auth.service import DELIVER_MS, Asked, SessionRow, find_sessions
from app.clock import now_ms
from tests.auth.house import HOUR, House, code_of, new_point

NOW = 1_527_260_400_000


@pytest.mark.asvs("V7.3.2")
@pytest.mark.parametrize(
    ("late", "right"),
    [
        (HOUR - 1, "read"),
        (HOUR, "lapsed"),
        (HOUR + DELIVER_MS - 1, "lapsed"),
        (HOUR + DELIVER_MS, None),
    ],
)
def test_a_session_reads_until_its_hour_and_delivers_for_long_after_it(
    house: House, late: int, right: str | None
) -> None:
    token = house.tablet("alva", now=NOW, ttl=HOUR).token
    found = session_of(house, token, NOW + late)
    assert (found and found.right) == right


def test_a_session_tells_person_and_tablet(house: House) -> None:
    tablet = house.tablet("alva", now=NOW)
    found = session_of(house, tablet.token, NOW)
    assert found is not None
    assert (found.person.id, found.person.role, found.device, found.actor) == (
        "alva",
        "LAGLED",
        tablet.device,
        None,
    )


@pytest.mark.asvs("V7.4.2")
def test_a_closed_account_reads_nothing_any_more(house: House) -> None:
    tablet = house.tablet("dan")
    assert tablet.send("GET", "/devices").status_code == 200
    house.db.write_now(
        lambda conn: conn.execute(update(t.user).where(t.user.c.id == "dan").values(active=False))
    )
    assert code_of(tablet.send("GET", "/devices")) == "unauthenticated"


@pytest.mark.asvs("V7.2.1")
@pytest.mark.parametrize(
    "header", [None, "", "Bearer", "Bearer ", "Basic YTpi", "Bearer unknown", "Bearer a b", "Bearer å"]
)
def test_without_a_valid_token_every_call_answers_alike(house: House, header: str | None) -> None:
    headers = {} if header is None else {b"Authorization": header.encode()}
    answers = [
        house.client.request(method, f"/api/v1{path}", headers=headers)
        for method, path in (("GET", "/devices"), ("POST", "/actors"))
    ]
    assert {code_of(answer) for answer in answers} == {"unauthenticated"}
    assert {answer.headers["www-authenticate"] for answer in answers} == {"Bearer"}


def test_the_actor_header_must_name_a_key_of_the_caller(house: House) -> None:
    alva, dan = house.tablet("alva"), house.tablet("dan")
    mine, foreign = (house_actor(house, tablet.token) for tablet in (dan, alva))
    status = [
        dan.send("GET", "/devices", headers={"Insats-Actor": actor}).status_code
        for actor in (mine, foreign, "a_" + 32 * "0", "nobody")
    ]
    assert status == [200, 403, 403, 403]


def test_a_foreign_actor_answers_like_an_unknown_one(house: House) -> None:
    alva, dan = house.tablet("alva"), house.tablet("dan")
    foreign, unknown = house_actor(house, alva.token), "a_" + 32 * "0"
    answers = [dan.send("GET", "/devices", headers={"Insats-Actor": actor}) for actor in (foreign, unknown)]
    assert answers[0].text == answers[1].text
    assert code_of(answers[0]) == "actor-unknown"


def test_sessions_looked_up_together_are_those_looked_up_alone(house: House) -> None:
    alva, bo = house.tablet("alva"), house.tablet("bo")
    theirs = [house_actor(house, tablet.token) for tablet in (alva, alva, bo)]
    tokens = [token_hash(tablet.token) for tablet in (alva, bo)] + ["unknown"]
    asked = [Asked(token, actor) for token in tokens for actor in ["", "a_" + 32 * "0", *theirs]]
    together = house.db.read_now(lambda conn: find_sessions(conn, asked, now_ms()))
    alone = [house.db.read_now(partial(find_sessions, asked=[one], now=now_ms()))[0] for one in asked]
    assert together == alone
    assert [found and found.actor for found in together] == [
        *(None, None, theirs[0], theirs[1], None),
        *(None, None, None, None, theirs[2]),
        *(None, None, None, None, None),
    ]


def session_of(house: House, token: str, now: int) -> SessionRow | None:
    return house.db.read_now(lambda conn: find_sessions(conn, [Asked(token_hash(token))], now))[0]


def house_actor(house: House, token: str) -> str:
    session = session_of(house, token, now_ms())
    assert session is not None
    actor, _ = house.db.write_now(lambda conn: service.register_actor(conn, session, new_point(), now_ms()))
    return actor.id

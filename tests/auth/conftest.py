"""The world of the tests of accounts, tablets and actors."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Connection

from app.auth.people_router import people_router
from app.auth.router import auth_router
from app.auth.service import ActorRow, Person
from app.auth.setup_router import setup_router
from app.database import Database
from tests.auth.house import ADDRESS, House


@pytest.fixture
def published() -> list[ActorRow]:
    """The actors whose names were made known."""
    return []


@pytest.fixture
def taken_in() -> list[Person]:
    """The people who were given their part in what is there."""
    return []


@pytest.fixture
def house(store_url: str, published: list[ActorRow], taken_in: list[Person]) -> Iterator[House]:
    """The application with its accounts on an empty store."""

    def publish(conn: Connection, actor: ActorRow, now: int) -> None:
        assert conn.in_transaction()
        assert now
        published.append(actor)

    def take_in(conn: Connection, person: Person, now: int) -> None:
        assert conn.in_transaction()
        assert now
        taken_in.append(person)

    db = Database(store_url)
    yield House(db, [auth_router(publish), setup_router(take_in), people_router(take_in, ADDRESS)])
    db.close()

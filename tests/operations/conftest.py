"""The demo evenings, loaded once for each store; tests read them or add to them, none takes anything away."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection
from sqlalchemy.dialects.postgresql import insert

from app.auth.accounts import add_user
from app.auth.tables import Actor
from app.clock import now_ms
from app.database import Database, table
from app.domain import codes
from app.domain.commit import actor_id, b64, point_of
from app.domain.figures import Figures, figures
from app.domain.merge import Cells
from app.operations.demo.evenings import demo
from app.operations.demo.load import Loaded, load_demo
from app.operations.readmodels import refresh
from app.operations.staff import current_cells, prepare, register_device
from app.sync.author import Author
from app.sync.identity import ServerKey, server_key
from tests.postgres import Postgres


@dataclass(frozen=True)
class House:
    """A store with its data folder and the server's key."""

    db: Database
    data: Path
    key: ServerKey

    def cells(self, stream: str) -> dict[str, Cells]:
        """Every entity of a stream."""
        return self.db.read_now(lambda conn: current_cells(conn, stream))

    def figures(self, operation: str) -> Figures:
        """The figures of an evening, from its shared stream."""
        activity = {item["id"]: item["value"] for item in codes.items("status_site_activity")}
        bases = {item["id"]: item["base"] for item in codes.items("units")}
        return figures(self.cells(f"op/{operation}/shared").items(), bases, activity)

    def rows(self, query: Any) -> list[Any]:
        """What a query gives."""
        return self.db.read_now(lambda conn: list(conn.execute(query).all()))

    def author(self, user: str, authority: str, role: str) -> Author:
        """An account with a tablet whose key this process holds."""
        return self.db.write_now(lambda conn: _author(conn, user, authority, role))


def _author(conn: Connection, user: str, authority: str, role: str) -> Author:
    key = ec.generate_private_key(ec.SECP256R1())
    point = point_of(key.public_key())
    add_user(conn, user, user, authority, role)
    register_device(conn, f"d-{user}", user, user, now_ms())
    row = {"id": actor_id(point), "key": b64(point), "user": user, "device": f"d-{user}", "created": now_ms()}
    conn.execute(insert(table(Actor)).values(status="active", **row))
    return Author(key, [refresh])


@pytest.fixture
def house(store_url: str, tmp_path: Path) -> Iterator[House]:
    """A store that is ready to serve and holds nothing else."""
    opened = _open(store_url, tmp_path)
    yield opened
    opened.db.close()


def _open(url: str, data: Path) -> House:
    found = House(Database(url), data, server_key(data))
    prepare(found.db, found.key, now_ms())
    return found


@dataclass(frozen=True)
class Told(House):
    """A store with the three evenings and the exercise, and what loading them said."""

    loaded: Loaded

    def operation(self, key: str) -> str:
        """The id of an evening."""
        return demo().evening(key).id


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def told(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Told]:
    """Everything recorded and the exercise planned, in a store of each kind."""
    data = tmp_path_factory.mktemp("demo")
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_file")
        url = f"sqlite:///{shutil.copyfile(template, data / 'store.db')}"
    else:
        postgres: Postgres = request.getfixturevalue("postgres")
        url = postgres.url(postgres.create_database(request.getfixturevalue("migrated_database")))
    db = Database(url)
    loaded = load_demo(db, data, now_ms(), exercise=True)
    yield Told(db, data, server_key(data), loaded)
    db.close()


def value(cells: Cells, field: str) -> Any:
    """The one value of a cell; the test fails where people disagree."""
    heads = cells.get(field, [])
    assert len(heads) <= 1, heads
    return heads[0][1] if heads else None


def decoded(text: str) -> Any:
    """What a read model keeps as JSON text."""
    return orjson.loads(text)

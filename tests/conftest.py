"""What every test may ask for: an empty, migrated store on SQLite and on PostgreSQL, and a browser."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import migrate
from tests.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request: pytest.FixtureRequest) -> str:
    """The address of an empty store of the newest schema; a test that takes it runs on both databases."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def module_store_url(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """As `store_url`, one for a whole file of tests that leave nothing behind for each other."""
    if request.param == "sqlite":
        template: Path = request.getfixturevalue("migrated_file")
        yield f"sqlite:///{shutil.copyfile(template, tmp_path_factory.mktemp('store') / 'store.db')}"
        return
    postgres: Postgres = request.getfixturevalue("postgres")
    name = postgres.create_database(request.getfixturevalue("migrated_database"))
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def sqlite_url(migrated_file: Path, tmp_path: Path) -> str:
    """An empty, migrated store in a file of this test's own."""
    return f"sqlite:///{shutil.copyfile(migrated_file, tmp_path / 'store.db')}"


@pytest.fixture
def postgresql_url(postgres: Postgres, migrated_database: str) -> Iterator[str]:
    """An empty, migrated store in a database of this test's own, dropped afterwards."""
    name = postgres.create_database(migrated_database)
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The migrations run once per session; each test copies their result, which is 100 times faster."""
    template = tmp_path_factory.mktemp("template") / "store.db"
    migrate(f"sqlite:///{template}")
    assert not template.with_name("store.db-wal").exists(), (
        "migrate() left a connection open: a copy would lack the log"
    )
    return template


@pytest.fixture(scope="session")
def migrated_database(postgres: Postgres) -> str:
    """The same on PostgreSQL, which copies a database only while nobody is connected to it."""
    template = postgres.create_database()
    migrate(postgres.url(template))
    return template

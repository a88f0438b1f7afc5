"""What the tests of recovery begin with."""

import shutil
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

from tests.postgres import Postgres
from tests.recovery.camp import Camp

Fresh = Callable[[str], str]


@pytest.fixture
def fresh(request: pytest.FixtureRequest, migrated_file: Path, tmp_path: Path) -> Iterator[Fresh]:
    """Makes addresses of empty, migrated stores: `fresh("sqlite")`, `fresh("postgresql")`, as many as are asked for."""
    numbers, made = count(), []

    def make(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{shutil.copyfile(migrated_file, tmp_path / f'fresh-{next(numbers)}.db')}"
        postgres: Postgres = request.getfixturevalue("postgres")
        name = postgres.create_database(request.getfixturevalue("migrated_database"))
        made.append((postgres, name))
        return postgres.url(name)

    yield make
    for postgres, name in made:
        postgres.drop_database(name)


@pytest.fixture
def camp(store_url: str, tmp_path: Path) -> Iterator[Camp]:
    """A store in which something of every sort was recorded."""
    made = Camp(store_url, tmp_path / "home")
    made.record()
    yield made
    made.world.db.close()

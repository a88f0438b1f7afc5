"""The application that the tests of the protocol talk to."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.evening import Evening, Tablet, evening


@pytest.fixture
def night(store_url: str, tmp_path: Path) -> Iterator[Evening]:
    """A fresh application on each store, with nothing recorded but the code lists."""
    with evening(store_url, tmp_path / "data") as made:
        yield made


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """One application for a whole file of tests that leave nothing behind for each other."""
    folder: Path = tmp_path_factory.mktemp("refusals")
    if request.param == "sqlite":
        url = f"sqlite:///{folder / 'store.db'}"
        (folder / "store.db").write_bytes(request.getfixturevalue("migrated_file").read_bytes())
    else:
        server = request.getfixturevalue("postgres")
        url = server.url(server.create_database(request.getfixturevalue("migrated_database")))
    with evening(url, folder / "data") as made:
        yield made


@pytest.fixture(scope="module")
def alva(house: Evening) -> Tablet:
    return house.tablet("alva")


@pytest.fixture(scope="module")
def cia(house: Evening) -> Tablet:
    return house.tablet("cia")

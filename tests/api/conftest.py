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


@pytest.fixture(scope="module")
def house(module_store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Evening]:
    """One application for a whole file of tests that leave nothing behind for each other."""
    with evening(module_store_url, tmp_path_factory.mktemp("refusals") / "data") as made:
        yield made


@pytest.fixture(scope="module")
def alva(house: Evening) -> Tablet:
    return house.tablet("alva")


@pytest.fixture(scope="module")
def cia(house: Evening) -> Tablet:
    return house.tablet("cia")

"""The application that these tests strain."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.api.evening import Evening, evening


@pytest.fixture
def night(store_url: str, tmp_path: Path) -> Iterator[Evening]:
    """A fresh application on each store, with nothing recorded but the code lists."""
    with evening(store_url, tmp_path / "data") as made:
        yield made

"""The world of the sync tests."""

from collections.abc import Iterator

import pytest

from tests.sync.world import World


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    """A store with members and nothing recorded."""
    made = World(store_url)
    yield made
    made.db.close()

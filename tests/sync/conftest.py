"""The world of the sync tests."""

from collections.abc import Iterator

import pytest

from tests.sync.approving import all_faults, approve, recorded
from tests.sync.world import World


@pytest.fixture
def world(store_url: str) -> Iterator[World]:
    """A store with members and nothing recorded."""
    made = World(store_url)
    yield made
    made.db.close()


@pytest.fixture
def approved(world: World) -> World:
    """A visit that was recorded and approved."""
    recorded(world)
    approve(world)
    assert all_faults(world) == []
    return world

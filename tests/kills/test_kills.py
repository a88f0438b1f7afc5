"""The short form of `make kill-test`: every step once, some random moments, on both stores (I1, I2, I3, I8, I12, I15)."""

from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kills.__main__ import READY_S
from tests.kills.campaign import campaign
from tests.kills.cluster import cluster
from tests.kills.judge import judge
from tests.kills.servers import Mortal, Stage

RANDOM = 6
EVERY = 7
"""Of the storage calls of a first start, which makes the schema, how many are passed over."""


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_killed_server_keeps_every_promise_and_is_back_in_time(store: str, tmp_path: Path) -> None:
    with campaign(store, tmp_path, seed=2018) as played:
        played.steps()
        by_steps = played.kills.total()
        played.random(RANDOM)
        assert by_steps > 60, "a test of nothing"
        assert played.slowest_start() < READY_S
        assert played.judged["acknowledged"] > by_steps


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_first_start_may_be_killed_at_any_storage_call(store: str, tmp_path: Path) -> None:
    """In the midst of the migrations or of the first code lists: the next start goes on and misses nothing."""
    with ExitStack() as stack:
        running = stack.enter_context(cluster()) if store == "postgresql" else None
        stage = stack.enter_context(Stage())
        kills, point, is_killed = 0, 1, True
        while is_killed:
            data = tmp_path / str(point)
            data.mkdir()
            url = f"sqlite:///{data / 'insats.db'}" if running is None else running.new_database()
            server = Mortal(stage, data, url)
            is_killed = server.start_to_die(point)
            if is_killed:
                kills += 1
                server.start()
            server.kill()
            judge(url, data, [])
            point += EVERY
    assert kills > 10, "a test of nothing"

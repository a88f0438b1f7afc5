"""The short form of `make kill-test`: every step once, some random moments, on both stores (I1, I2, I3, I8, I12, I15)."""

from pathlib import Path

import pytest

from tests.kills.__main__ import READY_S
from tests.kills.campaign import campaign

RANDOM = 6


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_killed_server_keeps_every_promise_and_is_back_in_time(store: str, tmp_path: Path) -> None:
    with campaign(store, tmp_path, seed=2018) as played:
        played.steps()
        by_steps = played.kills.total()
        played.random(RANDOM)
        assert by_steps > 60, "a test of nothing"
        assert played.slowest_start() < READY_S
        assert played.judged["acknowledged"] > by_steps

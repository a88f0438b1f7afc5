"""The short forms of `make soak` and `make replay`."""

from pathlib import Path

import pytest

from tests.faults.house import house
from tests.faults.replay import replay
from tests.faults.soak import soak

SECONDS, FAULTS = 8.0, 60
VISITS, PHOTOS = 4, 12


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_real_tablets_behind_a_bad_line_lose_nothing_and_agree(store: str, tmp_path: Path) -> None:
    with house(store, tmp_path) as made:
        told = soak(made, SECONDS, seed=2018, faults=FAULTS)
    assert told["entities"] > 20, "a test of nothing"


def test_visits_with_many_photos_arrive_exactly_once_although_every_request_fails(tmp_path: Path) -> None:
    with house("sqlite", tmp_path) as made:
        told = replay(made, VISITS, PHOTOS, seed=389)
    assert told["cuts of chunks"] >= 2 * VISITS * PHOTOS, "every chunk was cut at least twice"
    assert told["requests"] > told["cuts"] > told["cuts of chunks"]

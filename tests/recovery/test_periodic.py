"""The server backs itself up beside its requests."""

import time
from pathlib import Path

from tests.api.evening import evening, recorded
from tests.sync.world import SHARED


def test_a_running_server_backs_up_and_its_tablets_are_told(store_url: str, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    with evening(store_url, tmp_path / "data", backup_every_s=1, backups=elsewhere) as night:
        alva = recorded(night, 2)
        deadline = time.monotonic() + 120
        while alva.get("/hello").json()["streams"][SHARED]["mine"]["stable"] < 2:
            assert time.monotonic() < deadline, "no backup was made"
            time.sleep(0.5)
        assert list(elsewhere.glob("insats-*.ndjson.gz"))
        assert not (tmp_path / "data" / "backups").exists()

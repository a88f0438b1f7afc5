"""A tablet that is far behind takes the snapshot: it is shorter than the log."""

from pathlib import Path

from app.settings import Limits
from tests.api.evening import code_of, evening, recorded
from tests.sync.world import SHARED


def test_a_cursor_too_far_behind_is_sent_to_the_snapshot(store_url: str, tmp_path: Path) -> None:
    with evening(store_url, tmp_path / "data", limits=Limits(lag_entries=3)) as night:
        alva = recorded(night, 5)
        head = alva.get("/hello").json()["streams"][SHARED]["head"]
        assert alva.get("/hello").json()["limits"]["lag_entries"] == 3
        at_the_limit = alva.get("/changes", params={"after": f"{SHARED}:{head - 3}"})
        assert at_the_limit.status_code == 200
        below = alva.get("/changes", params={"after": f"{SHARED}:{head - 4}"})
        assert code_of(below) == "reset"
        assert below.json()["head"] == head
        replica = alva.replica
        snapshot = alva.get(f"/streams/{SHARED}/snapshot", follow_redirects=True)
        assert replica.load(SHARED, snapshot.content).cursor == head
        alva.pull(SHARED)
        digest = alva.get(f"/streams/{SHARED}/digest").json()["digest"]
        assert replica.stream(SHARED).digest() == digest

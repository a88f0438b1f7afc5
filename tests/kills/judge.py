"""What must be true of a store after any number of kills, whatever the writers were in the middle of."""

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import Connection, func, select

from app.clock import now_ms
from app.database import Database, table
from app.operations import readmodels
from app.photos.store import BlobStore
from app.photos.tables import blob
from app.reports.figures import figures_of
from app.sync.backup import back_up
from app.sync.rebuild import differences
from app.sync.tables import Commit, Entry
from tests.kills.writers import Writer
from tests.photos.album import sha
from tests.sync.world import SHARED

_commit, _entry = table(Commit), table(Entry)


def judge(url: str, data: Path, writers: Sequence[Writer]) -> dict[str, int]:
    """Everything that was acknowledged is here, once; what was counted. AssertionError says what is wrong."""
    db = Database(url)
    try:
        kept = db.read_now(_commits)
        promised = {h: r for w in writers for h, r in w.ledger.items()}
        lost = [h for h, r in promised.items() if kept.get(h) != (r["seq"], r["received"])]
        assert not lost, f"{len(lost)} acknowledged commits are lost or not as acknowledged: {lost[:3]}"
        assert db.read_now(_doubled) == [], "a commit stands twice in the log"
        _judge_photos(db, data, writers)
        sums = db.read_now(lambda conn: figures_of(conn, SHARED)).seizures
        taps = sum(w.taps for w in writers)
        assert sums == ({"SPELAUTOMAT": {"ST": taps}} if taps else {}), f"{sums} of {taps} taps"
        assert db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
        # Reads back every commit, its signature, the density and the chains of all logs: fails where one is not whole.
        back_up(db, data, data / "judged", now_ms())
        return {"acknowledged": len(promised), "commits": len(kept), "photos": _count(writers)}
    finally:
        db.close()


def _judge_photos(db: Database, data: Path, writers: Sequence[Writer]) -> None:
    store, noted = (
        BlobStore(data),
        set(db.read_now(lambda c: c.execute(select(blob.c.sha256)).scalars().all())),
    )
    for writer in writers:
        for digest in writer.delivered:
            assert digest in noted, f"the acknowledged photo {digest} is not noted"
            assert sha(store.path(digest).read_bytes()) == digest, f"the photo {digest} is damaged"


def _count(writers: Sequence[Writer]) -> int:
    return sum(len(w.delivered) for w in writers)


def _commits(conn: Connection) -> dict[str, tuple[int | None, int]]:
    rows = conn.execute(select(_commit.c.hash, _commit.c.seq, _commit.c.received))
    return {row.hash: (row.seq, row.received) for row in rows}


def _doubled(conn: Connection) -> list[str]:
    query = select(_entry.c.commit).group_by(_entry.c.commit).having(func.count() > 1)
    return list(conn.execute(query).scalars())

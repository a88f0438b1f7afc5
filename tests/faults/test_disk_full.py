"""A disk that is really full, under all that the server writes: it says so, loses nothing, goes on when there is room."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import httpx
import pytest
from sqlalchemy.exc import SQLAlchemyError

from app.clock import now_ms
from app.database import Database, migrate
from app.sync.backup import BackupBroken, back_up
from tests.faults.disks import Disk, small_disk
from tests.kills.campaign import Campaign, hire
from tests.kills.cluster import Cluster, cluster
from tests.kills.servers import Mortal, Stage
from tests.kills.writers import Writer
from tests.sync.world import SHARED

LEAVING = 150_000
"""Bytes that are left when the trouble begins."""
STEPS = 400
SEVERAL = 8


@contextmanager
def on_a_small_disk(store: str) -> Iterator[tuple[Campaign, Disk]]:
    """A server whose store, files and database lie on one small disk."""
    with small_disk(48 if store == "sqlite" else 256) as disk, ExitStack() as stack:
        running = stack.enter_context(cluster(disk.place)) if store == "postgresql" else None
        url = f"sqlite:///{disk.place / 'insats.db'}" if running is None else running.url("postgres")
        data = disk.place / "data"
        data.mkdir()
        migrate(url)
        server = Mortal(stack.enter_context(Stage()), data, url)
        played = Campaign(server, [], Random(1), running)
        played.writers += hire(server, stack, played.chance)
        yield played, disk
        if server.is_running:
            server.kill()


def until_refused(writer: Writer, *, times: int) -> None:
    """Record and send, photos too, until the server has refused so often; each refusal is a problem document."""
    for _ in range(STEPS):
        writer.step()
        if writer.refused >= times:
            return
    raise AssertionError("the disk does not become full")


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_full_disk_is_told_and_nothing_acknowledged_is_lost(store: str) -> None:
    with on_a_small_disk(store) as (played, disk):
        for _ in range(SEVERAL):
            for writer in played.writers:
                writer.step()
        disk.fill(LEAVING)
        for writer in played.writers:
            until_refused(writer, times=SEVERAL)
        told = _push(played.writers[0])
        assert (told.status_code, told.json()["type"]) == (503, "urn:insats:unavailable")
        assert int(told.headers["retry-after"]) > 0
        _insist_that_a_backup_fails_cleanly(played)
        disk.free()
        _bring_back(played.cluster)
        played.settle()
        played.judge()


def _push(writer: Writer) -> httpx.Response:
    writer.record(SHARED)
    answer = writer.send()
    assert answer is not None
    return answer


def _insist_that_a_backup_fails_cleanly(played: Campaign) -> None:
    folder = played.server.data / "backups"
    db = Database(played.server.url)
    with pytest.raises((BackupBroken, OSError, SQLAlchemyError)):
        back_up(db, played.server.data, folder, now_ms())
    db.close()
    assert not list(folder.glob("*.gz")), "a backup has its name only once it is verified"


def _bring_back(running: Cluster | None) -> None:
    """PostgreSQL ends by itself where its log cannot be written; an operator starts it when there is room."""
    if running is not None and not running.is_running:
        running.start()


@pytest.mark.parametrize("store", ["sqlite", "postgresql"])
def test_a_server_that_dies_while_the_disk_is_full_comes_back_when_there_is_room(store: str) -> None:
    with on_a_small_disk(store) as (played, disk):
        for writer in played.writers:
            writer.step()
        disk.fill(LEAVING)
        for writer in played.writers:
            until_refused(writer, times=2)
        played.server.kill()
        if played.cluster is not None and played.cluster.is_running:
            played.cluster.kill()
        disk.free()
        _bring_back(played.cluster)
        played.server.start()
        played.settle()
        played.judge()
        assert not list(Path(played.server.data, "backups").glob("*.part"))

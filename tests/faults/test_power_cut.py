"""What was acknowledged is on the disk itself, not only in the system's memory (I12, I15).

SIGKILL proves nothing here: what a process has written survives it without any sync. So the store lies on a file system
whose disk is a file, and that file is copied right after the acknowledgement: the copy is what a power cut leaves.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import event, text

from app.database import Database, migrate
from app.operations import readmodels
from app.photos.store import BlobStore
from app.sync.rebuild import differences
from tests.api.evening import Evening, evening
from tests.faults.disks import disk_with_a_plug
from tests.kills.cluster import Cluster, cluster
from tests.photos.album import b64, jpeg, sha
from tests.postgres import USER
from tests.sync.world import SHARED, VISIT, World

COMMITS = 5
CARELESS = ("synchronous_commit=off", "wal_writer_delay=10000")
"""An operator's settings that lose what was committed in the last seconds; ours must prevail."""


def record(night: Evening, photo: bytes) -> list[str]:
    """Commits and a photo, all acknowledged; the hashes of the commits."""
    alva = night.tablet("alva")
    commits = [alva.person.seal(SHARED, alva.person.change(VISIT, "persons", n)) for n in range(COMMITS)]
    for commit in commits:
        assert alva.push(commit).json()["errors"] == []
    # Not acknowledged to anybody, but its name reaches the disk with the photo's: so must what is in it.
    assert alva.get(f"/streams/{SHARED}/snapshot", follow_redirects=False).status_code == 303
    tus = {"Tus-Resumable": "1.0.0"}
    about = {"Upload-Length": str(len(photo)), "Upload-Metadata": f"sha256 {b64(sha(photo).encode())}"}
    path = (
        alva.send("POST", "/blobs/uploads", headers=tus | about).headers["location"].removeprefix("/api/v1")
    )
    chunk = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    assert alva.send("PATCH", path, headers=tus | chunk, content=photo).status_code == 204
    return [commit.hash for commit in commits]


def insist(url: str, data: Path, hashes: list[str], photo: bytes) -> None:
    """Everything acknowledged is in the store at `url`, and the store is sound."""
    db = Database(url)
    kept = db.read_now(lambda conn: set(conn.execute(text('SELECT hash FROM "commit"')).scalars()))
    assert set(hashes) <= kept
    assert db.read_now(lambda conn: differences(conn, readmodels.differences)) == []
    assert db.read_now(lambda conn: conn.execute(text("SELECT sha256 FROM blob")).scalars().all()) == [
        sha(photo)
    ]
    assert BlobStore(data).path(sha(photo)).read_bytes() == photo
    snapshots = list((data / "snapshots").rglob("*.gz"))
    assert snapshots, "a test of nothing"
    assert all(file.stat().st_size for file in snapshots), "a snapshot is empty"
    db.close()


def test_sqlite_has_on_the_disk_what_it_acknowledged() -> None:
    photo = jpeg(30_000)
    with disk_with_a_plug(64) as plug:
        url = f"sqlite:///{plug.place / 'insats.db'}"
        migrate(url)
        with evening(url, plug.place / "data") as night:
            hashes = record(night, photo)
            with plug.pull() as after:
                insist(f"sqlite:///{after / 'insats.db'}", after / "data", hashes, photo)


def test_this_test_would_notice_a_store_that_only_says_so() -> None:
    """The same with `synchronous=NORMAL`, with which SQLite acknowledges what is in the system's memory."""
    with disk_with_a_plug(64) as plug:
        url = f"sqlite:///{plug.place / 'insats.db'}"
        migrate(url)
        world = World(url)
        world.db.write_now(
            lambda conn: conn.execute(text("DELETE FROM server_fact"))
        )  # the lane has connected

        def weaken(connection: Any, *_: object) -> None:
            connection.execute("PRAGMA synchronous=NORMAL")

        weak = Database(url)
        event.listen(weak._write_engine, "connect", weaken)
        weak.write_now(lambda conn: conn.execute(text("INSERT INTO server_fact VALUES ('strong', '')")))
        world.db.write_now(lambda conn: conn.execute(text("INSERT INTO server_fact VALUES ('synced', '')")))
        weak.write_now(lambda conn: conn.execute(text("INSERT INTO server_fact VALUES ('lost', '')")))
        with plug.pull() as after:
            db = Database(f"sqlite:///{after / 'insats.db'}")
            names = db.read_now(
                lambda conn: set(conn.execute(text("SELECT name FROM server_fact")).scalars())
            )
            db.close()
        assert "synced" in names
        assert "lost" not in names
        weak.close()
        world.db.close()


@contextmanager
def after_the_cut(running: Cluster, place: Path, after: Path) -> Iterator[Cluster]:
    """A PostgreSQL over the copy of the data."""
    data = after / running.data.relative_to(place)
    (data / "postmaster.pid").unlink()  # names the first one, which lives on
    second = Cluster(running.programs, data, running.identity)
    second.start()
    yield second
    second.stop()


def test_postgresql_has_on_the_disk_what_it_acknowledged_whatever_its_own_settings() -> None:
    photo = jpeg(30_000)
    with disk_with_a_plug(384) as plug, cluster(plug.place, CARELESS) as running:
        url = running.url("postgres")
        migrate(url)
        plug.sync()  # `initdb` and the making of a database leave that to the system
        with evening(url, plug.place / "data") as night:
            hashes = record(night, photo)
            with psycopg.connect(f"host=127.0.0.1 port={running.port} user={USER} dbname=postgres") as conn:
                conn.execute("INSERT INTO server_fact VALUES ('careless', '')")
            with plug.pull() as after, after_the_cut(running, plug.place, after) as second:
                insist(second.url("postgres"), after / "data", hashes, photo)
                db = Database(second.url("postgres"))
                names = db.read_now(
                    lambda conn: set(conn.execute(text("SELECT name FROM server_fact")).scalars())
                )
                db.close()
            assert "careless" not in names, "a test of nothing: the setting does not lose anything"


@pytest.mark.parametrize("pragma", ["synchronous", "journal_mode"])
def test_every_connection_to_sqlite_syncs_each_commit(sqlite_url: str, pragma: str) -> None:
    """Where nothing may be mounted, this is all that is known: the setting, on living connections."""
    db, wanted = Database(sqlite_url), {"synchronous": 2, "journal_mode": "wal"}[pragma]
    for work in (db.write_now, db.read_now):
        assert work(lambda conn: conn.exec_driver_sql(f"PRAGMA {pragma}").scalar()) == wanted
    db.close()


def test_every_connection_to_postgresql_waits_for_the_disk(postgresql_url: str) -> None:
    db = Database(postgresql_url)
    for work in (db.write_now, db.read_now):
        assert work(lambda conn: conn.execute(text("SHOW synchronous_commit")).scalar()) == "on"
    db.close()

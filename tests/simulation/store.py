"""The store of a simulated server: copied for each seed, copied aside, put back, and failing when told to."""

import errno
import os
import shutil
import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from tests.simulation.loop import Crash, SimDatabase

FILE = "insats.db"
FOLDERS = ("blobs", "uploads", "snapshots")


class Store:
    """The files below one data folder, and the faults that its workers meet. SQLite only knows `copy` and `restore`."""

    def __init__(self, data: Path, template: Path, empty: Path) -> None:
        """`template` is a furnished database file, `empty` one that was only migrated."""
        self.data, self._template, self._empty = data, template, empty
        self._aside = data.with_name(data.name + "-aside")
        self._fault: dict[str, Any] = {}
        self.fired = False
        """Whether the fault that was asked for came about."""

    def fresh(self, crew: str | None) -> None:
        """A new evening: no photos, no copies, and the template, or what was kept of a crew."""
        for folder in (self._aside, self.data / "backups"):
            shutil.rmtree(folder, ignore_errors=True)
        self._clear()
        shutil.copyfile(self._kept(crew) if crew else self._template, self.data / FILE)

    def keep(self, crew: str) -> None:
        """Put the database aside for other evenings."""
        self._checkpoint()
        shutil.copyfile(self.data / FILE, self._kept(crew))

    def _kept(self, crew: str) -> Path:
        return self.data.with_name(f"crew-{crew}.db")

    def blank(self) -> None:
        """Another machine: an empty store without photos, to restore a backup into."""
        self._clear()
        shutil.copyfile(self._empty, self.data / FILE)

    def _clear(self) -> None:
        for db in SimDatabase.opened:
            db.let_go()
        for name in (FILE, f"{FILE}-wal", f"{FILE}-shm"):
            (self.data / name).unlink(missing_ok=True)
        for name in FOLDERS:
            _empty(self.data / name)

    def copy(self, name: str) -> None:
        """Put the database and the photos aside as they are now."""
        target = self._aside / name
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir(parents=True)
        self._checkpoint()
        shutil.copyfile(self.data / FILE, target / FILE)
        shutil.copytree(self.data / "blobs", target / "blobs")

    def restore(self, name: str, *, photos: bool) -> None:
        """The database as it was put aside, as if nothing had happened since; `photos` too, or those stay."""
        for db in SimDatabase.opened:
            db.let_go()
        for ending in ("-wal", "-shm"):
            (self.data / f"{FILE}{ending}").unlink(missing_ok=True)
        shutil.copyfile(self._aside / name / FILE, self.data / FILE)
        if photos:
            shutil.rmtree(self.data / "blobs")
            shutil.copytree(self._aside / name / "blobs", self.data / "blobs")

    def power_cut(self) -> None:
        """What was not synced is gone: of a write-ahead log that is not synced at each commit, all of it."""
        if any(_synchronous(db) < FULL for db in SimDatabase.opened):
            kept = (
                self.data / FILE
            ).read_bytes()  # before connections close: the last one takes the log over
            for db in SimDatabase.opened:
                db.let_go()
            for ending in ("-wal", "-shm"):
                (self.data / f"{FILE}{ending}").unlink(missing_ok=True)
            (self.data / FILE).write_bytes(kept)

    def _checkpoint(self) -> None:
        for db in SimDatabase.opened:
            db.let_go()
        with sqlite3.connect(self.data / FILE) as conn:
            conn.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        conn.close()

    # Faults ---------------------------------------------------------------------------------------------------

    def arm(self, fault: dict[str, Any] | None) -> None:
        """`{"kind": "before"|"after"|"full"|"full-commit"|"full-file", "nth": 0}` for the request that follows."""
        self._fault, self.fired = dict(fault or {}), False

    def _is_hit(self, kind: str) -> bool:
        if self._fault.get("kind") != kind:
            return False
        self._fault["nth"] -= 1
        hit = self._fault["nth"] < 0 and (not self.fired or bool(self._fault.get("lasting")))
        self.fired |= hit
        return hit

    def watch(self, db: SimDatabase) -> None:
        """Let the faults happen on the writing connection of a worker."""
        engine = db.engines[0]

        @event.listens_for(engine, "commit")
        def _(conn: Any) -> None:
            if self._is_hit("before"):
                raise Crash
            if self._is_hit("full-commit"):
                raise _disk_full("COMMIT")
            if self._is_hit("after"):
                conn.connection.driver_connection.execute("COMMIT")
                raise Crash

        @event.listens_for(engine, "before_cursor_execute")
        def _(conn: Any, _cursor: Any, statement: str, *_rest: Any) -> None:
            if statement.startswith(("INSERT", "UPDATE")) and self._is_hit("full"):
                if self._fault.get("whole"):
                    conn.connection.driver_connection.execute("ROLLBACK")
                raise _disk_full(statement)

    def on_file_job(self) -> None:
        """Called before the server does something with files."""
        if self._is_hit("full-file"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        if self._is_hit("crash-file"):
            raise Crash


FULL = 2


def _synchronous(db: SimDatabase) -> int:
    with db.engines[0].connect() as conn:
        value: int = conn.execute(text("PRAGMA synchronous")).scalar_one()
    return value


def _disk_full(statement: str) -> OperationalError:
    return OperationalError(statement, {}, sqlite3.OperationalError("database or disk is full"))


def _empty(folder: Path) -> None:
    """Without the folder itself: the application made it once."""
    if folder.is_dir():
        for entry in folder.iterdir():
            if entry.is_dir():
                shutil.rmtree(entry)
            else:
                entry.unlink()

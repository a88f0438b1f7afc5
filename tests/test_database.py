"""The writer lane of SQLite: what it says is durable is durable, also when the store gives up on a whole group."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from app.database import Database, table
from app.errors import Unavailable
from app.sync.tables import ServerFact

_fact = table(ServerFact)


def _note(name: str) -> Callable[[Connection], str]:
    def work(conn: Connection) -> str:
        conn.execute(_fact.insert().values(name=name, value=""))
        return name

    return work


def _fails(_: Connection) -> str:
    raise ValueError("this job alone")


def _store_gives_up(conn: Connection) -> str:
    """What SQLite may do when the disk is full: the whole transaction is rolled back, not the statement."""
    conn.exec_driver_sql("ROLLBACK")
    raise OSError("disk full")


def as_one_group(db: Database, *jobs: Callable[[Connection], Any]) -> "list[Future[Any]]":
    """Submit jobs while the lane is busy, so that it commits them together."""
    busy, go = threading.Event(), threading.Event()

    def hold(_: Connection) -> None:
        busy.set()
        go.wait(10)

    held = db._lane.submit(hold)
    busy.wait(10)
    futures = [db._lane.submit(job) for job in jobs]
    go.set()
    held.result(10)
    return futures


def _names(db: Database) -> set[str]:
    return set(db.read_now(lambda conn: conn.execute(select(_fact.c.name)).scalars()))


def test_a_job_that_fails_takes_back_only_itself(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    first, failing, last = as_one_group(db, _note("first"), _fails, _note("last"))
    assert (first.result(10), last.result(10)) == ("first", "last")
    with pytest.raises(ValueError, match="this job alone"):
        failing.result(10)
    assert _names(db) == {"first", "last"}
    db.close()


def test_nothing_is_acknowledged_when_the_store_rolled_the_group_back(sqlite_url: str) -> None:
    db = Database(sqlite_url)
    first, failing, last = as_one_group(db, _note("first"), _store_gives_up, _note("last"))
    for future in (first, failing, last):
        with pytest.raises(Unavailable):
            future.result(10)
    assert _names(db) == set()
    assert db.write_now(_note("after")) == "after", "the lane lives on"
    assert db.read_now(lambda conn: conn.execute(select(func.count()).select_from(_fact)).scalar()) == 1
    db.close()

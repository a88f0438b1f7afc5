"""One door to the store: SQLite through a single writer lane, PostgreSQL through a small pool.

Work is a plain function of a SQLAlchemy `Connection` that runs inside one transaction, on a thread; the same function serves
both stores. The lane exists because threads that fight for SQLite's write lock wait seconds at the 99th percentile; one
lane that commits what is waiting as a group does not.
"""

import asyncio
import errno
import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final, TypeVar

import psycopg
from alembic import command
from alembic.config import Config
from psycopg.errors import DeadlockDetected, DiskFull
from sqlalchemy import (
    Connection,
    Engine,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.pool import QueuePool
from sqlalchemy.types import TypeDecorator, TypeEngine
from sqlmodel import SQLModel

from app.errors import Unavailable

T = TypeVar("T")

NAMING: Final = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLModel.metadata.naming_convention = NAMING
metadata: MetaData = SQLModel.metadata

QUEUE_LIMIT = 2_000
"""Jobs that may wait for the writer; one more is told to come back."""
GROUP_LIMIT = 64
"""Jobs that one SQLite transaction may carry."""
THREADS = 4
ATTEMPTS = 4
"""Runs of a job that PostgreSQL ends because it deadlocks with another."""


class Bytewise(TypeDecorator[str]):
    """Text that compares by its bytes on every store: identifiers must sort alike on SQLite and PostgreSQL."""

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Any) -> TypeEngine[Any]:
        """PostgreSQL would use the database's collation."""
        collation = "C" if dialect.name == "postgresql" else None
        text: TypeEngine[Any] = dialect.type_descriptor(Text(collation=collation))
        return text


def table(model: type[SQLModel]) -> Table:
    """The table of a model, for set-based SQL."""
    return metadata.tables[str(model.__tablename__)]


class Database:
    """A store by its URL. `write` and `read` are awaited; `write_now` and `read_now` serve commands and tests."""

    def __init__(self, url: str) -> None:
        """Open nothing yet; `sqlite:///path` or `postgresql+psycopg://…`."""
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._readers = ThreadPoolExecutor(THREADS, "read")
        self._read_engine = _engine(url, writes=False)
        self._write_engine = _engine(url, writes=True)
        self._lane = _Lane(self._write_engine) if self.is_sqlite else _Pool(self._write_engine)

    async def write(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a write transaction; what it returns is durable. Unavailable if too much is waiting."""
        return await asyncio.wrap_future(self._lane.submit(work))

    async def read(self, work: Callable[[Connection], T]) -> T:
        """Run `work` in a transaction that sees one state of the store."""
        return await asyncio.wrap_future(self._readers.submit(self.read_now, work))

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """`write` for code that may block."""
        return self._lane.submit(work).result()

    def read_now(self, work: Callable[[Connection], T]) -> T:
        """`read` for code that may block."""
        with self._read_engine.connect() as conn, conn.begin():
            return work(conn)

    def close(self) -> None:
        """Finish what is waiting and let go of every connection."""
        self._lane.close()
        self._readers.shutdown()
        self._read_engine.dispose()
        self._write_engine.dispose()


class _Pool:
    """Writers of PostgreSQL: its row locks put them in order."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._threads = ThreadPoolExecutor(THREADS, "write")
        self._waiting = threading.BoundedSemaphore(QUEUE_LIMIT)

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        if not self._waiting.acquire(blocking=False):
            raise Unavailable(retry_after=1)
        future = self._threads.submit(self._run, work)
        future.add_done_callback(lambda _: self._waiting.release())
        return future

    def _run(self, work: Callable[[Connection], T]) -> T:
        """Jobs that lock in another order than each other are rare but lawful: the one that loses runs again."""
        for _ in range(ATTEMPTS - 1):
            try:
                return self._once(work)
            except OperationalError as error:
                if not isinstance(error.orig, DeadlockDetected):
                    raise
        return self._once(work)

    def _once(self, work: Callable[[Connection], T]) -> T:
        with self._engine.begin() as conn:
            return work(conn)

    def close(self) -> None:
        self._threads.shutdown()


class _Lane:
    """The one writer of SQLite. What waits is committed as a group; a job that fails takes back only itself."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._jobs: queue.Queue[tuple[Callable[[Connection], Any], Future[Any]] | None] = queue.Queue(
            QUEUE_LIMIT
        )
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        future: Future[T] = Future()
        try:
            self._jobs.put_nowait((work, future))
        except queue.Full:
            raise Unavailable(retry_after=1) from None
        return future

    def close(self) -> None:
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while True:
            group, is_last = self._next_group()
            if group:
                self._commit(group)
            if is_last:
                return

    def _next_group(self) -> tuple[list[tuple[Callable[[Connection], Any], Future[Any]]], bool]:
        group = []
        job = self._jobs.get()
        while job is not None:
            if job[1].set_running_or_notify_cancel():
                group.append(job)
            if len(group) >= GROUP_LIMIT:
                return group, False
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _commit(self, group: list[tuple[Callable[[Connection], Any], Future[Any]]]) -> None:
        done: list[tuple[Future[Any], Any]] = []
        try:
            with self._engine.begin() as conn:
                for work, future in group:
                    _attempt(conn, work, future, done, is_alone=len(group) == 1)
        except Exception as error:  # noqa: BLE001 - nothing is on the disk: nobody in the group may believe otherwise
            for _, future in group:
                if not future.done():
                    future.set_exception(error)
            return
        for future, result in done:
            future.set_result(result)


def _attempt(
    conn: Connection,
    work: Callable[[Connection], T],
    future: "Future[T]",
    done: list[tuple["Future[T]", T]],
    *,
    is_alone: bool,
) -> None:
    """Run one job of a group in a savepoint, which one alone can do without. Unavailable if the store has given up on all.

    On a full disk SQLite may roll back the transaction instead of the statement. The driver would then commit nothing
    without a word, and jobs that ran before would be acknowledged and lost (invariant I12).
    """
    driver: Any = conn.connection.driver_connection
    try:
        with nullcontext() if is_alone else conn.begin_nested():
            result = work(conn)
        done.append((future, result))
    except Exception as error:
        if not driver.in_transaction:
            raise Unavailable(retry_after=1) from error
        if is_alone:
            raise
        future.set_exception(error)


OUTAGES: Final = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PROTOCOL,
    }
)
"""What SQLite says of its surroundings; its other errors are about the statement."""


def outage_of(error: Exception) -> Unavailable | None:
    """What to tell a caller whose request failed because the store or the disk is out of order; None: it is not.

    Nothing of the request was acknowledged. It may have been done all the same, where the answer to a COMMIT was lost:
    sent again, it gets the result of the first time.
    """
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return Unavailable("the disk is full", retry_after=60)
    if isinstance(cause, psycopg.OperationalError):
        return Unavailable(retry_after=60 if isinstance(cause, DiskFull) else 5)
    if isinstance(cause, sqlite3.OperationalError):
        code = getattr(cause, "sqlite_errorcode", 0) & 0xFF  # the rest says which kind of it
        is_full = code == sqlite3.SQLITE_FULL
        return Unavailable(retry_after=60 if is_full else 5) if code in OUTAGES else None
    return None


def _engine(url: str, *, writes: bool) -> Engine:
    """What failed is told without its parameters: they are what people recorded, and end up in the log."""
    if make_url(url).get_backend_name() != "sqlite":
        # A reader sees one state of the store from its first statement to its last; a snapshot depends on it.
        isolation = "READ COMMITTED" if writes else "REPEATABLE READ"
        options = "-c synchronous_commit=on -c timezone=UTC"
        return create_engine(
            url,
            isolation_level=isolation,
            pool_size=THREADS,
            max_overflow=0,
            connect_args={"options": options},
            hide_parameters=True,
        )
    engine = create_engine(
        url, poolclass=QueuePool, pool_size=1 if writes else THREADS, max_overflow=0, hide_parameters=True
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: Any) -> None:
        # The driver must not open transactions of its own: a deferred one that reads and then writes fails at once.
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=10000"):
            connection.execute(f"PRAGMA {pragma}")

    def begin(dbapi_connection: Any) -> None:
        dbapi_connection.execute("BEGIN IMMEDIATE" if writes else "BEGIN")

    # Here and not at the event of that name: there SQLAlchemy would make a context and a result for it, in each transaction.
    engine.dialect.do_begin = begin  # type: ignore[method-assign]
    return engine


def migrate(url: str, revision: str = "head") -> None:
    """Bring the store at `url` to a revision of its schema, upwards or (`base`, `-1`) downwards."""
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent.parent / "migrations"))
    config.set_main_option("sqlalchemy.url", url.replace("%", "%%"))
    go = command.downgrade if revision == "base" or revision.startswith("-") else command.upgrade
    go(config, revision)

"""The server's surroundings inside the simulator: an event loop, a writer lane and chance without threads or real time."""

import asyncio
import os
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import suppress
from random import Random
from types import ModuleType
from typing import Any, ClassVar, TypeVar

import anyio.to_thread
from sqlalchemy import Connection, Engine

import app.clock
from app.database import Database, _Lane, _Pool

T = TypeVar("T")


class Clock:
    """What `app.clock` reads instead of the time: milliseconds that only the driver moves."""

    def __init__(self) -> None:
        """At the beginning of time."""
        self.now = 0

    def time_ns(self) -> int:
        """As `time.time_ns`."""
        return self.now * 1_000_000


clock = Clock()
chance = Random()


class Crash(BaseException):
    """The server's process ends here; nothing below may catch it."""


class Loop(asyncio.SelectorEventLoop):
    """Time is the driver's; what the application gives to a thread is done at once.

    `on_file_job` is called before each such job and may raise what a full disk would.
    """

    on_file_job: Callable[[], None] = staticmethod(lambda: None)

    def time(self) -> float:
        """Seconds of simulated time."""
        return clock.now / 1000

    def run_in_executor(  # type: ignore[override]
        self, _executor: Any, func: Callable[..., T], *args: Any
    ) -> "asyncio.Future[T]":
        """Run `func` now."""
        future: asyncio.Future[T] = self.create_future()
        try:
            self.on_file_job()
            future.set_result(func(*args))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits
            future.set_exception(error)
        return future


class GroupLane(_Lane):
    """The real lane without its thread: what waits when the loop comes to rest is one group."""

    def __init__(self, engine: Engine) -> None:
        """Nothing waits."""
        self._engine = engine
        self._waiting: list[tuple[Callable[[Connection], Any], Future[Any]]] = []

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Wait for the next flush."""
        future: Future[T] = Future()
        self._waiting.append((work, future))
        return future

    def flush(self) -> bool:
        """Commit what waits; whether there was anything."""
        group, self._waiting = self._waiting, []
        if group:
            self._commit(group)
        return bool(group)

    def forget(self) -> None:
        """The process is gone."""
        self._waiting.clear()

    def close(self) -> None:
        """There is no thread to end."""


class InlinePool(_Pool):
    """PostgreSQL's writers one after the other."""

    def submit(self, work: Callable[[Connection], T]) -> "Future[T]":
        """Run now."""
        future: Future[T] = Future()
        try:
            future.set_result(self._run(work))
        except Exception as error:  # noqa: BLE001 - it belongs to whoever awaits
            future.set_exception(error)
        return future


class SimDatabase(Database):
    """The real store, run on the loop's own thread."""

    opened: ClassVar[list["SimDatabase"]] = []

    def __init__(self, url: str) -> None:
        """Open nothing yet."""
        super().__init__(url)
        self._lane.close()
        self._lane = GroupLane(self._write_engine) if self.is_sqlite else InlinePool(self._write_engine)
        SimDatabase.opened.append(self)

    @property
    def engines(self) -> tuple[Engine, Engine]:
        """For writing and for reading."""
        return self._write_engine, self._read_engine

    def flush(self) -> bool:
        """Commit what waits for the writer."""
        return isinstance(self._lane, GroupLane) and self._lane.flush()

    async def read(self, work: Callable[[Connection], T]) -> T:
        """As the real one, without a thread."""
        return self.read_now(work)

    def write_now(self, work: Callable[[Connection], T]) -> T:
        """As the real one: what waits is committed with it."""
        future = self._lane.submit(work)
        self.flush()
        return future.result()

    def let_go(self) -> None:
        """Close every connection as the end of a process does; the engines can be used again."""
        if isinstance(self._lane, GroupLane):
            self._lane.forget()
        for engine in self.engines:
            engine.dispose()


loop = Loop()
# At the size of today's time in seconds a float's step is wider than the default: what is due now would never run.
loop._clock_resolution = 1e-4  # type: ignore[attr-defined]


def settle() -> None:
    """Run the loop and the writers until nothing moves any more at this moment of time."""
    loop.run_until_complete(_settle())


async def _settle() -> None:
    while True:
        await asyncio.sleep(0)
        due = loop._scheduled and loop._scheduled[0]._when <= loop.time()  # type: ignore[attr-defined]
        if loop._ready or due:  # type: ignore[attr-defined]
            continue
        flushed = [
            db.flush() for db in SimDatabase.opened
        ]  # all of them, not only the first that has something
        if not any(flushed):
            return


def finish(work: Awaitable[T]) -> T:
    """Await something that needs nothing from outside."""
    task = asyncio.ensure_future(work, loop=loop)
    settle()
    with suppress(asyncio.InvalidStateError):
        return task.result()
    raise RuntimeError("it waits for what never comes")


async def _inline(func: Callable[..., T], *args: Any, **_options: Any) -> T:
    return func(*args)


def take_over() -> None:
    """Hand clock and chance to everything that asks for them; once a process."""
    _hand_in(app.clock, time=clock)
    _hand_in(anyio.to_thread, run_sync=_inline)
    _hand_in(os, urandom=chance.randbytes)
    _hand_in(
        secrets,
        randbits=chance.getrandbits,
        choice=chance.choice,
        randbelow=chance.randrange,
        token_bytes=lambda n=32: chance.randbytes(n),
        token_hex=lambda n=32: chance.randbytes(n).hex(),
        token_urlsafe=lambda n=32: urlsafe_b64encode(chance.randbytes(n)).rstrip(b"=").decode(),
    )
    asyncio.set_event_loop(loop)


def _hand_in(module: ModuleType, **things: object) -> None:
    """What a module will find under these names from now on."""
    for name, thing in things.items():
        setattr(module, name, thing)

"""How workers on one PostgreSQL wake each other: NOTIFY after a commit, many pushes folded into one.

It is sent on a connection of its own after the push has committed, because a NOTIFY inside the transaction takes a lock on the
whole database at commit. A ring that is lost costs nothing but time: every worker also looks now and then.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress

import psycopg
from sqlalchemy.engine import make_url

CHANNEL = "insats"
FOLD_S = 0.02
RETRY_S = 1.0

_log = logging.getLogger("insats")


class Bell:
    """One worker's end: `ring` tells the others, `listen` is told by them."""

    def __init__(self, url: str) -> None:
        """`url` is the store's, as SQLAlchemy has it."""
        plain = make_url(url).set(drivername="postgresql")
        self._address = plain.render_as_string(hide_password=False)
        self._rung = asyncio.Event()
        self._sender = 0

    def ring(self) -> None:
        """Something was committed; returns at once."""
        self._rung.set()

    async def listen(self, woken: Callable[[], None]) -> None:
        """Call `woken` whenever another worker rings, and after each gap in which a ring may have been lost."""
        while True:
            with suppress(psycopg.Error):
                async with await psycopg.AsyncConnection.connect(self._address, autocommit=True) as conn:
                    await conn.execute(f"LISTEN {CHANNEL}")
                    woken()
                    async for heard in conn.notifies():
                        if heard.pid != self._sender:  # who rang has told its own listeners already
                            woken()
            await asyncio.sleep(RETRY_S)

    async def send(self) -> None:
        """Pass rings on for as long as the worker lives."""
        while True:
            try:
                async with await psycopg.AsyncConnection.connect(self._address, autocommit=True) as conn:
                    self._sender = conn.info.backend_pid
                    while True:
                        await self._rung.wait()
                        await asyncio.sleep(FOLD_S)
                        self._rung.clear()
                        await conn.execute(f"NOTIFY {CHANNEL}")
            except psycopg.Error:
                _log.warning("other workers could not be woken; they find out by looking", exc_info=True)
                await asyncio.sleep(RETRY_S)

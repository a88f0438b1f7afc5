"""Pokes: telling whoever listens that a stream has moved, never what is in it.

A listener that is slow misses nothing: what it has not fetched yet is folded into one poke a stream.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress

from sqlalchemy.exc import SQLAlchemyError

_log = logging.getLogger("insats")

DEVICES = "devices"
"""What a poke about the tablets names in place of a stream."""
LISTENERS = 500
"""Connections that may listen at once to one worker."""


class Listener:
    """One open `GET /events` of a user: the streams that moved since it last looked, and the tablets if it `watches` them."""

    def __init__(self, user: str, *, watches: bool) -> None:
        """Nothing has moved yet."""
        self.user = user
        self.watches = watches
        self._moved: dict[str, int] = {}
        self._wake = asyncio.Event()

    def tell(self, heads: Mapping[str, int]) -> None:
        """Note heads and wake the connection."""
        self._moved.update(heads)
        self._wake.set()

    async def next(self, within_s: float) -> dict[str, int]:
        """The streams that moved, waiting at most `within_s` seconds; empty where none did."""
        try:
            async with asyncio.timeout(within_s):
                await self._wake.wait()
        except TimeoutError:
            return {}
        self._wake.clear()
        moved, self._moved = self._moved, {}
        return moved


class Live:
    """All listeners of this worker, and the heads it last told them."""

    def __init__(self) -> None:
        """Nobody listens."""
        self._listeners: set[Listener] = set()
        self._told: dict[str, int] = {}
        self.wake = asyncio.Event()
        """Set to make `watch` look at once."""

    @property
    def is_full(self) -> bool:
        """Whether one more listener is too many."""
        return len(self._listeners) >= LISTENERS

    def users(self) -> set[str]:
        """Who listens."""
        return {listener.user for listener in self._listeners}

    def join(self, user: str = "", *, watches: bool = False) -> Listener:
        """Begin to listen; `watches` asks for pokes about the tablets too."""
        listener = Listener(user, watches=watches)
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop listening."""
        self._listeners.discard(listener)

    def tell(self, heads: Mapping[str, int]) -> None:
        """Poke everybody about streams whose head lies above the one they were told of."""
        self._poke({s: h for s, h in heads.items() if self._told.get(s, -1) < h})

    def _poke(self, news: Mapping[str, int]) -> None:
        if news:
            self._told.update(news)
            for listener in self._listeners:
                listener.tell(news)

    def tell_of_tablets(self) -> None:
        """Poke those who watch the tablets: one was heard of. There is no head to tell."""
        for listener in self._listeners:
            if listener.watches:
                listener.tell({DEVICES: 0})

    async def watch(self, heads: Callable[[], Awaitable[dict[str, int]]], every: float) -> None:
        """Compare with the store when woken and every few seconds: other processes write to it too."""
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(every):
                    await self.wake.wait()
            self.wake.clear()
            if not self._listeners:
                continue
            told = dict(self._told)
            try:
                found = await heads()
                # What had been told before the look lies in the store: a head below it is another past. One below what was
                # told meanwhile is only older, and would be told twice.
                self._poke({s: h for s, h in found.items() if h < told.get(s, -1)})
                self.tell(found)
            except SQLAlchemyError:
                _log.exception("the heads could not be read; pokes about other processes' pushes wait")

"""Pokes: telling whoever listens that a stream has moved, never what is in it.

A listener that is slow misses nothing: what it has not fetched yet is folded into one poke a stream.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping

LISTENERS = 500
"""Connections that may listen at once to one worker."""


class Listener:
    """One open `GET /events`: the streams that moved since it last looked."""

    def __init__(self) -> None:
        """Nothing has moved yet."""
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

    @property
    def is_full(self) -> bool:
        """Whether one more listener is too many."""
        return len(self._listeners) >= LISTENERS

    def join(self) -> Listener:
        """Begin to listen."""
        listener = Listener()
        self._listeners.add(listener)
        return listener

    def leave(self, listener: Listener) -> None:
        """Stop listening."""
        self._listeners.discard(listener)

    def tell(self, heads: Mapping[str, int]) -> None:
        """Poke everybody about streams whose head they have not been told yet."""
        news = {s: h for s, h in heads.items() if self._told.get(s) != h}
        if news:
            self._told.update(news)
            for listener in self._listeners:
                listener.tell(news)

    def poke(self, topics: Iterable[str]) -> None:
        """Poke about something that has no head, such as the list of tablets."""
        for listener in self._listeners:
            listener.tell(dict.fromkeys(topics, 0))

    async def watch(self, heads: Callable[[], Awaitable[dict[str, int]]], every: float) -> None:
        """The backstop: compare with the store now and then, since other processes write to it too."""
        while True:
            await asyncio.sleep(every)
            if self._listeners:
                self.tell(await heads())

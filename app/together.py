"""Asks of the same moment, answered together: while one batch is under way, the next one gathers.

A statement costs the same for one tablet as for fifty; a crowd that comes back at once is answered in as many batches as fit
into the time, not in one for each of its requests. Who is alone waits for nobody.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from app.errors import Unavailable

A = TypeVar("A")
R = TypeVar("R")

WAITING_LIMIT = 2_000
"""Asks that may wait; one more is told to come back."""


class Together(Generic[A, R]):
    """Gathers what is asked. All of it happens on the event loop of one worker; one batch is under way at a time."""

    def __init__(
        self,
        answer: Callable[[Sequence[A]], Awaitable[Sequence[R]]],
        most: int,
        weight: Callable[[A], int] = lambda _: 1,
    ) -> None:
        """`answer` answers a batch in its order. A batch weighs at most `most`, unless one ask alone weighs more."""
        self._answer, self._most, self._weight = answer, most, weight
        self._waiting: deque[tuple[A, asyncio.Future[R]]] = deque()
        self._under_way: asyncio.Task[None] | None = None

    async def ask(self, one: A) -> R:
        """The answer to `one`, or what went wrong with it. Unavailable if too much is waiting."""
        if len(self._waiting) >= WAITING_LIMIT:
            raise Unavailable(retry_after=1)
        future: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.append((one, future))
        if self._under_way is None:
            self._under_way = asyncio.create_task(self._run())
        return await future

    async def _run(self) -> None:
        try:
            while self._waiting:
                await self._try(self._next())
        finally:
            self._under_way = None

    def _next(self) -> list[tuple[A, "asyncio.Future[R]"]]:
        batch = [self._waiting.popleft()]
        weight = self._weight(batch[0][0])
        while self._waiting and weight + self._weight(self._waiting[0][0]) <= self._most:
            batch.append(self._waiting.popleft())
            weight += self._weight(batch[-1][0])
        return batch

    async def _try(self, batch: list[tuple[A, "asyncio.Future[R]"]]) -> None:
        """Answer a batch; where that fails each by itself, so that one which cannot be answered takes no other along."""
        try:
            answers = await self._answer([one for one, _ in batch])
        except Exception as error:  # noqa: BLE001 - it belongs to whoever asked
            if len(batch) == 1:
                _fail(batch[0][1], error)
                return
            for each in batch:
                await self._try([each])
            return
        for (_, future), answer in zip(batch, answers, strict=True):
            if not future.done():  # whoever asked may have gone
                future.set_result(answer)


def _fail(future: "asyncio.Future[R]", error: Exception) -> None:
    if not future.done():
        future.set_exception(error)

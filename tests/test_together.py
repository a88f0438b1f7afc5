"""Asks of the same moment are answered together, each as if it had been alone."""

import asyncio
from collections.abc import Sequence

import pytest

from app.errors import Unavailable
from app.together import WAITING_LIMIT, Together


async def _asked(batches: list[list[int]], asks: Sequence[int], most: int = 100) -> list[object]:
    """The answers to what is asked at once: the double of each, but for 13, which cannot be answered."""

    async def answer(batch: Sequence[int]) -> list[int]:
        batches.append(list(batch))
        await asyncio.sleep(0)
        if 13 in batch:
            raise ValueError("13")
        return [2 * one for one in batch]

    together = Together(answer, most, weight=lambda one: one)
    return list(await asyncio.gather(*map(together.ask, asks), return_exceptions=True))


def test_what_is_asked_at_once_is_one_batch_in_its_order() -> None:
    batches: list[list[int]] = []
    assert asyncio.run(_asked(batches, [3, 1, 2])) == [6, 2, 4]
    assert batches == [[3, 1, 2]]


def test_a_batch_weighs_no_more_than_it_may_unless_one_ask_does() -> None:
    batches: list[list[int]] = []
    assert asyncio.run(_asked(batches, [4, 6, 1, 30, 2], most=10)) == [8, 12, 2, 60, 4]
    assert batches == [[4, 6], [1], [30], [2]]


def test_one_that_cannot_be_answered_takes_no_other_along() -> None:
    batches: list[list[int]] = []
    first, failed, last = asyncio.run(_asked(batches, [1, 13, 2]))
    assert (first, last) == (2, 4)
    assert isinstance(failed, ValueError)
    assert batches == [[1, 13, 2], [1], [13], [2]]


def test_what_is_asked_meanwhile_is_the_next_batch_and_who_left_holds_nobody_up() -> None:
    async def play() -> tuple[list[list[int]], int, int]:
        batches: list[list[int]] = []
        go = asyncio.Event()

        async def answer(batch: Sequence[int]) -> list[int]:
            batches.append(list(batch))
            await go.wait()
            return list(batch)

        together = Together(answer, 10)
        first, gone = (asyncio.create_task(together.ask(n)) for n in (1, 2))
        await asyncio.sleep(0.01)
        later = asyncio.create_task(together.ask(3))
        gone.cancel()
        await asyncio.sleep(0.01)
        go.set()
        return batches, await first, await later

    assert asyncio.run(play()) == ([[1, 2], [3]], 1, 3)


def test_more_than_may_wait_is_told_to_come_back() -> None:
    async def play() -> None:
        async def never(_: Sequence[int]) -> list[int]:
            await asyncio.Event().wait()
            return []

        together = Together(never, 1)
        waiting = [asyncio.create_task(together.ask(n)) for n in range(WAITING_LIMIT + 1)]
        await asyncio.sleep(0.01)  # one of them is under way
        waiting.append(asyncio.create_task(together.ask(0)))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable):
            await together.ask(0)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(play())

"""Pokes: who listens is told once of every move, and never for long of nothing."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

from sqlalchemy.exc import OperationalError

from app.sync.live import DEVICES, LISTENERS, Listener, Live


def run(play: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(play())


async def heard(listener: Listener) -> dict[str, int]:
    return await listener.next(0.01)


def test_what_moved_between_two_looks_is_folded_into_one_poke_a_stream() -> None:
    async def play() -> None:
        live = Live()
        listener = live.join()
        for head in (1, 2, 3):
            live.tell({"a": head, "b": 1})
        assert await heard(listener) == {"a": 3, "b": 1}
        assert await heard(listener) == {}

    run(play)


def test_a_head_that_was_told_is_not_told_again() -> None:
    async def play() -> None:
        live = Live()
        listener = live.join()
        live.tell({"a": 1})
        await heard(listener)
        live.tell({"a": 1})
        assert await heard(listener) == {}

    run(play)


def test_a_head_that_comes_late_is_not_told_in_place_of_a_later_one() -> None:
    async def play() -> None:
        live = Live()
        listener = live.join()
        live.tell({"a": 6})
        live.tell({"a": 5})
        assert await heard(listener) == {"a": 6}
        assert await heard(listener) == {}

    run(play)


def test_a_look_that_was_overtaken_tells_nothing_and_one_at_another_past_does() -> None:
    async def play() -> None:
        live = Live()
        listener = live.join()
        live.tell({"a": 5, "b": 5})
        await heard(listener)

        async def heads() -> dict[str, int]:
            live.tell({"a": 6})
            return {"a": 5, "b": 3}

        watch = asyncio.create_task(live.watch(heads, 0.01))
        async with asyncio.timeout(5):
            first = await listener.next(5)
            while "b" not in first:
                first |= await listener.next(5)
        watch.cancel()
        assert first == {"a": 6, "b": 3}

    run(play)


def test_who_left_is_told_nothing_and_makes_room() -> None:
    async def play() -> None:
        live = Live()
        listeners = [live.join() for _ in range(LISTENERS)]
        full = [live.is_full]
        live.leave(listeners[0])
        assert [*full, live.is_full] == [True, False]
        live.tell({"a": 1})
        assert await heard(listeners[0]) == {}
        assert await heard(listeners[1]) == {"a": 1}

    run(play)


def test_only_who_watches_the_tablets_is_poked_about_them() -> None:
    async def play() -> None:
        live = Live()
        board, tablet = live.join(watches=True), live.join()
        live.tell_of_tablets()
        assert await heard(board) == {DEVICES: 0}
        assert await heard(tablet) == {}

    run(play)


def watched(heads: Callable[[], Awaitable[dict[str, int]]]) -> dict[str, int]:
    """What a listener hears of a store that is watched."""
    told: dict[str, int] = {}

    async def play() -> None:
        live = Live()
        listener = live.join()
        watch = asyncio.create_task(live.watch(heads, 0.01))
        async with asyncio.timeout(5):
            told.update(await listener.next(5))
        watch.cancel()

    run(play)
    return told


def test_the_pushes_of_other_processes_are_found_by_looking() -> None:
    async def heads() -> dict[str, int]:
        return {"a": 7}

    assert watched(heads) == {"a": 7}


def test_a_store_that_fails_once_does_not_end_the_watch() -> None:
    calls = 0

    async def heads() -> dict[str, int]:
        nonlocal calls
        calls += 1
        if calls < 3:
            raise OperationalError("SELECT", {}, Exception("the server went away"))
        return {"a": 7}

    assert watched(heads) == {"a": 7}

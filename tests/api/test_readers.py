"""Who may be told of a push: what the push itself has seen counts for those who wait for it, and for nobody else."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from app.auth.accounts import revoke
from app.clock import now_ms
from app.settings import Limits
from app.sync.identity import server_key
from app.sync.live import Listener
from app.sync.service import Caller, Sync
from tests.api.evening import REF, Evening, Tablet, ndjson, recorded
from tests.sync.world import SHARED, VISIT


class Watched(Sync):
    """An engine whose reads and writes can be listened to."""

    def __init__(self, night: Evening) -> None:
        super().__init__(night.db, server_key(night.data), night.data, Limits(), [])
        self.looks = 0

    async def _read_readers(self) -> set[tuple[str, str]]:
        self.looks += 1
        return await super()._read_readers()


@pytest.fixture
def alva(night: Evening) -> Tablet:
    return recorded(night, 1)


def play(night: Evening, scene: Callable[[Watched], Coroutine[Any, Any, None]]) -> None:
    async def whole() -> None:
        await scene(Watched(night))

    asyncio.run(whole())


def caller(tablet: Tablet) -> Caller:
    return Caller(tablet.user, "LAGLED", tablet.person.id)


def moved_by(alva: Tablet) -> bytes:
    return ndjson([alva.person.seal(SHARED, alva.person.change(VISIT, "persons", 7))])


async def waits(sync: Sync, listener: Listener, then: Callable[[], None] | None = None) -> bool:
    """Whether a listener is to be told of what woke it; between the two it does `then`, and lets others go first."""
    moved = await listener.next(5)
    assert set(moved) == {SHARED}
    if then is not None:
        await asyncio.sleep(0)
        then()
    return (listener.user, SHARED) in await sync.readers(listener.user, moved)


def test_who_waits_is_told_by_what_the_push_has_seen(night: Evening, alva: Tablet) -> None:
    async def scene(sync: Watched) -> None:
        users = ("alva", "bo", "cia", "nobody")
        ears = [asyncio.create_task(waits(sync, sync.live.join(user))) for user in users]
        await asyncio.sleep(0)
        await sync.push(caller(alva), moved_by(alva))
        assert await asyncio.gather(*ears) == [True, True, True, False]
        assert sync.looks == 0

    play(night, scene)


def test_who_lost_the_stream_before_the_push_is_not_told(night: Evening, alva: Tablet) -> None:
    async def scene(sync: Watched) -> None:
        ear = asyncio.create_task(waits(sync, sync.live.join("bo")))
        await asyncio.sleep(0)
        night.db.write_now(lambda conn: revoke(conn, SHARED, "bo", now_ms()))
        await sync.push(caller(alva), moved_by(alva))
        assert not await ear

    play(night, scene)


def test_who_is_slow_looks_again_and_is_told_as_it_is_then(night: Evening, alva: Tablet) -> None:
    def lose() -> None:
        night.db.write_now(lambda conn: revoke(conn, SHARED, "bo", now_ms()))

    async def scene(sync: Watched) -> None:
        ear = asyncio.create_task(waits(sync, sync.live.join("bo"), lose))
        await asyncio.sleep(0)
        await sync.push(caller(alva), moved_by(alva))
        assert not await ear
        assert sync.looks == 1

    play(night, scene)


def test_who_began_to_listen_while_the_push_was_under_way_looks_itself(
    night: Evening, alva: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(sync: Watched) -> None:
        ears: list[asyncio.Task[bool]] = []
        write = night.db.write

        async def written(work: Any) -> Any:
            done = await write(work)
            ears.append(asyncio.create_task(waits(sync, sync.live.join("bo"))))
            await asyncio.sleep(0)
            return done

        monkeypatch.setattr(night.db, "write", written)
        await sync.push(caller(alva), moved_by(alva))
        assert await ears[0]
        assert sync.looks == 1

    play(night, scene)


def test_what_a_push_has_seen_says_nothing_of_other_streams(
    night: Evening, alva: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def scene(sync: Watched) -> None:
        listener = sync.live.join("bo")
        write = night.db.write

        async def hears() -> set[tuple[str, str]]:
            moved = await listener.next(5)
            assert set(moved) == {SHARED, REF}
            return await sync.readers("bo", moved)

        async def written(work: Any) -> Any:
            done = await write(work)
            listener.tell({REF: 1})
            return done

        monkeypatch.setattr(night.db, "write", written)
        ear = asyncio.create_task(hears())
        await asyncio.sleep(0)
        await sync.push(caller(alva), moved_by(alva))
        assert {("bo", SHARED), ("bo", REF)} <= await ear
        assert sync.looks == 1

    play(night, scene)

"""Workers on one PostgreSQL wake each other without waiting for the backstop."""

import asyncio

from app.sync.bell import Bell


def test_a_ring_reaches_the_other_worker_at_once_and_many_are_folded(postgresql_url: str) -> None:
    async def play() -> tuple[int, int]:
        mine, theirs = Bell(postgresql_url), Bell(postgresql_url)
        heard, woken = 0, asyncio.Event()

        def wake() -> None:
            nonlocal heard
            heard += 1
            woken.set()

        jobs = [asyncio.create_task(theirs.listen(wake)), asyncio.create_task(mine.send())]
        async with asyncio.timeout(10):
            await woken.wait()  # listening has begun
            before = heard
            woken.clear()
            for _ in range(100):
                mine.ring()
            await woken.wait()
        await asyncio.sleep(0.3)
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)
        return before, heard

    before, heard = asyncio.run(play())
    assert 1 <= heard - before <= 3

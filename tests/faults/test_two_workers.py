"""PostgreSQL with two workers that lose each other's notifications, and the connections that they write through."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from random import Random

import orjson
import psycopg
import pytest

from app.database import Database
from app.main import POLL_S
from app.sync.bell import CHANNEL
from tests.api.evening import Tablet, furnish
from tests.e2e.backend import Backend
from tests.kills.judge import judge
from tests.kills.servers import environment
from tests.kills.writers import Writer
from tests.sync.test_concurrency import http_tablets
from tests.sync.world import SHARED, VISIT, World

SLACK_S = 2.0
"""What a busy machine may add to the interval of the look around."""
SECONDS = 5.0
PUSHES = 5


class Worker(Backend):
    """One process of several over a database; its modules are compiled once."""

    def environment(self) -> dict[str, str]:
        """What it runs under."""
        return environment() | super().environment() | {"PYTHONDONTWRITEBYTECODE": ""}


@pytest.fixture
def workers(postgresql_url: str, tmp_path: Path) -> Iterator[list[Backend]]:
    """Two of them, ready."""
    db = Database(postgresql_url)
    furnish(db, tmp_path)
    db.close()
    with ExitStack() as stack:
        made: list[Backend] = [Worker(tmp_path, postgresql_url, "") for _ in range(2)]
        for worker in made:
            stack.callback(worker.stop)
            worker.start()
        yield made


@contextmanager
def ending(url: str, which: str) -> Iterator[list[int]]:
    """End again and again every connection whose last statement is like `which`; the process ids that were ended."""
    ended: list[int] = []
    stop = threading.Event()
    query = (
        "SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query LIKE %s"
    )

    def work() -> None:
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as conn:
            while not stop.wait(0.05):
                ended.extend(row[0] for row in conn.execute(query, [which]))

    with ThreadPoolExecutor(1) as pool:
        job = pool.submit(work)
        try:
            yield ended
        finally:
            stop.set()
    job.result()


@contextmanager
def listening(tablet: Tablet) -> Iterator[Callable[[], dict[str, int]]]:
    """The pokes of one tablet; what is yielded waits for the next one."""
    headers = {"Authorization": f"Bearer {tablet.token}", "Insats-Actor": tablet.person.id}
    with tablet.client.stream("GET", "/api/v1/events", headers=headers) as answer:
        lines = answer.iter_lines()
        assert next(lines) == ": hello"

        def poke() -> dict[str, int]:
            line = next(line for line in lines if line.startswith("data: "))
            told: dict[str, int] = orjson.loads(line.removeprefix("data: "))
            return told

        yield poke


def test_without_any_notification_a_poke_comes_with_the_next_look_around(
    workers: list[Backend], postgresql_url: str
) -> None:
    """Both ends of every bell are ended as soon as they are there, so none of them ever rings."""
    world = World(postgresql_url)
    with ExitStack() as stack:
        writer, reader = http_tablets(world, workers, stack, ["alva", "bo"])
        poke = stack.enter_context(listening(reader))
        ended = stack.enter_context(ending(postgresql_url, f"%{CHANNEL}"))
        waits = []
        for number in range(PUSHES):
            commit = writer.person.seal(SHARED, writer.person.change(VISIT, "persons", number))
            answer = writer.push(commit)
            began = time.monotonic()
            head = answer.json()["results"][0]["seq"]
            while poke() != {"stream": SHARED, "head": head}:
                assert time.monotonic() < began + 10 * SLACK_S
            waits.append(time.monotonic() - began)
    world.db.close()
    assert ended, "a test of nothing"
    assert max(waits) < POLL_S + SLACK_S, f"pokes came after {[round(w, 2) for w in waits]} s"


def test_writers_on_two_workers_stay_dense_although_their_connections_end(
    workers: list[Backend], postgresql_url: str, tmp_path: Path
) -> None:
    """Any connection may end at any time: in a transaction, at its COMMIT, while it listens."""
    world, chance = World(postgresql_url), Random(5)
    stop, up = threading.Event(), threading.Event()
    up.set()
    with ExitStack() as stack:
        tablets = http_tablets(world, workers, stack, ["alva", "bo", "alva", "bo"])
        writers = [Writer(t, Random(chance.random())) for t in tablets]
        with ThreadPoolExecutor(len(writers)) as pool:
            jobs = [pool.submit(w.work, stop, up, 0.05) for w in writers]
            with ending(postgresql_url, "%SELECT%") as ended:
                time.sleep(SECONDS)
            stop.set()
        for job in jobs:
            job.result()
        deadline = time.monotonic() + 60
        for writer in writers:
            writer.settle(lambda: deadline - time.monotonic())
        assert len(ended) > 5, "a test of nothing"
        assert sum(w.refused for w in writers) > 0, "a test of nothing"
        judge(postgresql_url, tmp_path, writers)
        for tablet in tablets:
            tablet.pull(SHARED)  # refuses a page that is not dense or not chained
        assert len({t.replica.stream(SHARED).digest() for t in tablets}) == 1
    world.db.close()

"""Kills of a real server under load, one after the other over the same store, and the judgement at the end."""

import os
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from typing import Any

import httpx
import orjson

from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database, migrate
from tests.api.evening import enrol, furnish
from tests.kills.cluster import Cluster, cluster
from tests.kills.judge import judge
from tests.kills.servers import READY_S, Mortal, Stage
from tests.kills.writers import CHUNK, Writer
from tests.sync.world import POLICE, SHARED

USERS = ("alva", "bo", "alva", "bo")
PAUSE_S = 0.04
LIVES_S = (0.03, 0.5)
"""Between ready and a kill at a random moment."""
COLD_EVERY = 25
"""One start in so many begins with a new interpreter, as an operator's restart does."""
SETTLE_S = 600.0
LOOK_EVERY = 100
"""Kills after which a long run lets everybody finish, judges the whole store and says where it stands."""


@dataclass
class Campaign:
    """A store, its server, its writers. `kills` counts by what was killed and how."""

    server: Mortal
    writers: list[Writer]
    chance: Random
    cluster: Cluster | None = None
    kills: Counter[str] = field(default_factory=Counter)
    postgres_ready_s: list[float] = field(default_factory=list)
    judged: dict[str, int] = field(default_factory=dict)

    def steps(self) -> None:
        """Kill at each storage call of a push, of a photo's creation, of its first and of its last chunk."""
        for point in self._points("push"):
            self._die_at(point, "push")
        for kind in ("create", "chunk", "last chunk"):
            for point in self._points(kind):
                self._die_at(point, kind)
        self.server.kill()
        self.kills["server"] += 1
        self.server.start(cold=True)
        self.settle()
        self.judge()

    def _points(self, kind: str) -> range:
        """The numbers of the points that a request of this kind passes when nothing kills it."""
        names = orjson.loads(self._request(kind, 0).headers["points"])
        # The last one lies behind the names: the answer is out.
        return range(1, len(names) + 2)

    def _die_at(self, point: int, kind: str) -> None:
        try:
            answer = self._request(kind, point)
            if point > len(orjson.loads(answer.headers["points"])) + 1:
                return  # this request had fewer points than the one that was asked
        except httpx.TransportError:
            pass
        self.server.wait_until_dead()
        self.kills[f"server, {kind}"] += 1
        self.server.start()
        self.settle()

    def _request(self, kind: str, point: int) -> httpx.Response:
        """One request that dies at that point; photos are brought to where it is due beforehand."""
        writer, wish = self.chance.choice(self.writers), {"die-at": str(point)}
        if kind == "push":
            for stream in (SHARED, POLICE, SHARED):
                writer.record(stream)
            answer = writer.send(**wish)
            assert answer is not None
            return answer
        photo = writer.take(2 * CHUNK)
        for _ in range(("create", "chunk", "last chunk").index(kind)):
            writer.carry(photo)
        return writer.carry(photo, **wish)

    def random(self, kills: int) -> None:
        """Kill at random moments while everybody writes: the server, and on PostgreSQL its processes too."""
        for begun in range(0, kills, LOOK_EVERY):
            with self._everybody_writes() as up:
                for number in range(begun, min(begun + LOOK_EVERY, kills)):
                    up.set()
                    time.sleep(self.chance.uniform(*LIVES_S))
                    self._kill_something(up, number)
            self.settle()
            self.judge()
            print(f"{self.kills.total()} kills, every promise kept so far", flush=True)

    def _kill_something(self, up: threading.Event, number: int) -> None:
        if self.cluster is None or self.chance.random() < 0.5:
            up.clear()
            self.server.kill()
            self.kills["server"] += 1
            self.server.start(cold=number % COLD_EVERY == COLD_EVERY - 1)
        elif self.chance.random() < 0.5:
            began = time.monotonic()
            if self.cluster.kill_a_backend():
                self.kills["a process of PostgreSQL"] += 1
                self._wait_until_healthy(began)
        else:
            up.clear()
            began = time.monotonic()
            self.cluster.kill()
            self.kills["PostgreSQL"] += 1
            self.cluster.start()
            self._wait_until_healthy(began)

    def _wait_until_healthy(self, began: float) -> None:
        """The server lives on and finds its store again by itself."""
        with httpx.Client(base_url=self.server.address, timeout=READY_S) as client:
            while not _is_healthy(client):
                assert time.monotonic() < began + READY_S, "the server does not find its store again"
                time.sleep(0.01)
        self.postgres_ready_s.append(time.monotonic() - began)

    @contextmanager
    def _everybody_writes(self) -> Iterator[threading.Event]:
        stop, up = threading.Event(), threading.Event()
        with ThreadPoolExecutor(len(self.writers)) as pool:
            jobs: list[Future[None]] = [pool.submit(w.work, stop, up, PAUSE_S) for w in self.writers]
            try:
                yield up
            finally:
                stop.set()
        for job in jobs:
            job.result()

    def settle(self) -> None:
        """Nobody kills any more: all that was recorded must get through."""
        deadline = time.monotonic() + SETTLE_S
        for writer in self.writers:
            writer.settle(lambda: deadline - time.monotonic())

    def judge(self) -> None:
        """Insist on every promise that was made."""
        self.judged = judge(self.server.url, self.server.data, self.writers)

    def slowest_start(self) -> float:
        """Seconds. Where others keep the processor busy, the clock says more about them: then what a start took of it."""
        is_busy = os.getloadavg()[0] > 2 * (os.cpu_count() or 1)
        return max(self.server.cpu_s if is_busy else self.server.ready_s + self.server.cold_s)

    def report(self) -> dict[str, Any]:
        """The figures, times in seconds."""
        waits = [ms for w in self.writers for ms in w.waits_ms]
        return {
            "kills": dict(self.kills),
            **self.judged,
            "refused": sum(w.refused for w in self.writers),
            "warm start to ready": spread(self.server.ready_s),
            "cold start to ready": spread(self.server.cold_s),
            "processor time of a cold start": spread(self.server.cpu_s),
            "PostgreSQL killed to ready": spread(self.postgres_ready_s),
            "push ms": spread(waits),
        }


def _is_healthy(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def spread(values: Sequence[float]) -> dict[str, float]:
    """Count, median, 99th percentile and maximum."""
    if not values:
        return {}
    each = sorted(values)

    def at(share: float) -> float:
        return round(each[min(len(each) - 1, int(len(each) * share))], 3)

    return {"n": len(each), "p50": at(0.5), "p99": at(0.99), "max": at(1)}


@contextmanager
def campaign(store: str, folder: Path, seed: int) -> Iterator[Campaign]:
    """A campaign over an empty store of a kind, below `folder`."""
    with ExitStack() as stack:
        running = stack.enter_context(cluster()) if store == "postgresql" else None
        url = f"sqlite:///{folder / 'insats.db'}" if running is None else running.url("postgres")
        stage = stack.enter_context(Stage())
        data = folder / "data"
        data.mkdir(parents=True, exist_ok=True)
        migrate(url)
        server, chance = Mortal(stage, data, url), Random(seed)
        made = Campaign(server, [], chance, running)
        made.writers += hire(server, stack, chance)
        yield made
        if server.is_running:
            server.kill()


def hire(server: Mortal, stack: ExitStack, chance: Random) -> list[Writer]:
    """Start the server and enrol the writers at it."""
    db = Database(server.url)
    furnish(db, server.data)
    server.start()
    made = []
    for user in USERS:
        client = stack.enter_context(httpx.Client(base_url=server.address, timeout=READY_S))
        code = db.write_now(partial(mint_code, user=user, now=now_ms(), ttl=600_000))
        made.append(Writer(enrol(client, code, user), Random(chance.getrandbits(60))))
    db.close()
    server.ready_s.clear()  # the stage itself was made ready with the first one
    return made

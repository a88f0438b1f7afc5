"""Merged changes per second through HTTP, beside what the store itself can take of the same rows."""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random

from bench import client, raw
from bench.server import Server, enrol, make_store, running
from bench.shapes import COMMITS, FORM, SHAPES, Shape, Tablet
from bench.stores import empty_stores
from bench.wire import PUSH, Answer, Queue, request

A_REQUEST = COMMITS * FORM
"""Changes in one request."""


@dataclass(frozen=True)
class Measured:
    """One store and shape. Rates are changes per second, times milliseconds of a whole request.

    `server_ms`, `store_ms` (the processes of PostgreSQL) and `client_ms` are what a request took of one core; on a busy
    machine they say more than the rate.
    """

    store: str
    shape: str
    changes: int
    per_s: int
    p50_ms: float
    p99_ms: float
    server_ms: float
    store_ms: float
    client_ms: float
    raw_per_s: int
    ratio: float
    bytes_a_change: float
    load: float


@dataclass(frozen=True)
class Spent:
    """What a number of requests took: seconds of the clock and of the processors, and each request's own."""

    requests: int
    seconds: float
    server: float
    store: float
    client: float
    times: Sequence[float]

    @property
    def per_s(self) -> float:
        """Changes per second."""
        return self.requests * A_REQUEST / self.seconds

    def ms(self, seconds: float) -> float:
        """Milliseconds of a request."""
        return round(1000 * seconds / self.requests, 1)


def measure(store: str, requests: int, connections: int) -> Iterator[Measured]:
    """Push every shape through HTTP, then the rows that this made through the bare driver."""
    with empty_stores(store, 1 + len(SHAPES)) as (folder, [url, *spare]):
        users = [f"u{n}" for n in range(connections * len(SHAPES))]
        enrolments = make_store(url, folder, [stream for stream, _ in SHAPES.values()], users)
        seen: raw.Rows = {name: [] for name in raw.TABLES}
        with running(url, folder) as server:
            for (name, (stream, shape)), empty in zip(SHAPES.items(), spare, strict=True):
                tablets = [enrolled(server, enrolments.pop(), stream, n) for n in range(connections)]
                queues = [queue(tablet, shape, -(-requests // connections)) for tablet in tablets]
                spent = push(server, queues)
                rows, streams = raw.rows_of(url)
                new = {table: sorted(set(rows[table]) - set(seen[table])) for table in rows}
                seen = rows
                limit = raw.seconds_for(empty, new, streams, spent.requests)
                yield _measured(store, name, spent, limit, sum(len(body) for each in queues for body in each))


def _measured(store: str, name: str, spent: Spent, limit: float, size: int) -> Measured:
    changes, times = spent.requests * A_REQUEST, sorted(1000 * t for t in spent.times)
    return Measured(
        store,
        name,
        changes,
        round(spent.per_s),
        round(times[len(times) // 2], 1),
        round(times[len(times) * 99 // 100], 1),
        spent.ms(spent.server),
        spent.ms(spent.store),
        spent.ms(spent.client),
        round(changes / limit),
        round(limit / spent.seconds, 3),
        round(size / changes, 1),
        round(os.getloadavg()[0], 2),
    )


def enrolled(server: Server, code: str, stream: str, seed: int) -> tuple[str, Tablet]:
    """A tablet with its token."""
    tablet = Tablet(stream, Random(seed))
    return enrol(server, code, tablet), tablet


def queue(tablet: tuple[str, Tablet], shape: Shape, count: int) -> Queue:
    """So many whole HTTP requests of a tablet, made before anything is measured."""
    token, source = tablet
    return [request("POST", "/commits", token, body, PUSH) for body in source.requests(shape, count)]


def push(server: Server, queues: list[Queue]) -> Spent:
    """Send all queues at once and see to it that every change was merged, or the rate says nothing."""
    before = server.cpu_seconds(), server.store_cpu_seconds()
    heard = client.run(server.port, "push", queues)
    used = server.cpu_seconds() - before[0], server.store_cpu_seconds() - before[1]
    answers = [answer for each in heard.answers for answer in each]
    assert len(answers) == sum(map(len, queues))
    for answer in answers:
        _check(answer)
    return Spent(len(answers), heard.seconds, *used, heard.cpu, [a.seconds for a in answers])


def _check(answer: Answer) -> None:
    assert answer.status == 200, answer.body[:500]
    told = json.loads(answer.body)
    assert not told["errors"], told["errors"][:2]
    assert len(told["results"]) == COMMITS
    assert all(r["seq"] and not r["changes"] for r in told["results"])

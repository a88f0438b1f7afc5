"""`make bench`: merged changes per second through HTTP on both stores, beside what the store itself can take.

Each figure comes from a real server process with one worker, a client process of its own and a durable store (SQLite WAL with
`synchronous=FULL`, PostgreSQL with its default settings on a real disk). Requests are sealed and compressed before the
clock starts.
"""

import argparse
import json
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from bench import client, raw
from bench.server import Server, enrol, make_store, running
from bench.shapes import COMMITS, FORM, Shape, Tablet, counts, form
from tests.postgres import running_postgres

OPERATION = "01639815-0000-7000-8000-000000000003"
SHAPES: dict[str, tuple[str, Shape]] = {
    "form": (f"op/{OPERATION}/KOM_ALK", form),
    "counts": (f"op/{OPERATION}/shared", counts),
}
"""Shape -> the stream it goes into and how it is made."""
MARK = 15_000
MARK_BYTES = 40.0


@dataclass(frozen=True)
class Measured:
    """One store and shape. Rates are changes per second, times milliseconds of a whole request.

    `cpu_ms` is what the server process used of one core; on a busy machine it says more than the rate.
    """

    store: str
    shape: str
    changes: int
    per_s: int
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    store_ms: float
    client_ms: float
    raw_per_s: int
    ratio: float
    bytes_a_change: float


def main() -> None:
    """Measure and print a table and one line of JSON."""
    parser = argparse.ArgumentParser("bench")
    parser.add_argument("--requests", type=int, default=100, help="requests for each store and shape")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--store", choices=["sqlite", "postgresql"])
    options = parser.parse_args()
    load = os.getloadavg()[0]
    print(
        f"{os.cpu_count()} cores, Python {platform.python_version()}, load average before the run {load:.2f}"
    )
    results = []
    for store in [options.store] if options.store else ["sqlite", "postgresql"]:
        with TemporaryDirectory(prefix="insats-bench-") as folder, urls(store, Path(folder)) as (url, spare):
            results += list(measure(store, url, spare, Path(folder), options.requests, options.connections))
    _print(results)
    print(json.dumps({"load": load, "results": [asdict(r) for r in results]}))


@contextmanager
def urls(store: str, folder: Path) -> Iterator[tuple[str, list[str]]]:
    """An empty store for the server, and one for each shape's raw limit."""
    if store == "sqlite":
        yield f"sqlite:///{folder / 'insats.db'}", [f"sqlite:///{folder / shape}.db" for shape in SHAPES]
        return
    with running_postgres(durable=True) as server:
        made = [server.url(server.create_database()) for _ in range(len(SHAPES) + 1)]
        yield made[0], made[1:]


def measure(
    store: str, url: str, spare: list[str], data: Path, requests: int, connections: int
) -> Iterator[Measured]:
    """Push every shape through HTTP, then the rows that this made through the bare driver."""
    users = [f"u{n}" for n in range(connections * len(SHAPES))]
    enrolments = make_store(url, data, [stream for stream, _ in SHAPES.values()], users)
    seen: raw.Rows = {name: [] for name in raw.TABLES}
    with running(url, data) as server:
        for (name, (stream, shape)), empty in zip(SHAPES.items(), spare, strict=True):
            mine = [enrolments.pop() for _ in range(connections)]
            queues, size = prepare(server, mine, stream, shape, -(-requests // connections))
            count = sum(map(len, queues))
            before = server.cpu_seconds(), server.store_cpu_seconds()
            seconds, client_cpu, answers = client.push(server.port, queues)
            cpu, store_cpu = server.cpu_seconds() - before[0], server.store_cpu_seconds() - before[1]
            check(answers, count)
            rows, streams = raw.rows_of(url)
            new = {table: sorted(set(rows[table]) - set(seen[table])) for table in rows}
            seen = rows
            limit = raw.seconds_for(empty, new, streams, count)
            changes = count * COMMITS * FORM
            times = sorted(1000 * t for t, _, _ in answers)
            yield Measured(
                store,
                name,
                changes,
                round(changes / seconds),
                round(times[len(times) // 2], 1),
                round(times[len(times) * 99 // 100], 1),
                round(1000 * cpu / count, 1),
                round(1000 * store_cpu / count, 1),
                round(1000 * client_cpu / count, 1),
                round(changes / limit),
                round(limit / seconds, 3),
                round(size / changes, 1),
            )


def prepare(
    server: Server, enrolments: list[str], stream: str, shape: Shape, each: int
) -> tuple[list[client.Queue], int]:
    """Whole HTTP requests for each connection, and the bytes of their bodies."""
    queues, size = [], 0
    for number, code in enumerate(enrolments):
        tablet = Tablet(stream, Random(number))
        token = enrol(server, code, tablet)
        bodies = list(tablet.requests(shape, each))
        size += sum(map(len, bodies))
        queues.append([_request(token, body) for body in bodies])
    return queues, size


def _request(token: str, body: bytes) -> bytes:
    head = (
        "POST /api/v1/commits HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/x-ndjson\r\n"
        f"Content-Encoding: gzip\r\nAuthorization: Bearer {token}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def check(answers: list[client.Answer], requests: int) -> None:
    """Every change must have been merged, or the rate says nothing."""
    assert len(answers) == requests
    for _, status, body in answers:
        answer = json.loads(body)
        assert status == 200, body[:500]
        assert not answer["errors"], answer["errors"][:2]
        assert len(answer["results"]) == COMMITS
        assert all(r["seq"] and not r["changes"] for r in answer["results"])


def _print(results: list[Measured]) -> None:
    print(
        f"\n{'store':<11}{'shape':<8}{'changes':>9}{'changes/s':>11}{'p50 ms':>9}{'p99 ms':>9}{'cpu ms':>8}{'store':>7}{'client':>7}"
        f"{'raw limit/s':>13}{'ratio':>7}{'bytes/change':>14}"
    )
    for r in results:
        print(
            f"{r.store:<11}{r.shape:<8}{r.changes:>9}{r.per_s:>11}{r.p50_ms:>9}{r.p99_ms:>9}{r.cpu_ms:>8}{r.store_ms:>7}{r.client_ms:>7}"
            f"{r.raw_per_s:>13}{r.ratio:>7}{r.bytes_a_change:>14}"
        )
    forms = [r for r in results if r.shape == "form"]
    is_met = all(r.per_s >= MARK and r.bytes_a_change <= MARK_BYTES for r in forms)
    print(
        f"\nFirst mark, {MARK} changes/s and {MARK_BYTES:.0f} bytes a change in forms: {'met' if is_met else 'MISSED'}\n"
    )


if __name__ == "__main__":
    main()

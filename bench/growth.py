"""Whether a store that is full is as fast as one that is nearly empty: both are pushed to in turns."""

import os
import time
from dataclasses import dataclass

from bench.rates import A_REQUEST, Spent, enrolled, push, queue
from bench.server import Server, make_store, running
from bench.shapes import SHAPES, Tablet
from bench.stores import empty_stores

SMALL = 10_000
"""Changes in the store that is nearly empty."""
ROUNDS = 10
REQUESTS = 20
"""In each round to each of the two stores, over each of the CONNECTIONS."""
CONNECTIONS = 4
BATCH = 100
"""Requests of one connection that are made ready at a time while the large store grows."""
STREAM, SHAPE = SHAPES["form"]


@dataclass(frozen=True)
class Grown:
    """Both stores' rates, and the ratio of them; `cpu_ratio` is that of the processor time, which load moves less."""

    store: str
    stored: int
    small_per_s: int
    large_per_s: int
    ratio: float
    small_cpu_ms: float
    large_cpu_ms: float
    cpu_ratio: float
    grown_in_s: int
    load: float


def measure(store: str, changes: int) -> Grown:
    """Fill one of two stores up to `changes`, then push to both in turns."""
    with empty_stores(store, 2) as (folder, urls):
        codes = [
            make_store(url, folder / str(n), [STREAM], [f"u{i}" for i in range(CONNECTIONS)])
            for n, url in enumerate(urls)
        ]
        with running(urls[0], folder / "0") as small, running(urls[1], folder / "1") as large:
            near, far = _Side(small, codes[0]), _Side(large, codes[1])
            start = time.monotonic()
            near.fill(SMALL)
            far.fill(changes)
            grown = time.monotonic() - start
            turns = [(near.turn(REQUESTS), far.turn(REQUESTS)) for _ in range(ROUNDS)]
    first, last = (_sum([turn[side] for turn in turns]) for side in (0, 1))
    cpu = first.ms(first.server + first.store), last.ms(last.server + last.store)
    return Grown(
        store,
        changes,
        round(first.per_s),
        round(last.per_s),
        round(last.per_s / first.per_s, 3),
        *cpu,
        round(cpu[0] / cpu[1], 3),
        round(grown),
        round(os.getloadavg()[0], 2),
    )


class _Side:
    """One of the two stores with its tablets."""

    def __init__(self, server: Server, codes: list[str]) -> None:
        self.server = server
        self.tablets: list[tuple[str, Tablet]] = [
            enrolled(server, code, STREAM, seed) for seed, code in enumerate(codes)
        ]

    def turn(self, requests: int) -> Spent:
        """So many requests of every tablet, all tablets at once."""
        return push(self.server, [queue(tablet, SHAPE, requests) for tablet in self.tablets])

    def fill(self, changes: int) -> None:
        """At least so many changes."""
        left = -(-changes // (A_REQUEST * CONNECTIONS))
        while left > 0:
            self.turn(min(left, BATCH))
            left -= BATCH


def _sum(spent: list[Spent]) -> Spent:
    return Spent(
        sum(each.requests for each in spent),
        sum(each.seconds for each in spent),
        sum(each.server for each in spent),
        sum(each.store for each in spent),
        sum(each.client for each in spent),
        [],
    )

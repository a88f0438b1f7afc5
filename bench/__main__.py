"""`make bench`: how fast the server is, on both stores.

Every figure comes from a real server process with one worker, a client process of its own and a durable store (SQLite WAL
with `synchronous=FULL`, PostgreSQL with its default settings on a real disk). Requests are sealed and compressed before the
clock starts. `make bench ARGS="--only crowd"` measures one thing, `ARGS="--grow 5000000"` also a store that has grown.
"""

import argparse
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from bench import bootstrap, crowds, growth, rates
from bench.stores import STORES

FORMS_PER_S, COUNTS_PER_S, BYTES = 40_000, 12_000, 40.0
GROWN = 0.9


def main() -> None:
    """Measure, print tables as they are made, and one line of JSON at the end."""
    parser = argparse.ArgumentParser("bench")
    parser.add_argument("--requests", type=int, default=100, help="requests for each store and shape")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--store", choices=STORES)
    parser.add_argument("--only", choices=["rates", "crowd", "grow", "bootstrap"])
    parser.add_argument("--grow", type=int, default=0, metavar="CHANGES", help="measure a store with so many")
    options = parser.parse_args()
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, pace {pace():.2f}")
    stores = [options.store] if options.store else STORES
    results: list[Any] = []
    if options.only in (None, "rates"):
        measured = [
            m for store in stores for m in rates.measure(store, options.requests, options.connections)
        ]
        results += show(measured, [miss for m in measured for miss in missed(m)])
    if options.only in (None, "crowd"):
        crowd = [crowds.measure(store) for store in stores]
        results += show(crowd, [f"{c.store}: {miss}" for c in crowd for miss in c.missed()])
    if options.only in (None, "bootstrap"):
        firsts = [bootstrap.measure(store) for store in stores]
        results += show(firsts, [f"{first.store}: {miss}" for first in firsts for miss in first.missed()])
    if options.grow:
        grown = [growth.measure(store, options.grow) for store in stores]
        results += show(grown, [f"{g.store}: ratio {g.ratio}" for g in grown if g.ratio < GROWN])
    print(json.dumps([{"row": type(r).__name__} | asdict(r) for r in results]))


def pace() -> float:
    """How many million steps a second this core takes just now: what makes two runs comparable, or shows that they are not."""
    start, total = time.process_time(), 0
    for n in range(2_000_000):
        total += n
    return 2 / (time.process_time() - start)


def missed(m: rates.Measured) -> list[str]:
    """The targets that a rate does not meet."""
    least = FORMS_PER_S if m.shape == "form" else COUNTS_PER_S
    found = [] if m.per_s >= least else [f"{m.store} {m.shape}: {m.per_s}/s < {least}/s"]
    return found + (
        [f"{m.bytes_a_change} bytes a change"] if m.shape == "form" and m.bytes_a_change > BYTES else []
    )


def show(rows: Sequence[Any], misses: list[str]) -> Sequence[Any]:
    """Print rows of one kind as a table and what they miss of the targets; the rows."""
    table = [list(asdict(rows[0])), *([str(v) for v in asdict(row).values()] for row in rows)]
    widths = [max(map(len, column)) + 2 for column in zip(*table, strict=True)]
    print("\n" + "\n".join("".join(map(str.rjust, line, widths)) for line in table))
    print("Targets met." if not misses else f"MISSED: {'; '.join(misses)}", flush=True)
    return rows


if __name__ == "__main__":
    main()

"""`make kill-test KILLS=n`: SIGKILL a real server n times over both stores, at every step of a push and at random moments."""

import argparse
import json
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.kills.campaign import campaign

READY_S = 5.0


def main() -> None:
    """Play, print the figures of each store, fail where a promise was broken."""
    parser = argparse.ArgumentParser("kill-test")
    parser.add_argument("--kills", type=int, default=100, help="in all, over the stores")
    parser.add_argument("--store", choices=["sqlite", "postgresql"])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    stores = [options.store] if options.store else ["sqlite", "postgresql"]
    for store in stores:
        play(store, options.kills // len(stores), options.seed)


def play(store: str, kills: int, seed: int) -> None:
    """So many kills over one store."""
    began, load = time.monotonic(), os.getloadavg()[0]
    with (
        TemporaryDirectory(prefix="insats-kills-", ignore_cleanup_errors=True) as folder,
        campaign(store, Path(folder), seed) as made,
    ):
        made.steps()
        made.random(max(0, kills - made.kills.total()))
        report = made.report()
    minutes = round((time.monotonic() - began) / 60, 1)
    print(f"{store}: {made.kills.total()} kills in {minutes} minutes, load average at first {load:.1f}")
    print(json.dumps(report, indent=1))
    slowest = made.slowest_start()
    assert slowest < READY_S, f"one start took {slowest:.1f} s"
    print("0 acknowledged lost, 0 doubled; dense, chained, equal to the log")


if __name__ == "__main__":
    main()

"""`make sim SEEDS=2000 START=1`: play seeds on every core, and say what was hit and what failed."""

import argparse
import json
import os
import queue
import sys
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tests.simulation.coverage import missing, table
from tests.simulation.host import Driver, add, bundle

ENOUGH = 2_000
"""Seeds after which everything that can happen must have happened."""
RECYCLE = 2_000
"""Seeds that one pair of processes plays before it is replaced: long runs stay small."""


def main() -> int:
    """Exit status 1 if any seed failed, or if enough of them left something unhit."""
    options = _options()
    bundled = bundle()
    if options.verbose:
        return _show(bundled, options)
    run = Run(bundled, range(options.start, options.start + options.seeds), options.jobs)
    run.play()
    run.report()
    unhit = missing(run.coverage, run.kinds) if options.seeds >= ENOUGH else []
    for name in unhit:
        print(f"never hit: {name}")
    return 1 if run.failures or unhit else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("make sim", description=__doc__)
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--start", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--cut", type=json.loads, default={}, help="what a shrunk seed leaves out")
    parser.add_argument("--verbose", action="store_true", help="show everything that happens in one seed")
    return parser.parse_args()


def _show(bundled: Path, options: argparse.Namespace) -> int:
    with Driver(bundled) as driver:
        answer = driver.ask(seed=options.start, cut=options.cut, verbose=True)
    print("\n".join(answer["lines"]))
    print(answer["violation"] or "everything held")
    return 1 if answer["violation"] else 0


class Run:
    """Seeds shared out to drivers."""

    def __init__(self, bundled: Path, seeds: Sequence[int], jobs: int) -> None:
        """Nothing has been played yet."""
        self._bundled, self._count, self._jobs = bundled, len(seeds), max(1, min(jobs, len(seeds)))
        self._seeds: queue.SimpleQueue[int] = queue.SimpleQueue()
        for seed in seeds:
            self._seeds.put(seed)
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._told = 0.0
        self.played = 0
        self.cpu = 0.0
        self.events = 0
        self.coverage: dict[str, int] = {}
        self.kinds: list[str] = []
        self.failures: list[dict[str, Any]] = []

    def play(self) -> None:
        """Until there are no seeds left."""
        threads = [threading.Thread(target=self._work) for _ in range(self._jobs)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(file=sys.stderr)

    def _work(self) -> None:
        while not self._seeds.empty():
            with Driver(self._bundled) as driver:
                self.kinds = driver.kinds()
                for _ in range(RECYCLE):
                    try:
                        seed = self._seeds.get_nowait()
                    except queue.Empty:
                        break
                    self._note(driver.ask(seed=seed, shrink=len(self.failures) < 3))
                with self._lock:
                    self.cpu += driver.cpu()

    def _note(self, answer: dict[str, Any]) -> None:
        with self._lock:
            self.played += 1
            self.events += answer["events"]
            add(self.coverage, answer["coverage"])
            if answer["violation"]:
                self.failures.append(answer)
                _tell(answer)
            now = time.monotonic()
            if now - self._told >= 1:
                self._told = now
                rate = self.played / (now - self._began)
                line = (
                    f"{self.played} of {self._count} seeds, {len(self.failures)} failed, {rate:.1f} a second"
                )
                print(f"\r{line} ", end="", file=sys.stderr, flush=True)

    def report(self) -> None:
        """Seeds, failures, speed, and what was hit how often."""
        seconds = time.monotonic() - self._began
        print(table(self.coverage))
        print(
            f"{self.played} seeds, {len(self.failures)} failures, {self.events} events in {seconds:.0f} s "
            f"({self.played / seconds:.1f} seeds a second, {self.played / max(self.cpu, 0.01):.1f} a second of one core, "
            f"{1000 * self.cpu / max(self.played, 1):.0f} ms of processor each)"
        )


def _tell(answer: dict[str, Any]) -> None:
    print(f"\nseed {answer['seed']}: {answer['violation']}")
    print("\n".join(f"  {line}" for line in answer["lines"][-25:]))
    print(f"again: make sim SEEDS=1 START={answer['seed']}")
    if "cut" in answer:
        cut = json.dumps(answer["cut"], separators=(",", ":"))
        print(f"smaller: make sim SEEDS=1 START={answer['seed']} ARGS='--verbose --cut {cut}'", flush=True)


if __name__ == "__main__":
    sys.exit(main())

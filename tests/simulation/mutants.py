"""Planted bugs, and the proof that the simulator finds them: `make sim-mutants`. The table of the last run is docs/mutants.md.

Each is applied to a copy of the tree and played until an evening fails: the scenario that its entry names first. Nothing
is planted before the tree as it is has passed all of them. `python -m tests.simulation.mutants NAME …` plays some.
"""

import argparse
import os
import re
import shutil
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.simulation.catalogue import CATALOGUE
from tests.simulation.catalogue.mutant import Mutant
from tests.simulation.host import COMPILED, ROOT, Driver, bundle

COPIED = ("app", "migrations", "tests/simulation", "static/src", "static/simulation")
HEADER = "| planted bug | side | why it matters | killed by | evenings | s |\n|---|---|---|---|---|---|"
INVARIANT = re.compile(r"I\d+")
NONSENSE = re.compile(r"\b(ReferenceError|SyntaxError|NameError|ImportError)\b")
LINKED = (".venv", "static/node_modules", "static/package.json", "pyproject.toml")


@dataclass(frozen=True)
class Found:
    """How a mutant ended: what it violated and where, after how many evenings and seconds."""

    mutant: Mutant
    killed: str | None
    violation: str
    evenings: int
    seconds: float

    def row(self) -> str:
        """One line of the table."""
        side = "server" if self.mutant.file.startswith("app") else "tablet"
        killed = self.killed or "**survived**"
        return f"| {self.mutant.name} | {side} | {self.mutant.why} | {killed} | {self.evenings} | {self.seconds:.0f} |"


def main() -> int:
    """Exit status 1 if one survived, or if the tree without any of them does not hold."""
    parser = argparse.ArgumentParser("make sim-mutants", description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--jobs", type=int, default=max(1, (os.cpu_count() or 2)))
    parser.add_argument("--start", type=int, default=1)
    options = parser.parse_args()
    chosen = [m for m in CATALOGUE if not options.names or m.name in options.names]
    seeds = range(options.start, options.start + max((m.budget for m in chosen), default=0))
    faults = list(baseline(seeds))
    for fault in faults:
        print(f"without any planted bug: {fault}", file=sys.stderr)
    if faults:
        return 1
    print(HEADER)
    survived = 0
    with _home() as home, ThreadPoolExecutor(options.jobs) as pool:
        for found in pool.map(lambda mutant: hunt(mutant, home, options.start), chosen):
            print(found.row(), flush=True)
            survived += found.killed is None
            print(f"{found.mutant.name}: {found.violation[:300] or 'SURVIVED'}", file=sys.stderr, flush=True)
    return 1 if survived else 0


@contextmanager
def _home() -> Iterator[Path]:
    """Where copies of the tree are made, gone afterwards with what was compiled of them."""
    with tempfile.TemporaryDirectory(prefix="insats-mutants-") as folder:
        yield Path(folder)
        shutil.rmtree(COMPILED / Path(folder).relative_to("/"), ignore_errors=True)


def baseline(seeds: range) -> Iterator[str]:
    """Whatever the tree as it is violates in anything that mutants are asked: a kill by that would prove nothing."""
    with Driver(bundle()) as driver:
        questions = [{"scenario": name} for name in driver.scenarios()] + [{"seed": seed} for seed in seeds]
        for question in questions:
            violation = driver.ask(**question)["violation"]
            if violation:
                yield f"{violation}{_where(question)}"


def hunt(mutant: Mutant, home: Path, start: int = 1) -> Found:
    """Play what is expected to notice, every other scenario, then seeds, until one of them fails."""
    began = time.monotonic()
    count = 0
    root = planted(mutant, home / threading.current_thread().name)
    with Driver(bundle(root), root) as driver:
        for count, question in enumerate(_questions(mutant, start, driver), 1):
            violation = driver.ask(**question)["violation"]
            if violation:
                if NONSENSE.search(violation):
                    raise ValueError(f"{mutant.name} does not run: {violation}")
                told = f"{_kind_of(violation)}{_where(question)}"
                return Found(mutant, told, violation, count, time.monotonic() - began)
    return Found(mutant, None, "", count, time.monotonic() - began)


def _questions(mutant: Mutant, start: int, driver: Driver) -> Iterator[dict[str, Any]]:
    for name in sorted(driver.scenarios(), key=lambda name: name != mutant.scene):
        yield {"scenario": name}
    for seed in range(start, start + mutant.budget):
        yield {"seed": seed}


def _kind_of(violation: str) -> str:
    """The invariant, or what the scenario expected; `unexpected` is an error that no app should throw."""
    first = violation.split()[0]
    return first if INVARIANT.fullmatch(first) else f"“{violation.partition(':')[0]}”"


def _where(question: dict[str, Any]) -> str:
    return f" in “{question['scenario']}”" if "scenario" in question else f" in seed {question['seed']}"


def planted(mutant: Mutant, root: Path) -> Path:
    """A copy of the tree with the bug in it, at `root`: where the last one was, nothing else is compiled again."""
    shutil.rmtree(root, ignore_errors=True)
    for name in COPIED:
        shutil.copytree(ROOT / name, root / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in LINKED:
        (root / name).symlink_to((ROOT / name).resolve())
    file = root / mutant.file
    text = file.read_text()
    if text.count(mutant.old) != 1:
        raise ValueError(
            f"{mutant.name}: its old text occurs {text.count(mutant.old)} times in {mutant.file}"
        )
    file.write_text(text.replace(mutant.old, mutant.new))
    return root


if __name__ == "__main__":
    sys.exit(main())

"""The short form of `make sim`: every directed scenario, some random evenings, and the same seed twice."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.simulation.host import STATIC, Driver, bundle

SCENARIOS = [
    name
    for file in ("scenarios.ts", "troubles.ts")
    for name in re.findall(r'^  "([^"]+)": scene\(', (STATIC / "simulation" / file).read_text(), re.MULTILINE)
]
SEEDS = range(1, 21)
TWICE = (3, 10, 16)
"""A small one, a large one, one with a clone."""


@pytest.fixture(scope="session")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver, built for this session."""
    return bundle(out=tmp_path_factory.mktemp("simulation"))


@pytest.fixture(scope="module")
def driver(bundled: Path) -> Iterator[Driver]:
    """One pair of processes for all tests of this file."""
    with Driver(bundled) as made:
        yield made


def test_every_scenario_is_listed(driver: Driver) -> None:
    assert driver.scenarios() == SCENARIOS
    assert len(SCENARIOS) >= 30


@pytest.mark.parametrize("name", SCENARIOS)
def test_scenario(driver: Driver, name: str) -> None:
    held(driver.ask(scenario=name))


def test_random_evenings_hold(driver: Driver) -> None:
    for seed in SEEDS:
        held(driver.ask(seed=seed))


def test_the_same_seed_gives_the_same_bytes(driver: Driver, bundled: Path) -> None:
    with Driver(bundled) as other:
        for seed in TWICE:
            assert driver.ask(seed=seed)["digest"] == other.ask(seed=seed)["digest"], f"seed {seed}"


def held(answer: dict[str, Any]) -> None:
    """Nothing was violated; if so, the last lines of what happened are in the message."""
    lines = "\n".join(answer["lines"][-25:])
    assert answer["violation"] is None, f"seed {answer['seed']}: {answer['violation']}\n{lines}"

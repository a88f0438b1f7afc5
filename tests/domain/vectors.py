"""The cases that both languages must pass, as the tests of the merge read them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from app.domain.change import Change
from app.domain.merge import Cells, Retired, merge

FOLDER = Path(__file__).parents[1] / "vectors"


def read(file: Path) -> Any:
    """What a file of vectors holds."""
    return json.loads(file.read_text())


def load(name: str) -> list[Any]:
    """The cases of one file."""
    cases: list[Any] = read(FOLDER / f"{name}.json")
    assert cases, f"{name}.json holds no case: nothing would be tested"
    return cases


def change_of(raw: dict[str, Any]) -> Change:
    """The change in an arrival of a merge case."""
    return Change(raw["id"], raw["e"], raw["f"], raw["v"], raw["at"], tuple(raw.get("replaces", ())))


def arrive(arrivals: Iterable[dict[str, Any]]) -> tuple[dict[str, Cells], list[str]]:
    """Merge arrivals one after the other into an empty stream: its entities, and the outcome of each."""
    world: dict[str, Cells] = {}
    retired: Retired = {}
    outcomes = [
        merge(world.setdefault(raw["e"], {}), retired, change_of(raw), raw["actor"], raw["t"], raw["seq"])
        for raw in arrivals
    ]
    return world, list(outcomes)

"""The planted bugs must still be there to be planted, be on record as found, and three of them are found here."""

import re
from pathlib import Path

import pytest

from tests.simulation.catalogue import CATALOGUE
from tests.simulation.catalogue.mutant import Mutant
from tests.simulation.host import ROOT
from tests.simulation.mutants import HEADER, hunt

SHORT = ("no de-duplication", "replaces from the replica", "an admission is applied twice")
"""One of each side, and one that only a directed scenario meets."""
RECORD = ROOT / "docs" / "mutants.md"


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda m: m.name)
def test_its_place_exists_once(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    assert mutant.new != mutant.old


def test_there_are_enough_of_both_sides() -> None:
    sides = [mutant.file.partition("/")[0] for mutant in CATALOGUE]
    assert len(CATALOGUE) >= 25
    assert min(sides.count("app"), sides.count("static")) >= 10
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)


def test_the_record_lists_all_of_them_and_none_survived() -> None:
    table = RECORD.read_text().partition(HEADER)[2]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.strip().splitlines()]
    assert [row[0] for row in rows] == [mutant.name for mutant in CATALOGUE]
    assert all(re.search(r"“.+”|seed \d+", row[3]) for row in rows)
    assert "survived" not in table


@pytest.mark.parametrize("name", SHORT)
def test_it_is_found(name: str, tmp_path: Path) -> None:
    (mutant,) = (m for m in CATALOGUE if m.name == name)
    assert hunt(mutant, tmp_path).killed is not None


def test_one_that_does_not_run_is_no_find(tmp_path: Path) -> None:
    """It would seem to be found by whatever calls it first."""
    file, old = "static/src/store/save.ts", "  return strictly(db, stores, async (tx) => {\n    const meta"
    broken = Mutant("broken", file, old, old.replace("strictly", "nobody"), "", "", budget=0)
    with pytest.raises(ValueError, match="does not run"):
        hunt(broken, tmp_path)

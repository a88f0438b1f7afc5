"""The planted bugs must still be there to be planted."""

import pytest

from tests.simulation.catalogue import CATALOGUE, Mutant
from tests.simulation.host import ROOT


@pytest.mark.parametrize("mutant", CATALOGUE, ids=lambda m: m.name)
def test_its_place_exists_once(mutant: Mutant) -> None:
    assert (ROOT / mutant.file).read_text().count(mutant.old) == 1
    assert mutant.new != mutant.old


def test_there_are_enough_of_both_sides() -> None:
    sides = [mutant.file.partition("/")[0] for mutant in CATALOGUE]
    assert len(CATALOGUE) >= 25
    assert min(sides.count("app"), sides.count("static")) >= 10
    assert len({mutant.name for mutant in CATALOGUE}) == len(CATALOGUE)

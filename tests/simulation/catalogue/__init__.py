"""The planted bugs. Each old text stands exactly once in its file; `tests/simulation/test_mutants.py` holds it to that."""

from tests.simulation.catalogue.mutant import Mutant
from tests.simulation.catalogue.server import SERVER
from tests.simulation.catalogue.tablet import TABLET

CATALOGUE: tuple[Mutant, ...] = (*SERVER, *TABLET)

"""A kill in the middle of a write tears the last record of Chromium's log; Chromium goes on writing behind it.

Its LevelDB takes a torn end for the end, appends to the same file, and at the next start but one finds a record whose
checksum is wrong: it throws the site's whole database away (three times in some 720 kills; `Corruption: checksum mismatch`).
"""

from pathlib import Path
from random import Random

import pytest

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.processes import log_of
from tests.engines.trial import Trial

TORN = 5


def tear(profile: Path) -> Path:
    """Take the last bytes of the log of IndexedDB, as a kill between two of its writes does."""
    (log,) = profile.glob("Default/IndexedDB/*.leveldb/*.log")
    size = log.stat().st_size
    assert size > TORN
    with log.open("r+b") as file:
        file.truncate(size - TORN)
    return log


@pytest.mark.parametrize("starts", [1, 2, 3])
def test_a_torn_log_costs_nothing_that_was_shown_as_saved(
    chromium: Chromium, evening: Backend, starts: int
) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    trial.record()
    chromium.kill("browser")
    tear(chromium.profile)
    trial.come_back()
    for _ in range(starts):
        trial.record()
        trial.start_again()
    assert "Corruption" not in log_of(chromium.profile).read_text()
    assert trial.ledger.faults(trial.look()) == []
    trial.close()

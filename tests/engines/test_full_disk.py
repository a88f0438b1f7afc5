"""A disk that is full under a real browser: photos wait, words and counts do not, and nothing is lost.

The debugging protocol can set a quota that Chromium then does not keep: the profile lies on a small disk of its own instead.
"""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.processes import wait_until
from tests.engines.trial import Trial

DISK = "192m"
LEFT = 1_000_000
"""Bytes that are free when the disk counts as full."""
RESERVE = """insats.tablet.running().tablet.db
  .count("chunks", IDBKeyRange.bound(["ballast"], ["ballast", []])).then((n) => n === 20)"""
IS_FULL = "insats.tablet.memory.isFull"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A folder on a disk that is soon full."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("a small disk takes somebody who may mount one: root, outside of most containers")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_refuses_photos_and_takes_words(
    small_disk: Path, chromium_path: Path, evening: Backend
) -> None:
    chromium = Chromium(chromium_path, small_disk / "profile")
    trial = Trial(chromium, evening, Random(1))
    try:
        trial.begin()
        wait_until(lambda: trial.page.evaluate(RESERVE), 120, "the reserve is not laid")
        filler = small_disk / "filler"
        with filler.open("wb") as file:
            file.write(bytes(shutil.disk_usage(small_disk).free - LEFT))

        trial.page.do("person.run()")
        wait_until(lambda: trial.page.evaluate(IS_FULL), 60, "the disk is never full")
        photos = max(trial.look()["photos"], default=0)
        counts = trial.page.evaluate("person.counted('SPELMASKIN')")
        wait_until(
            lambda: trial.page.evaluate("person.counted('SPELMASKIN')") > counts + 10,
            60,
            "counts are refused",
        )
        trial.page.evaluate("person.stop()")
        trial.ledger.take(trial.page.notes)
        found = trial.look()
        assert trial.ledger.faults(found) == []
        assert max(found["photos"], default=0) <= photos + 1
        assert set(trial.ledger.refused) == {"storage-full"}

        filler.unlink()
        trial.record()
        again = trial.look()
        assert not again["full"]
        assert max(again["photos"]) > max(found["photos"], default=0)
        assert trial.deliver() == []
    finally:
        trial.close()

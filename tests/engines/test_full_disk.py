"""A disk that is full under a real browser: photos wait, words and counts do not, and nothing is lost.

The debugging protocol can set a quota that Chromium then does not keep: the profile lies on a small disk of its own instead.
"""

import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.devtools import Gone, Raised
from tests.engines.processes import wait_until
from tests.engines.trial import Trial, says, take_up

DISK = "192m"
LEFT, SIDE = 4_000_000, 1600
"""Room for words but not for a second photo of this many pixels; beyond that Chromium closes the whole database."""
COUNTED_S = 120.0
RESERVE = """insats.tablet.running().tablet.db
  .count("chunks", IDBKeyRange.bound(["ballast"], ["ballast", []])).then((n) => n === 20)"""
COUNT = "person.counted('SPELMASKIN')"
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
        _fill(small_disk, LEFT)
        trial.page.do(f"person.run(0, {SIDE})")
        wait_until(lambda: not says(trial.page, f"!{IS_FULL}"), 60, "the disk is never full")
        _count_on(trial)
        assert trial.ledger.faults(trial.look()) == []
        assert set(trial.ledger.refused) <= {"storage-full", "storage", "rescued"}
        assert trial.ledger.refused, "nothing was refused on a full disk"

        for filler in small_disk.glob("filler*"):
            filler.unlink()
        photos = len(trial.look()["photos"])
        trial.record()
        assert len(trial.look()["photos"]) > photos
        assert trial.deliver() == []
    finally:
        trial.close()


def _count_on(trial: Trial) -> None:
    """Words and counts find room on the full disk, at the latest after the reload with which the app answers Chromium."""
    deadline = time.monotonic() + COUNTED_S
    while time.monotonic() < deadline:
        try:
            take_up(trial.page)
            trial.page.evaluate("person.count('SPELMASKIN', 10)")
            break
        except (Gone, Raised) as reason:
            trial.ledger.refused[str(reason).split(":")[1].strip()] += 1
            time.sleep(0.5)
    else:
        raise TimeoutError("counts are refused")
    trial.ledger.take(trial.page.notes)


def _fill(disk: Path, left: int) -> None:
    """Leave so many bytes free."""
    with (disk / f"filler{left}").open("wb") as file:
        file.write(bytes(shutil.disk_usage(disk).free - left))

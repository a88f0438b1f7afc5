"""A disk that photos have filled under a real browser: photos wait, words and counts do not, and nothing is lost.

What is not survived is a disk that others fill to its last byte: Chromium 150 then throws the site's whole database away when
it opens it the next time ("IO error … FILE_ERROR_NO_SPACE"). So the reserve is freed at the first photo that does not fit.

The debugging protocol can set a quota that Chromium then does not keep: the profile lies on a small disk of its own instead.
"""

from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.processes import wait_until
from tests.engines.trial import Trial
from tests.faults.disks import tablet_disk

LEFT, SIDE = 4_000_000, 1600
"""Room for a photo or two of so many pixels."""
ROOM, PROOFS = 10_000_000, 20
"""Room for words, and not for the fresh log."""
PROVE = "insats.freshLog.beginFreshLog(insats.tablet.running().tablet.db)"
QUIET_S = 3
COUNT = "person.counted('SPELMASKIN')"
RESERVE = """insats.tablet.running().tablet.db
  .count("chunks", IDBKeyRange.bound(["ballast"], ["ballast", []])).then((n) => n === 20)"""
IS_FULL = "insats.tablet.memory.isFull"


def test_a_full_disk_refuses_photos_and_takes_words(chromium_path: Path, evening: Backend) -> None:
    with (
        tablet_disk() as disk,
        closing(Trial(Chromium(chromium_path, disk.place / "profile"), evening, Random(1))) as trial,
    ):
        trial.begin()
        wait_until(lambda: trial.page.evaluate(RESERVE), 120, "the reserve is not laid")
        disk.fill(leaving=LEFT)
        trial.page.do(f"person.run(0, {SIDE})")
        wait_until(lambda: trial.page.evaluate(IS_FULL), 60, "the disk is never full")
        count = trial.page.evaluate(COUNT)
        wait_until(lambda: trial.page.evaluate(COUNT) > count + 20, 60, "counts are refused")
        trial.page.evaluate("person.stop()")
        trial.ledger.take(trial.page.notes)
        found = trial.look()
        assert trial.ledger.faults(found) == []
        assert set(trial.ledger.refused) == {"storage-full"}

        disk.free()
        trial.page.do("person.run()")
        wait_until(lambda: len(trial.look()["photos"]) > len(found["photos"]), 60, "photos are still refused")
        trial.page.evaluate("person.stop()")
        assert trial.deliver() == []


def test_what_is_recorded_while_the_room_is_proven_is_kept(chromium_path: Path, evening: Backend) -> None:
    """The file that proves the room takes the disk to its last byte for a moment."""
    with (
        tablet_disk() as disk,
        closing(Trial(Chromium(chromium_path, disk.place / "profile"), evening, Random(1))) as trial,
    ):
        trial.begin()
        wait_until(lambda: trial.page.evaluate(RESERVE), 120, "the reserve is not laid")
        disk.fill(leaving=ROOM)
        trial.page.do("person.run()")
        for _ in range(PROOFS):
            trial.page.evaluate(PROVE, 60)
        trial.page.evaluate("person.stop()")
        trial.ledger.take(trial.page.notes)
        assert trial.ledger.noted > PROOFS, "a test of nothing"
        trial.start_again()
        assert trial.ledger.faults(trial.look()) == []
        disk.free()
        assert trial.deliver() == []


@pytest.mark.parametrize("left", [1_000_000, 6_000_000, 12_000_000, 20_000_000])
def test_a_start_on_a_nearly_full_disk_costs_nothing(
    chromium_path: Path, evening: Backend, left: int
) -> None:
    """What a start writes before anybody records must not be what the disk cannot take."""
    with (
        tablet_disk() as disk,
        closing(Trial(Chromium(chromium_path, disk.place / "profile"), evening, Random(1))) as trial,
    ):
        trial.begin()
        wait_until(lambda: trial.page.evaluate(RESERVE), 120, "the reserve is not laid")
        trial.record()
        trial.browser.kill("browser")
        disk.fill(leaving=left)
        trial.come_back()
        wait_until(lambda: disk.rests(QUIET_S), 60, "the start never ends")
        trial.start_again()
        assert trial.ledger.faults(trial.look()) == []
        disk.free()
        assert trial.deliver() == []

"""The installation of the app, a later version of it, and back again: what was not sent yet lives through both."""

import shutil
import time
from pathlib import Path
from random import Random

import pytest

from tests.e2e.backend import Backend
from tests.engines import builds
from tests.engines.chromium import Chromium
from tests.engines.processes import wait_until
from tests.engines.serve import CLOSED
from tests.engines.trial import Browser, Trial, says, take_up

LATER = "insats-web/9.9.9"
STORES = "insats.tablet.running().tablet.db.version"
GIVEN_UP = "navigator.serviceWorker.getRegistration().then((found) => found === undefined)"
INSTALLED = "navigator.serviceWorker.getRegistration().then((found) => Boolean(found?.active))"
TRIED_S, LATE_S = 6, 3
"""Until the first attempt is over, and in which one that was late would succeed; the second comes 15 s after the first."""
UPDATE = "navigator.serviceWorker.getRegistration().then((found) => found.update()).then(() => true)"


@pytest.fixture(scope="session")
def later(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front end of a later release, which adds a store to the tablet's database."""
    return builds.later(tmp_path_factory.mktemp("later"))


def test_an_installation_that_lacked_a_file_is_made_again(browser: Browser, evening: Backend) -> None:
    assert evening.front is not None
    file = evening.front / "manifest.webmanifest"
    kept = file.rename(evening.front.parent / file.name)
    page = browser.open(evening.address)
    take_up(page)
    time.sleep(TRIED_S)
    assert says(page, GIVEN_UP), "an app that lacks a file is installed"
    kept.rename(file)
    time.sleep(LATE_S)
    assert says(page, GIVEN_UP), "the first attempt was still under way: this shows nothing"
    wait_until(lambda: says(page, INSTALLED), 60, "nobody tries again")
    page.close()


def test_unsent_work_lives_through_an_update_and_the_way_back(
    chromium: Chromium, evening: Backend, driven: Path, later: Path
) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    now = str(trial.page.evaluate("insats.APP"))
    before = trial.page.evaluate(STORES)
    (evening.data / CLOSED).touch()
    trial.record()
    for version, front in ((LATER, later), (now, driven)):
        unsent = trial.look()
        _update(trial, evening, front, version)
        assert trial.ledger.faults(trial.look()) == []
        assert trial.look()["unsent"] >= unsent["unsent"] > 0
        assert trial.page.evaluate(STORES) == before + 1
        trial.record()
    (evening.data / CLOSED).unlink()
    assert trial.deliver() == []


def _update(trial: Trial, evening: Backend, front: Path, version: str) -> None:
    """Publish another version; the app notices, waits for its person, and takes it."""
    assert evening.front is not None
    shutil.rmtree(evening.front)
    shutil.copytree(front, evening.front)
    trial.page.evaluate(UPDATE)
    wait_until(
        lambda: trial.page.evaluate("insats.update.updateReady.value"), 60, f"{version} is not noticed"
    )
    trial.page.do("insats.update.applyUpdate()")
    wait_until(
        lambda: says(trial.page, f"globalThis.person === undefined && insats.APP === '{version}'"),
        60,
        f"{version} does not take over",
    )
    take_up(trial.page)

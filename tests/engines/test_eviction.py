"""The browser takes the tablet's store away, or has no room left in it: the app knows, says so, and goes on."""

import shutil
from random import Random

from sqlalchemy import select

from app.auth.tables import Device
from app.database import Database, table
from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.processes import wait_until
from tests.engines.serve import CLOSED
from tests.engines.trial import Trial, says, take_up

LOST = "insats.loss.lostStore.value?.label ?? null"


def test_a_store_that_went_while_the_app_was_closed_is_noticed_and_named(
    chromium: Chromium, evening: Backend
) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    trial.record()
    assert trial.deliver() == []
    trial.leave()
    for folder in (chromium.profile / "Default" / "IndexedDB").iterdir():
        shutil.rmtree(folder)
    trial.come_back()
    _enrol_again(trial, evening)


def test_a_store_that_goes_while_somebody_records_is_noticed_and_the_next_one_delivers(
    chromium: Chromium, evening: Backend
) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    trial.record()
    assert trial.deliver() == []
    (evening.data / CLOSED).touch()
    trial.page.do("person.run()")
    trial.page.call("Storage.clearDataForOrigin", origin=evening.address, storageTypes="indexeddb")
    wait_until(
        lambda: says(trial.page, "globalThis.person === undefined && document.readyState === 'complete'"),
        60,
        "the app does not notice",
    )
    take_up(trial.page)
    (evening.data / CLOSED).unlink()
    _enrol_again(trial, evening)


def _enrol_again(trial: Trial, evening: Backend) -> None:
    """The app says what was lost, the server hears of it, and a new beginning delivers all it records."""
    assert trial.page.evaluate(LOST) == "Alfa 1"
    trial.begin()
    assert trial.page.evaluate(LOST) is None
    db = Database(evening.database_url)
    lost_at = db.read_now(lambda conn: list(conn.execute(select(table(Device).c.lost_at)).scalars()))
    db.close()
    assert any(lost_at)
    trial.page.evaluate("person.count('SPELMASKIN', 5)")
    wait_until(
        lambda: trial.page.evaluate("person.sync()") == {"changes": 0, "photos": 0, "problem": None},
        60,
        "what was recorded since is not delivered",
    )

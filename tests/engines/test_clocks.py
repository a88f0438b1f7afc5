"""A tablet whose clock is ten days wrong either way, and whose service worker was stopped: it records and starts."""

import time
from random import Random

import orjson
from sqlalchemy import select

from app.database import Database, table
from app.domain.kinds import kind_of
from app.sync.tables import Entity
from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.processes import wait_until
from tests.engines.trial import Trial, says, take_up

DAY_MS = 86_400_000
CLOCK = """(() => {
  const real = Date.now.bind(Date);
  globalThis.shift = 0;
  Date.now = () => real() + shift;
  return true;
})()"""


def test_a_clock_that_jumps_ten_days_changes_no_order(chromium: Chromium, evening: Backend) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    trial.page.evaluate(CLOCK)
    for serial, days in enumerate((10, -10, 0), 1):
        trial.page.evaluate(f"(() => {{ shift = {days * DAY_MS}; return true; }})()")
        trial.page.evaluate(f"person.answer('SPE05', 'svar {serial}')")
        assert trial.page.evaluate("person.count('SPELMASKIN', 4)") == 4 * serial
        trial.page.evaluate("person.sync()")
    found = trial.look()
    assert found["answers"]["SPE05"] == [3]
    assert found["counts"]["SPELMASKIN"] == 12
    wait_until(lambda: trial.page.evaluate("person.sync()")["changes"] == 0, 60, "not delivered")
    assert _latest(evening) < time.time() * 1000 + 60_000


def test_a_stopped_service_worker_starts_the_app_all_the_same(chromium: Chromium, evening: Backend) -> None:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    trial.record()
    evening.kill()
    trial.page.call("ServiceWorker.enable")
    trial.page.call("ServiceWorker.stopAllWorkers")
    trial.page.do("setTimeout(() => location.reload())")
    wait_until(lambda: says(trial.page, "globalThis.person === undefined"), 30, "it does not load again")
    take_up(trial.page)
    assert trial.ledger.faults(trial.look()) == []


def _latest(evening: Backend) -> int:
    """The latest time (ms) at which the server shows anything that was counted or answered."""
    db = Database(evening.database_url)
    rows = db.read_now(lambda conn: list(conn.execute(select(table(Entity).c.id, table(Entity).c.heads))))
    db.close()
    kinds = ("tally", "checklist")
    cells = [orjson.loads(row.heads) for row in rows if kind_of(row.id) in kinds]
    latest: int = max(head[4] for each in cells for heads in each.values() for head in heads)
    return latest

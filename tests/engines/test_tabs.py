"""Two tabs of one tablet: they share its store, and one of them at a time talks to the server."""

from concurrent.futures import ThreadPoolExecutor
from random import Random

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.devtools import Devtools
from tests.engines.processes import wait_until
from tests.engines.trial import Trial, take_up

MACHINE = "SPELMASKIN"
TAPS = 40
TAKEN_OVER_S = 120.0
TICK = "(() => { globalThis.ticks = 0; setInterval(() => { ticks += 1; }, 50); return true; })()"
HOLD = """(() => {
  void navigator.locks.request("insats-sync", () => new Promise(() => undefined));
  return true;
})()"""
"""A round that never ends: what the other tab sees of one that was frozen in the middle."""
UNSENT = "insats.status.status.value.unsentChanges"


def test_two_tabs_that_count_at_once_lose_and_double_nothing(chromium: Chromium, evening: Backend) -> None:
    trial, other = _two_tabs(chromium, evening)
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda page: page.evaluate(f"person.count('{MACHINE}', {TAPS})", 120), (trial.page, other)
            )
        )
    wait_until(lambda: _count(trial.page) == 2 * TAPS, 20, "the first tab does not hear of the second")
    wait_until(lambda: _count(other) == 2 * TAPS, 20, "the second tab does not hear of the first")
    assert trial.deliver() == []


def test_a_frozen_tab_that_holds_the_sync_lock_holds_nothing_up(chromium: Chromium, evening: Backend) -> None:
    trial, other = _two_tabs(chromium, evening)
    trial.page.evaluate("person.sync()")
    trial.page.evaluate(HOLD)
    trial.page.evaluate(TICK)
    trial.page.call("Page.setWebLifecycleState", state="frozen")
    other.evaluate(f"person.count('{MACHINE}', {TAPS})", 60)
    wait_until(lambda: other.evaluate(UNSENT) == 0, TAKEN_OVER_S, "nobody took the lock of the frozen tab")
    ticks = trial.page.evaluate("ticks")

    trial.page.call("Page.setWebLifecycleState", state="active")
    wait_until(lambda: _count(trial.page) == TAPS, 30, "the thawed tab does not hear of the other")
    trial.page.evaluate(f"person.count('{MACHINE}', {TAPS})", 60)
    wait_until(lambda: _count(other) == 2 * TAPS, 30, "nobody hears of the thawed tab")
    assert ticks < 20, "it was not frozen"
    assert trial.deliver() == []


def _two_tabs(chromium: Chromium, evening: Backend) -> tuple[Trial, Devtools]:
    trial = Trial(chromium, evening, Random(1))
    trial.begin()
    other = chromium.another(evening.address)
    take_up(other)
    return trial, other


def _count(page: Devtools) -> int:
    found: int = page.evaluate(f"person.counted('{MACHINE}')")
    return found

"""What the screen shows as saved outlives the browser: a short form of `make kill-browser`."""

from random import Random

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.kill import run
from tests.engines.trial import Browser, Trial
from tests.engines.webkit import WebKit


def test_five_kills_of_chromium_lose_nothing(chromium: Chromium, evening: Backend) -> None:
    _nothing_is_lost(chromium, evening, 5)


def test_three_kills_of_webkit_lose_nothing(webkitgtk: WebKit, evening: Backend) -> None:
    webkitgtk.ways = ("network", "web", "browser")
    _nothing_is_lost(webkitgtk, evening, 3)


def _nothing_is_lost(browser: Browser, evening: Backend, kills: int) -> None:
    trial = Trial(browser, evening, Random(1))
    rounds, faults = run(trial, kills)
    assert faults == []
    assert {made.way for made in rounds} == set(browser.ways)
    assert trial.ledger.noted > kills, "somebody who records nothing loses nothing"

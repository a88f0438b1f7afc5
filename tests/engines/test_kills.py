"""What the screen shows as saved outlives the browser: a short form of `make kill-browser`."""

from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from tests.e2e.backend import Backend
from tests.engines.chromium import Chromium
from tests.engines.kill import run
from tests.engines.trial import Browser, Trial
from tests.engines.webkit import WebKit
from tests.webkit import Found


@pytest.fixture
def chromium(chromium_path: Path, tmp_path: Path) -> Iterator[Chromium]:
    browser = Chromium(chromium_path, tmp_path / "chromium")
    yield browser
    browser.close()


@pytest.fixture
def webkitgtk(webkit: Found, display: str, tmp_path: Path) -> Iterator[WebKit]:
    browser = WebKit(webkit.browser, tmp_path / "webkit", display)
    yield browser
    browser.close()


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
    assert trial.ledger.noted > 10 * kills, "somebody who records nothing loses nothing"

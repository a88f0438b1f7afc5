"""A server behind a proxy that sends everything twice, and browsers in people's hands."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Playwright, sync_playwright

from tests.e2e.backend import Backend
from tests.e2e.tablet import PORTRAIT, Tablet
from tests.e2e.twice import TwiceProxy
from tests.ports import free_port


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """The driver of all browsers of a session."""
    with sync_playwright() as driver:
        yield driver


@pytest.fixture
def backend(store_url: str, tmp_path: Path) -> Iterator[Backend]:
    """A server that is not running yet; links name the proxy's address."""
    made = Backend(tmp_path / "data", store_url, f"http://127.0.0.1:{free_port()}")
    yield made
    made.stop()


@pytest.fixture
def proxy(backend: Backend) -> Iterator[TwiceProxy]:
    """What the browsers talk to; not listening yet."""
    made = TwiceProxy(backend.address, int(backend.public.rpartition(":")[2]))
    yield made
    made.stop()


Hand = Callable[..., Tablet]


@pytest.fixture
def hand(playwright: Playwright, chromium_path: Path, proxy: TwiceProxy, tmp_path: Path) -> Iterator[Hand]:
    """Makes devices, each with a profile folder named after it; all are closed at the end."""
    made: list[Tablet] = []

    def give(name: str, viewport: dict[str, int] = PORTRAIT) -> Tablet:
        tablet = Tablet(playwright, chromium_path, tmp_path / f"profile-{name}", proxy.address, viewport)
        tablet.open()
        made.append(tablet)
        return tablet

    yield give
    for tablet in made:
        tablet.close()

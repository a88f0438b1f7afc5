"""The driven build, a server with the planned evening that serves it, and a screen for WebKit."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.backend import Backend
from tests.engines import builds
from tests.engines.chromium import Chromium
from tests.engines.trial import Browser
from tests.engines.webkit import Screen, WebKit
from tests.webkit import Found


@pytest.fixture(scope="session")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front end of the checkout, with its modules handed out."""
    return builds.driven(tmp_path_factory.mktemp("driven"))


@pytest.fixture(scope="session")
def planned(migrated_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the store and the data of a server that has the planned evening; copied, never used."""
    folder = tmp_path_factory.mktemp("planned")
    (folder / "data").mkdir()
    store = shutil.copyfile(migrated_file, folder / "store.db")
    Backend(folder / "data", f"sqlite:///{store}", "").command("demo", "--stage", "planned")
    return folder


@pytest.fixture
def evening(driven: Path, planned: Path, tmp_path: Path) -> Iterator[Backend]:
    """A running server with the planned evening of 25 May 2018."""
    folder = shutil.copytree(planned, tmp_path / "server")
    backend = Backend(folder / "data", f"sqlite:///{folder / 'store.db'}", "", front=tmp_path / "front")
    shutil.copytree(driven, tmp_path / "front")
    backend.public = backend.address
    backend.start()
    yield backend
    backend.kill()


@pytest.fixture
def chromium(chromium_path: Path, tmp_path: Path) -> Iterator[Chromium]:
    """A new tablet with Chromium."""
    browser = Chromium(chromium_path, tmp_path / "chromium")
    yield browser
    browser.close()


@pytest.fixture
def webkitgtk(webkit: Found, display: str, tmp_path: Path) -> Iterator[WebKit]:
    """A new tablet with WebKitGTK."""
    browser = WebKit(webkit.browser, tmp_path / "webkit", display)
    yield browser
    browser.close()


@pytest.fixture(params=["chromium", "webkitgtk"])
def browser(request: pytest.FixtureRequest) -> Browser:
    """A new tablet; a test that takes it runs on both engines."""
    made: Browser = request.getfixturevalue(request.param)
    return made


@pytest.fixture(scope="session")
def display(webkit: Found) -> Iterator[str]:
    """Where WebKit's windows appear, which nobody sees."""
    screen = Screen(webkit.xvfb)
    yield screen.display
    screen.close()

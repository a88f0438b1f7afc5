"""The driven build, a server with the planned evening that serves it, and a screen for WebKit."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.backend import Backend
from tests.engines import builds
from tests.engines.webkit import Screen
from tests.webkit import Found


@pytest.fixture(scope="session")
def driven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The front end of the checkout, with its modules handed out."""
    return builds.driven(tmp_path_factory.mktemp("driven"))


@pytest.fixture
def evening(driven: Path, sqlite_url: str, tmp_path: Path) -> Iterator[Backend]:
    """A running server with the planned evening of 25 May 2018."""
    backend = Backend(tmp_path / "data", sqlite_url, "", front=driven)
    backend.public = backend.address
    backend.data.mkdir()
    backend.command("demo", "--stage", "planned")
    backend.start()
    yield backend
    backend.kill()


@pytest.fixture(scope="session")
def display(webkit: Found) -> Iterator[str]:
    """Where WebKit's windows appear, which nobody sees."""
    screen = Screen(webkit.xvfb)
    yield screen.display
    screen.close()

"""The world of the tests of photos."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.database import Database
from tests.auth.house import Tablet
from tests.photos.album import Album


@pytest.fixture
def album(store_url: str, tmp_path: Path) -> Iterator[Album]:
    """The application on an empty store and an empty folder."""
    db = Database(store_url)
    found = Album(db, tmp_path / "data")
    with found.client:  # one event loop for all requests, as a worker has
        yield found
    found.app.state.views.close()
    db.close()


@pytest.fixture
def alva(album: Album) -> Tablet:
    """The tablet of a police officer."""
    return album.tablet("alva")

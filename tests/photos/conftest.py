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
    yield Album(db, tmp_path / "data")
    db.close()


@pytest.fixture
def alva(album: Album) -> Tablet:
    """The tablet of a police officer."""
    return album.tablet("alva")

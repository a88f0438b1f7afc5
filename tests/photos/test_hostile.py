"""Whatever is sent as a photo: it is refused, or kept as it came and shown as pixels or not at all."""

from collections.abc import Iterator
from io import BytesIO

import pytest
from PIL import Image

from app.database import Database
from app.photos.decoder import EDGE
from app.settings import Limits
from tests.auth.house import POLICE, Tablet, code_of
from tests.photos.album import Album, ask, create_with, promise, sha, tus
from tests.photos.hostile import CANARY, GOOD, Hostile, corpus

CORPUS = corpus()


@pytest.fixture(scope="module")
def album(module_store_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Album]:
    db = Database(module_store_url)
    found = Album(db, tmp_path_factory.mktemp("hostile") / "data", Limits(chunk_bytes=8 << 20))
    with found.client:
        yield found
    found.app.state.views.close()
    db.close()


@pytest.fixture(scope="module")
def alva(album: Album) -> Tablet:
    return album.tablet("alva")


@pytest.fixture(scope="module")
def bo(album: Album) -> Tablet:
    return album.tablet("bo")


def test_there_are_enough_of_them() -> None:
    assert len(CORPUS) >= 60
    assert len({h.data for h in CORPUS}) == len(CORPUS)


def test_nothing_at_all_is_no_photo(alva: Tablet) -> None:
    assert code_of(tus(alva, "POST", "/blobs/uploads", promise(b""))) == "malformed"


@pytest.mark.asvs("V5.2.2", "V1.3.4", "V5.3.1")
@pytest.mark.parametrize("hostile", CORPUS, ids=lambda h: h.name)
def test_a_hostile_file_is_refused_or_kept_and_never_shown_as_it_is(
    album: Album, alva: Tablet, bo: Tablet, hostile: Hostile
) -> None:
    data, name = hostile.data, sha(hostile.data)
    sent = create_with(alva, data, data)
    album.refer(POLICE, name)
    if not hostile.taken:
        assert (sent.status_code, code_of(sent)) == (415, "unsupported-media")
        assert not album.store.path(name).exists()
        assert [bo.send("GET", f"/blobs/{name}{end}").status_code for end in ("", "/view")] == [404, 404]
        return
    assert (sent.status_code, sent.headers["upload-offset"]) == (201, str(len(data)))
    assert ask(bo, name)["verified"] == [name]
    assert_kept(bo, data)
    if hostile.shown:
        assert_shown(bo, name)
    else:
        refused = bo.send("GET", f"/blobs/{name}/view")
        assert (refused.status_code, code_of(refused)) == (422, "photo-not-shown")
        assert CANARY not in refused.content
    assert_kept(bo, data)


def test_after_all_of_them_a_good_photo_is_shown(album: Album, alva: Tablet, bo: Tablet) -> None:
    assert create_with(alva, GOOD, GOOD).status_code == 201
    album.refer(POLICE, sha(GOOD))
    assert_shown(bo, sha(GOOD))


def assert_kept(reader: Tablet, data: bytes) -> None:
    """The original comes back to the byte, for keeping and not for opening."""
    kept = reader.send("GET", f"/blobs/{sha(data)}")
    assert (kept.status_code, kept.content) == (200, data)
    assert kept.headers["content-disposition"].startswith("attachment")
    assert kept.headers["content-type"] in ("image/jpeg", "image/heic")
    assert_apart(kept.headers)


def assert_shown(reader: Tablet, name: str) -> None:
    """The view is a JPEG of pixels and of what it takes to decode them."""
    view = reader.send("GET", f"/blobs/{name}/view")
    assert (view.status_code, view.headers["content-type"]) == (200, "image/jpeg"), view.text
    assert_apart(view.headers)
    assert CANARY not in view.content
    assert markers(view.content) <= {0xD8, 0xE0, 0xDB, 0xC0, 0xC4, 0xDA, 0xD9}
    with Image.open(BytesIO(view.content)) as image:
        image.load()
        assert max(image.size) <= EDGE
        assert set(image.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}


def assert_apart(headers: object) -> None:
    """A browser that opens it anyway guesses no type and gives it no origin."""
    told = dict(headers)  # type: ignore[call-overload]
    assert told["x-content-type-options"] == "nosniff"
    assert told["content-security-policy"] == "default-src 'none'; sandbox"
    assert {"private", "immutable"} <= set(told["cache-control"].split(", "))
    assert told["vary"] == "Authorization"


def markers(jpeg: bytes) -> set[int]:
    """Every marker of a JPEG: a 0xFF inside pixels has a zero behind it."""
    found, position = {jpeg[1]}, 2
    while position < len(jpeg):
        assert jpeg[position] == 0xFF
        kind = jpeg[position + 1]
        found.add(kind)
        if kind == 0xD9:
            assert position + 2 == len(jpeg), "nothing stands behind the end"
            return found
        position += 2 + int.from_bytes(jpeg[position + 2 : position + 4])
        while kind == 0xDA and (jpeg[position] != 0xFF or jpeg[position + 1] == 0):
            position += 1
    raise AssertionError("it has no end")

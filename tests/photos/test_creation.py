"""The first chunk comes with the creation of an upload: one request for a photo that fits into it."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import insert

from app.clock import now_ms
from app.photos import tables as t
from app.photos import uploads
from app.photos.uploads import MAX_OPEN, Whole, new_upload
from tests.auth.house import Tablet, code_of
from tests.photos.album import (
    LIMITS,
    Album,
    ask,
    b64,
    begin,
    create,
    create_with,
    deliver,
    jpeg,
    offset,
    patch,
    sha,
)

SMALL, DATA = jpeg(900), jpeg()
LIMIT = LIMITS.chunk_bytes
NOTHING: dict[str, list[str]] = {"blobs": [], "uploads": []}


def path_of(location: str) -> str:
    return location.removeprefix("/api/v1")


def checksum(data: bytes) -> dict[str, str]:
    return {"Upload-Checksum": f"sha256 {b64(hashlib.sha256(data).digest())}"}


def test_a_photo_that_fits_into_a_chunk_is_one_request(album: Album, alva: Tablet) -> None:
    answer = create_with(alva, SMALL, SMALL, **checksum(SMALL))
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "900")
    assert answer.headers["tus-resumable"] == "1.0.0"
    assert "upload-expires" not in answer.headers
    assert offset(alva, path_of(answer.headers["location"])) == 900
    assert ask(alva, sha(SMALL))["verified"] == [sha(SMALL)]
    assert album.files() == {"blobs": [sha(SMALL)], "uploads": []}
    assert album.store.path(sha(SMALL)).read_bytes() == SMALL


def test_photos_of_one_moment_are_noted_together_as_each_would_be_alone(album: Album, alva: Tablet) -> None:
    """Twice the same photo, one by somebody else, and one that is under way and keeps its id."""
    path = path_of(create_with(alva, DATA, DATA[:LIMIT]).headers["location"])
    names = (("alva", SMALL), ("alva", SMALL), ("bo", SMALL), ("alva", DATA))
    whole = [
        Whole(new_upload(user, sha(data), len(data), now_ms() + 60_000), "image/jpeg") for user, data in names
    ]
    kept = album.db.write_now(lambda conn: uploads.create_whole(conn, whole, now_ms()))
    assert [(u.user, u.sha256, u.offset) for u in kept] == [
        (user, sha(data), len(data)) for user, data in names
    ]
    assert kept[0] == kept[1]
    assert kept[0].id in {whole[0].upload.id, whole[1].upload.id}
    assert kept[2].id == whole[2].upload.id
    assert path.endswith(kept[3].id)
    assert (album.count("blob"), album.count("blob_holder"), album.count("upload")) == (2, 3, 3)


def test_a_longer_one_goes_on_where_its_first_chunk_ended(album: Album, alva: Tablet) -> None:
    answer = create_with(alva, DATA, DATA[:LIMIT], **checksum(DATA[:LIMIT]))
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, str(LIMIT))
    assert "upload-expires" in answer.headers
    path = path_of(answer.headers["location"])
    for at in (LIMIT, 2 * LIMIT):
        assert patch(alva, path, at, DATA[at : at + LIMIT]).status_code == 204
    assert album.store.path(sha(DATA)).read_bytes() == DATA


def test_the_same_creation_again_finds_the_first_and_moves_nothing(album: Album, alva: Tablet) -> None:
    for data in (SMALL, DATA):
        first, again = (create_with(alva, data, data[:LIMIT]) for _ in range(2))
        assert again.headers["location"] == first.headers["location"]
        assert again.headers["upload-offset"] == first.headers["upload-offset"] == str(min(LIMIT, len(data)))
    assert (album.count("upload"), album.count("blob"), album.count("blob_holder")) == (2, 1, 1)


@pytest.mark.parametrize("data", [SMALL, DATA], ids=["whole", "first chunk"])
def test_the_same_creation_several_times_at_once_makes_one(album: Album, alva: Tablet, data: bytes) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: create_with(alva, data, data[:LIMIT]), range(4)))
    assert {a.status_code for a in answers} == {201}
    assert {a.headers["upload-offset"] for a in answers} == {str(min(LIMIT, len(data)))}
    assert len({a.headers["location"] for a in answers}) == album.count("upload") == 1
    assert deliver(alva, data).status_code in (200, 204)
    assert album.files() == {"blobs": [sha(data)], "uploads": []}


def test_it_adds_to_what_came_before(alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:600])
    answer = create_with(alva, DATA, DATA[:LIMIT])
    assert path_of(answer.headers["location"]) == path
    assert answer.headers["upload-offset"] == str(LIMIT)
    assert create_with(alva, DATA, DATA[:600]).headers["upload-offset"] == str(LIMIT)
    assert deliver(alva, DATA).status_code == 204


def test_a_photo_that_comes_whole_finishes_what_came_before(album: Album, alva: Tablet) -> None:
    path = begin(alva, SMALL)
    patch(alva, path, 0, SMALL[:600])
    answer = create_with(alva, SMALL, SMALL)
    assert (path_of(answer.headers["location"]), answer.headers["upload-offset"]) == (path, "900")
    assert album.files() == {"blobs": [sha(SMALL)], "uploads": []}
    assert code_of(patch(alva, path, 600, SMALL[600:])) == "upload-offset"


def test_lost_bytes_come_back_by_one_request(album: Album, alva: Tablet) -> None:
    create_with(alva, SMALL, SMALL)
    album.store.path(sha(SMALL)).unlink()
    assert ask(alva, sha(SMALL))["missing"] == [sha(SMALL)]
    assert create_with(alva, SMALL, SMALL).headers["upload-offset"] == "900"
    assert album.store.path(sha(SMALL)).read_bytes() == SMALL


def test_two_people_who_send_the_same_bytes_both_hold_them(album: Album, alva: Tablet) -> None:
    bo = album.tablet("bo")
    answers = [create_with(each, SMALL, SMALL) for each in (alva, bo)]
    assert len({a.headers["location"] for a in answers}) == 2
    assert (album.count("blob"), album.count("blob_holder")) == (1, 2)


@pytest.mark.parametrize("data", [SMALL, DATA], ids=["whole", "first chunk"])
def test_a_wrong_checksum_creates_nothing(album: Album, alva: Tablet, data: bytes) -> None:
    answer = create_with(alva, data, data[:LIMIT], **checksum(b"other"))
    assert (answer.status_code, code_of(answer)) == (460, "checksum-mismatch")
    assert (album.count("upload"), album.files()) == (0, NOTHING)


def test_what_is_not_what_was_promised_creates_nothing(album: Album, alva: Tablet) -> None:
    forged, document = jpeg(900, seed=2), b"%PDF-1.7" + bytes(100)
    for promised in ({}, checksum(SMALL), checksum(forged)):
        assert code_of(create_with(alva, SMALL, forged, **promised)) == "checksum-mismatch"
    assert code_of(create_with(alva, DATA, DATA[:LIMIT], **checksum(DATA))) == "checksum-mismatch"
    assert code_of(create_with(alva, document, document)) == "unsupported-media"
    assert (album.count("upload"), album.count("blob"), album.files()) == (0, 0, NOTHING)


def test_its_limits_are_those_of_a_chunk(album: Album, alva: Tablet) -> None:
    for data, first in ((DATA, DATA[: LIMIT + 1]), (SMALL, SMALL + b"x")):
        answer = create_with(alva, data, first)
        assert (answer.status_code, code_of(answer)) == (413, "too-large")
    assert (album.count("upload"), album.files()) == (0, NOTHING)
    assert create_with(alva, DATA, b"").headers["upload-offset"] == "0"


def test_bytes_that_do_not_call_themselves_a_chunk_are_none(alva: Tablet) -> None:
    answer = create_with(alva, SMALL, SMALL, **{"Content-Type": "image/jpeg"})
    assert (answer.status_code, answer.headers["upload-offset"]) == (201, "0")


def test_a_whole_photo_is_no_unfinished_upload(album: Album, alva: Tablet) -> None:
    facts = {"user": "alva", "size": 9, "offset": 0, "created": 1, "expires": 2**50}
    rows = [{"id": f"u{i}", "sha256": f"d{i}", **facts} for i in range(MAX_OPEN)]
    album.db.write_now(lambda conn: conn.execute(insert(t.upload), rows))
    assert code_of(create(alva, DATA)) == code_of(create_with(alva, DATA, DATA[:LIMIT])) == "too-many"
    assert create_with(alva, SMALL, SMALL).status_code == 201

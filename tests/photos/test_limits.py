"""Every limit holds at its value and refuses one more."""

import pytest
from sqlalchemy import insert

from app.photos import tables as t
from app.photos.router import MAX_DIGESTS
from app.photos.uploads import MAX_OPEN
from tests.auth.house import Tablet, code_of
from tests.photos.album import (
    CHUNK,
    LIMITS,
    UPLOADS,
    Album,
    b64,
    begin,
    create,
    deliver,
    jpeg,
    offset,
    patch,
    sha,
    tus,
)


@pytest.mark.asvs("V5.2.1")
def test_a_photo_at_the_limit_is_taken_and_one_byte_more_is_not(alva: Tablet) -> None:
    assert deliver(alva, jpeg(LIMITS.photo_bytes)).status_code == 204
    refused = create(alva, jpeg(LIMITS.photo_bytes + 1))
    assert (refused.status_code, code_of(refused)) == (413, "too-large")


def test_a_chunk_at_the_limit_is_taken_and_one_byte_more_is_not(alva: Tablet) -> None:
    data = jpeg(2500)
    path, size = begin(alva, data), LIMITS.chunk_bytes
    refused = patch(alva, path, 0, data[: size + 1])
    assert (refused.status_code, code_of(refused)) == (413, "too-large")
    assert offset(alva, path) == 0
    assert patch(alva, path, 0, data[:size]).status_code == 204


def test_a_chunk_ends_where_the_upload_ends(alva: Tablet) -> None:
    data = jpeg(500)
    path = begin(alva, data)
    refused = patch(alva, path, 0, data + b"x")
    assert (refused.status_code, code_of(refused)) == (413, "too-large")
    assert patch(alva, path, 0, data).status_code == 204


def test_an_empty_chunk_changes_nothing(alva: Tablet) -> None:
    data = jpeg(500)
    path = begin(alva, data)
    assert patch(alva, path, 0, b"").headers["upload-offset"] == "0"
    patch(alva, path, 0, data)
    assert patch(alva, path, 500, b"").headers["upload-offset"] == "500"


@pytest.mark.parametrize("length", [None, "", "0", "-1", "1.5", "x", "²", 16 * "9"])
def test_a_length_that_is_no_count_is_malformed(alva: Tablet, length: str | None) -> None:
    headers = {b"Upload-Metadata": f"sha256 {b64(64 * b'a')}".encode()}
    headers |= {} if length is None else {b"Upload-Length": length.encode()}
    answer = alva.send("POST", UPLOADS, headers={**headers, "Tus-Resumable": "1.0.0"})
    assert code_of(answer) == "malformed"


@pytest.mark.parametrize(
    "metadata",
    [
        None,
        "",
        "sha256",
        "sha256 %%",
        "filetype aW1hZ2U=",
        f"sha256 {b64(63 * b'a')}",
        f"sha256 {b64(64 * b'A')}",
        "sha256 /w==",
    ],
)
def test_an_upload_must_promise_a_digest(alva: Tablet, metadata: str | None) -> None:
    headers = {"Upload-Length": "5"} | ({} if metadata is None else {"Upload-Metadata": metadata})
    assert code_of(tus(alva, "POST", UPLOADS, headers)) == "malformed"


@pytest.mark.parametrize("value", [None, "", "-1", "x", 16 * "9"])
def test_an_offset_that_is_no_count_is_malformed(alva: Tablet, value: str | None) -> None:
    path = begin(alva, jpeg())
    headers = {"Content-Type": CHUNK} | ({} if value is None else {"Upload-Offset": value})
    assert code_of(tus(alva, "PATCH", path, headers, content=b"x")) == "malformed"


@pytest.mark.parametrize("kind", [None, "image/jpeg"])
def test_a_chunk_has_its_own_media_type(alva: Tablet, kind: str | None) -> None:
    path = begin(alva, jpeg())
    headers = {"Upload-Offset": "0"} | ({} if kind is None else {"Content-Type": kind})
    assert code_of(tus(alva, "PATCH", path, headers, content=b"x")) == "unsupported-media"


def test_five_hundred_digests_may_be_asked_about_and_no_more(alva: Tablet) -> None:
    digests = [sha(b"%d" % i) for i in range(MAX_DIGESTS + 1)]
    answer = alva.send("POST", "/blobs/missing", json={"sha256": digests[:-1]})
    assert answer.json() == {"missing": digests[:-1], "partial": {}, "verified": [], "stable": []}
    assert code_of(alva.send("POST", "/blobs/missing", json={"sha256": digests})) == "malformed"


@pytest.mark.parametrize(
    "body", [{}, {"sha256": "x"}, {"sha256": ["x"]}, {"sha256": [64 * "A"]}, {"sha256": [64 * "a" + "\n"]}]
)
def test_what_is_no_list_of_digests_is_malformed(alva: Tablet, body: object) -> None:
    assert code_of(alva.send("POST", "/blobs/missing", json=body)) == "malformed"


@pytest.mark.asvs("V2.3.2")
def test_an_account_has_so_many_unfinished_uploads_and_no_more(album: Album, alva: Tablet) -> None:
    facts = {"user": "alva", "size": 9, "offset": 0, "created": 1, "expires": 2**50}
    rows = [{"id": f"u{i}", "sha256": f"d{i}", **facts} for i in range(MAX_OPEN - 1)]
    album.db.write_now(lambda conn: conn.execute(insert(t.upload), rows))
    assert create(alva, jpeg(seed=1)).status_code == 201
    refused = create(alva, jpeg(seed=2))
    assert (refused.status_code, code_of(refused), refused.headers["retry-after"]) == (429, "too-many", "60")
    assert create(alva, jpeg(seed=1)).status_code == 201
    assert create(album.tablet("bo"), jpeg(seed=2)).status_code == 201
    assert len(album.files()["uploads"]) == 2

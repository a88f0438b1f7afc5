"""A photo continues where it stopped, whatever was sent twice, and is kept only if it is what was promised."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import update

from app.photos import tables as t
from tests.auth.house import DAY, Tablet, code_of, told
from tests.photos.album import (
    CHUNK,
    LIMITS,
    UPLOADS,
    Album,
    ask,
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

DATA = jpeg()
LIMIT = LIMITS.chunk_bytes


def test_a_photo_arrives_in_chunks_and_is_verified(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    for at in range(0, len(DATA), LIMIT):
        answer = patch(alva, path, at, DATA[at : at + LIMIT])
        assert answer.status_code == 204
        assert int(answer.headers["upload-offset"]) == offset(alva, path) == min(at + LIMIT, len(DATA))
    assert ask(alva, sha(DATA)) == {"missing": [], "partial": {}, "verified": [sha(DATA)], "stable": []}
    assert album.files() == {"blobs": [sha(DATA)], "uploads": []}
    assert album.store.path(sha(DATA)).read_bytes() == DATA


def test_every_answer_names_the_version_of_the_protocol(alva: Tablet) -> None:
    path = begin(alva, DATA)
    answers = [
        alva.send("OPTIONS", UPLOADS),
        create(alva, DATA),
        tus(alva, "HEAD", path, {}),
        patch(alva, path, 7, b"x"),
        tus(alva, "DELETE", path, {}),
        tus(alva, "DELETE", path, {}),
    ]
    assert [a.status_code for a in answers] == [204, 201, 200, 409, 204, 404]
    assert {a.headers["tus-resumable"] for a in answers} == {"1.0.0"}


def test_the_server_tells_what_it_can(alva: Tablet) -> None:
    headers = alva.send("OPTIONS", UPLOADS).headers
    assert headers["tus-version"] == "1.0.0"
    assert headers["tus-extension"] == "creation,creation-with-upload,checksum,expiration,termination"
    assert headers["tus-checksum-algorithm"] == "sha256"
    assert headers["tus-max-size"] == str(LIMITS.photo_bytes)


@pytest.mark.parametrize("version", [None, "0.2.2"])
def test_another_version_of_the_protocol_is_refused(alva: Tablet, version: str | None) -> None:
    headers = {} if version is None else {"Tus-Resumable": version}
    answer = alva.send("POST", UPLOADS, headers=headers)
    assert (answer.status_code, code_of(answer)) == (412, "tus-version")
    assert answer.headers["tus-version"] == "1.0.0"


def test_creating_the_same_upload_again_finds_the_first(alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:600])
    again = create(alva, DATA)
    assert again.headers["location"].endswith(path)
    assert again.headers["upload-offset"] == "600"


def test_creating_it_twice_at_once_makes_one(album: Album, alva: Tablet) -> None:
    with ThreadPoolExecutor(4) as pool:
        paths = {a.headers["location"] for a in pool.map(lambda _: create(alva, DATA), range(4))}
    assert len(paths) == album.count("upload") == len(album.files()["uploads"]) == 1


def test_a_chunk_sent_twice_is_told_where_the_upload_stands(alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:LIMIT])
    again = patch(alva, path, 0, DATA[:LIMIT])
    assert (again.status_code, code_of(again), again.json()["offset"]) == (409, "upload-offset", LIMIT)
    assert again.headers["upload-offset"] == str(LIMIT)


def test_the_last_chunk_sent_twice_does_no_harm(album: Album, alva: Tablet) -> None:
    deliver(alva, DATA)
    path = begin(alva, DATA)
    again = patch(alva, path, 2000, DATA[2000:])
    assert (again.status_code, again.json()["offset"]) == (409, len(DATA))
    assert (album.count("blob"), album.count("blob_holder")) == (1, 1)


def test_every_chunk_sent_twice_at_once_arrives_once(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    with ThreadPoolExecutor(2) as pool:
        for at in range(0, len(DATA), LIMIT):
            sent = list(
                pool.map(lambda start: patch(alva, path, start, DATA[start : start + LIMIT]), [at, at])
            )
            assert sorted(a.status_code for a in sent) == [204, 409]
    assert album.store.path(sha(DATA)).read_bytes() == DATA
    assert album.files()["uploads"] == []


def test_two_people_who_send_the_same_bytes_both_finish(album: Album, alva: Tablet) -> None:
    bo = album.tablet("bo")
    paths = begin(alva, DATA), begin(bo, DATA)
    assert paths[0] != paths[1]
    assert deliver(alva, DATA).status_code == 204
    assert ask(bo, sha(DATA))["verified"] == []
    assert deliver(bo, DATA).status_code == 204
    assert ask(bo, sha(DATA))["verified"] == [sha(DATA)]
    assert (album.count("blob"), album.count("blob_holder")) == (1, 2)


def test_who_comes_back_is_told_where_to_continue(alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:600])
    other = sha(b"other")
    assert ask(alva, sha(DATA), other, other) == {
        "missing": [other],
        "partial": {sha(DATA): {"url": f"/api/v1{path}", "offset": 600}},
        "verified": [],
        "stable": [],
    }


def test_a_chunk_with_a_wrong_checksum_is_forgotten(alva: Tablet) -> None:
    path = begin(alva, DATA)
    wrong = {"Upload-Checksum": f"sha256 {b64(hashlib.sha256(b'other').digest())}"}
    answer = patch(alva, path, 0, DATA[:LIMIT], **wrong)
    assert (answer.status_code, code_of(answer)) == (460, "checksum-mismatch")
    assert offset(alva, path) == 0
    right = {"Upload-Checksum": f"sha256 {b64(hashlib.sha256(DATA[:LIMIT]).digest())}"}
    assert patch(alva, path, 0, DATA[:LIMIT], **right).status_code == 204


@pytest.mark.parametrize(
    "header", ["", "sha256", "sha256 %%", "sha256 AAAA", "md5 " + b64(bytes(16)), "sha1 " + b64(bytes(32))]
)
def test_a_checksum_that_cannot_be_read_is_malformed(alva: Tablet, header: str) -> None:
    path = begin(alva, DATA)
    assert code_of(patch(alva, path, 0, DATA[:LIMIT], **{"Upload-Checksum": header})) == "malformed"
    assert offset(alva, path) == 0


def test_a_photo_that_is_not_what_was_promised_is_forgotten(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    forged = jpeg(seed=2)
    for at in (0, 1000):
        patch(alva, path, at, forged[at : at + LIMIT])
    answer = patch(alva, path, 2000, forged[2000:])
    assert (answer.status_code, code_of(answer)) == (460, "checksum-mismatch")
    assert tus(alva, "HEAD", path, {}).status_code == 404
    assert ask(alva, sha(DATA), sha(forged))["missing"] == [sha(DATA), sha(forged)]
    assert album.files() == {"blobs": [], "uploads": []}
    assert deliver(alva, DATA).status_code == 204


def test_what_is_no_photo_is_forgotten(album: Album, alva: Tablet) -> None:
    answer = deliver(alva, b"%PDF-1.7" + bytes(100))
    assert (answer.status_code, code_of(answer)) == (415, "unsupported-media")
    assert album.files() == {"blobs": [], "uploads": []}
    assert album.count("upload") == album.count("blob") == 0


def test_an_upload_can_be_ended(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:LIMIT])
    assert tus(alva, "DELETE", path, {}).status_code == 204
    assert tus(alva, "HEAD", path, {}).status_code == 404
    assert album.files()["uploads"] == []


def test_ending_a_finished_upload_keeps_the_photo(album: Album, alva: Tablet) -> None:
    deliver(alva, DATA)
    assert tus(alva, "DELETE", begin(alva, DATA), {}).status_code == 204
    assert ask(alva, sha(DATA))["verified"] == [sha(DATA)]
    assert album.files()["blobs"] == [sha(DATA)]


@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_somebody_else_s_upload_answers_like_an_unknown_one(album: Album, alva: Tablet, method: str) -> None:
    bo, headers = album.tablet("bo"), {"Content-Type": CHUNK, "Upload-Offset": "0"}
    paths = (begin(alva, DATA), f"{UPLOADS}/{32 * '0'}", f"{UPLOADS}/nonsense", f"{UPLOADS}/%00")
    answers = [tus(bo, method, path, headers) for path in paths]
    assert answers[0].status_code == 404
    assert all(told(answer) == told(answers[0]) for answer in answers)


def test_an_expired_upload_is_gone_and_swept(album: Album, alva: Tablet) -> None:
    path, done = begin(alva, DATA), jpeg(seed=2)
    patch(alva, path, 0, DATA[:LIMIT])
    deliver(alva, done)
    album.db.write_now(lambda conn: conn.execute(update(t.upload).values(expires=1)))
    assert tus(alva, "HEAD", path, {}).status_code == 404
    assert ask(alva, sha(DATA))["missing"] == [sha(DATA)]
    assert [album.sweep(at) for at in (0, 1, 1)] == [0, 2, 0]
    assert album.files() == {"blobs": [sha(done)], "uploads": []}
    assert ask(alva, sha(done))["verified"] == [sha(done)]


def test_an_upload_that_moves_lives_longer(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    album.db.write_now(lambda conn: conn.execute(update(t.upload).values(expires=t.upload.c.created + DAY)))
    before = tus(alva, "HEAD", path, {}).headers["upload-expires"]
    assert patch(alva, path, 0, DATA[:LIMIT]).headers["upload-expires"] != before


def test_an_expired_upload_can_be_created_anew(alva: Tablet, album: Album) -> None:
    path = begin(alva, DATA)
    album.db.write_now(lambda conn: conn.execute(update(t.upload).values(expires=1)))
    assert begin(alva, DATA) != path
    assert deliver(alva, DATA).status_code == 204

"""A server that dies between any two steps: nothing half done counts, and sending again heals (I12, I15)."""

import os
import random
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from app.errors import Unavailable
from app.photos import store as store_module
from app.photos import uploads
from app.photos.store import BlobStore
from tests.auth.house import Tablet, code_of
from tests.photos.album import Album, ask, begin, create, create_with, deliver, jpeg, offset, patch, sha, tus

DATA = jpeg()


class Killed(Exception):
    """The server ends here."""


def dies(*_: Any, **__: Any) -> None:
    raise Killed


def dies_after(work: Callable[..., Any]) -> Callable[..., None]:
    def working(*args: Any, **kwargs: Any) -> None:
        work(*args, **kwargs)
        raise Killed

    return working


STEPS = {
    "before the chunk is written": (BlobStore, "write", dies),
    "after the chunk is written": (BlobStore, "write", dies_after(BlobStore.write)),
    "before the whole is hashed": (BlobStore, "finish", dies),
    "before the file gets its name": (os, "link", dies),
    "after the file got its name": (os, "link", dies_after(os.link)),
    "before the folder is on the disk": (store_module, "_sync", dies),
    "after the file is in its place": (BlobStore, "finish", dies_after(BlobStore.finish)),
    "before the database notes the photo": (uploads, "complete", dies),
    "after the database noted it, before the commit": (uploads, "complete", dies_after(uploads.complete)),
    "before the upload's file is removed": (BlobStore, "drop", dies),
}


@pytest.mark.parametrize("step", STEPS)
def test_dying_at_the_last_chunk_is_healed_by_sending_again(
    album: Album, alva: Tablet, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    path = begin(alva, DATA)
    for at in (0, 1000):
        patch(alva, path, at, DATA[at : at + 1000])
    owner, name, fault = STEPS[step]
    with monkeypatch.context() as patched:
        patched.setattr(owner, name, fault)
        assert code_of(patch(alva, path, 2000, DATA[2000:])) == "internal"
    was_noted = step == "before the upload's file is removed"
    assert album.count("blob") == was_noted
    assert (ask(alva, sha(DATA))["verified"] == [sha(DATA)]) is was_noted
    assert deliver(alva, DATA).status_code == (200 if was_noted else 204)
    assert ask(alva, sha(DATA))["verified"] == [sha(DATA)]
    assert album.store.path(sha(DATA)).read_bytes() == DATA


@pytest.mark.parametrize("fault", [dies, dies_after(BlobStore.write)])
def test_a_chunk_that_was_not_acknowledged_does_not_count(
    alva: Tablet, monkeypatch: pytest.MonkeyPatch, fault: Callable[..., Any]
) -> None:
    path = begin(alva, DATA)
    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "write", fault)
        assert code_of(patch(alva, path, 0, jpeg(1000, seed=9))) == "internal"
    assert offset(alva, path) == 0
    assert deliver(alva, DATA).status_code == 204


def test_dying_while_an_upload_is_created_leaves_a_file_that_is_swept(
    album: Album, alva: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "create", dies)
        patched.setattr(BlobStore, "drop", dies)
        assert code_of(create(alva, DATA)) == "internal"
    assert len(album.files()["uploads"]) == 1
    assert album.sweep(2**50) == 1
    assert album.files()["uploads"] == []


def test_a_failed_creation_leaves_no_file(
    album: Album, alva: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(uploads, "create", dies)
        create(alva, DATA)
    assert album.files()["uploads"] == []


def test_an_upload_whose_file_was_lost_begins_anew(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:1000])
    (album.root / "uploads" / album.files()["uploads"][0]).unlink()
    assert tus(alva, "HEAD", path, {}).status_code == 404
    assert patch(alva, path, 1000, DATA[1000:2000]).status_code == 404
    assert ask(alva, sha(DATA))["missing"] == [sha(DATA)]
    assert begin(alva, DATA) != path
    assert deliver(alva, DATA).status_code == 204


def test_an_upload_whose_file_is_older_than_the_database_begins_anew(album: Album, alva: Tablet) -> None:
    path = begin(alva, DATA)
    patch(alva, path, 0, DATA[:1000])
    (album.root / "uploads" / album.files()["uploads"][0]).write_bytes(DATA[:999])
    assert tus(alva, "HEAD", path, {}).status_code == 404
    assert deliver(alva, DATA).status_code == 204


def test_a_full_disk_is_a_reason_to_come_back(alva: Tablet, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    path = begin(alva, DATA)
    with monkeypatch.context() as patched:
        patched.setattr(BlobStore, "write", full)
        answer = patch(alva, path, 0, DATA[:1000])
    assert (answer.status_code, code_of(answer)) == (Unavailable.status, "unavailable")
    assert int(answer.headers["retry-after"]) > 0
    assert deliver(alva, DATA).status_code == 204


WHOLE_STEPS = {
    **{step: STEPS[step] for step in STEPS if step.startswith(("before the f", "after the file got"))},
    "after the photo is in its place": (BlobStore, "keep", dies_after(BlobStore.keep)),
    "after the database noted it, before the commit": (
        uploads,
        "create_whole",
        dies_after(uploads.create_whole),
    ),
}


@pytest.mark.parametrize("step", WHOLE_STEPS)
def test_dying_at_a_photo_that_comes_whole_is_healed_by_sending_again(
    album: Album, alva: Tablet, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    photo = jpeg(900)
    with monkeypatch.context() as patched:
        patched.setattr(*WHOLE_STEPS[step])
        assert code_of(create_with(alva, photo, photo)) == "internal"
    assert (album.count("blob"), album.count("upload")) == (0, 0)
    assert ask(alva, sha(photo))["missing"] == [sha(photo)]
    assert create_with(alva, photo, photo).headers["upload-offset"] == "900"
    assert ask(alva, sha(photo))["verified"] == [sha(photo)]
    assert album.store.path(sha(photo)).read_bytes() == photo
    assert album.files()["uploads"] == []


LINES = ("good", "request lost", "answer lost", *STEPS)


class BadLine:
    """A tablet's client loop over a line that mostly fails: asks what is missing, continues, starts over."""

    def __init__(self, album: Album, tablet: Tablet, monkeypatch: pytest.MonkeyPatch) -> None:
        self.album, self.tablet, self.monkeypatch, self.chance = (
            album,
            tablet,
            monkeypatch,
            random.Random(2018),
        )

    def deliver(self, data: bytes) -> None:
        """Try until the server says that it has the bytes."""
        for _ in range(200):
            state = ask(self.tablet, sha(data))
            if state["verified"]:
                return
            known = state["partial"].get(sha(data))
            if known is None:
                first = data[: self.chance.choice((0, 1000))]
                self.through(partial(create_with, self.tablet, data, first))
            else:
                path, at = known["url"].removeprefix("/api/v1"), known["offset"]
                part = data[at : at + 1000]
                self.through(partial(patch, self.tablet, path, at, part))
        raise AssertionError("no progress")

    def through(self, request: Callable[[], Any]) -> None:
        """One request with one of the faults, sent twice now and then."""
        line = self.chance.choice(LINES)
        if line == "request lost":
            return
        with self.monkeypatch.context() as patched:
            if line in STEPS:
                patched.setattr(*STEPS[line])
            for _ in range(self.chance.choice((1, 1, 2))):
                request()


def test_photos_arrive_exactly_once_over_a_line_that_mostly_fails(
    album: Album, alva: Tablet, monkeypatch: pytest.MonkeyPatch
) -> None:
    photos = [jpeg(size, seed) for seed, size in enumerate((900, 1000, 1001, 2500, 3000) * 3)]
    line = BadLine(album, alva, monkeypatch)
    for photo in photos:
        line.deliver(photo)
    assert album.count("blob") == album.count("blob_holder") == album.count("upload") == len(photos)
    assert album.files()["blobs"] == sorted(map(sha, photos))
    assert all(album.store.path(sha(photo)).read_bytes() == photo for photo in photos)
    album.sweep(2**50)
    assert album.files()["uploads"] == []
    assert ask(alva, *map(sha, photos))["verified"] == [sha(photo) for photo in photos]

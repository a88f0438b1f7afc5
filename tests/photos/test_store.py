"""Bytes lie under their digest, whole or not at all, and are never replaced."""

import os
from pathlib import Path

import pytest

from app.errors import ChecksumMismatch, UnsupportedMedia
from app.photos.store import BlobStore, PartLost, media_type
from tests.photos.album import Album, jpeg, sha

DATA = jpeg()


@pytest.fixture
def store(tmp_path: Path) -> BlobStore:
    return BlobStore(tmp_path)


def part(store: BlobStore, data: bytes, name: str = "u1") -> str:
    store.begin(name)
    store.write(name, 0, data)
    return name


def names(folder: Path) -> list[str]:
    return sorted(f.name for f in folder.rglob("*") if f.is_file())


@pytest.mark.asvs("V5.3.2", "V5.3.1")
def test_finished_bytes_lie_under_their_digest_for_the_server_alone(store: BlobStore, tmp_path: Path) -> None:
    assert store.finish(part(store, DATA), len(DATA), sha(DATA)) == "image/jpeg"
    path = tmp_path / "blobs" / sha(DATA)[:2] / sha(DATA)[2:4] / sha(DATA)
    assert path == store.path(sha(DATA))
    assert path.read_bytes() == DATA
    assert path.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "blobs").stat().st_mode & 0o777 == 0o700


def test_what_does_not_hash_to_its_name_leaves_nothing(store: BlobStore, tmp_path: Path) -> None:
    with pytest.raises(ChecksumMismatch):
        store.finish(part(store, DATA), len(DATA), sha(b"another"))
    assert names(tmp_path) == ["u1"]


@pytest.mark.asvs("V5.2.2")
@pytest.mark.parametrize(
    "data",
    [
        b"%PDF-1.7 and so on",
        b"GIF89a and so on",
        b"<svg>and so on",
        b"\x00\x00\x00\x18ftypmp42and so on",
        b"\xff\xd8",
    ],
)
def test_other_media_are_refused_and_leave_nothing(store: BlobStore, tmp_path: Path, data: bytes) -> None:
    with pytest.raises(UnsupportedMedia):
        store.finish(part(store, data), len(data), sha(data))
    assert names(tmp_path) == ["u1"]


@pytest.mark.parametrize("brand", [b"heic", b"heix", b"mif1"])
def test_heic_is_known_by_its_brand(brand: bytes) -> None:
    assert media_type(b"\x00\x00\x00\x18ftyp" + brand) == "image/heic"


def test_the_same_bytes_again_leave_the_first_file_alone(store: BlobStore) -> None:
    store.finish(part(store, DATA), len(DATA), sha(DATA))
    first = store.path(sha(DATA)).stat()
    store.finish(part(store, DATA, "u2"), len(DATA), sha(DATA))
    again = store.path(sha(DATA)).stat()
    assert (first.st_ino, first.st_mtime_ns) == (again.st_ino, again.st_mtime_ns)


def test_a_repeated_chunk_after_the_end_cannot_reach_what_is_kept(store: BlobStore, tmp_path: Path) -> None:
    file = os.open(tmp_path / "uploads" / part(store, DATA), os.O_WRONLY)
    store.finish("u1", len(DATA), sha(DATA))
    os.pwrite(file, b"forged", 0)
    os.close(file)
    assert store.path(sha(DATA)).read_bytes() == DATA


def test_a_file_that_the_disk_cut_short_is_put_aside_for_the_good_bytes(store: BlobStore) -> None:
    store.finish(part(store, DATA), len(DATA), sha(DATA))
    path = store.path(sha(DATA))
    path.write_bytes(DATA[:7])
    assert not store.has(sha(DATA), len(DATA))
    store.finish(part(store, DATA, "u2"), len(DATA), sha(DATA))
    assert path.read_bytes() == DATA
    (damaged,) = path.parent.glob("*.damaged-*")
    assert damaged.read_bytes() == DATA[:7]


def test_a_chunk_does_not_shorten_and_may_be_repeated(store: BlobStore, tmp_path: Path) -> None:
    name = part(store, b"abcdef")
    store.write(name, 2, b"CD")
    store.write(name, 2, b"CD")
    assert (tmp_path / "uploads" / name).read_bytes() == b"abCDef"


def test_a_part_that_is_gone_or_too_short_is_lost(store: BlobStore) -> None:
    with pytest.raises(PartLost):
        store.write("unknown", 0, b"a")
    name = part(store, b"abc")
    with pytest.raises(PartLost):
        store.write(name, 4, b"e")
    with pytest.raises(PartLost):
        store.finish(name, 4, sha(b"abcd"))


def test_strays_go_after_a_while_and_what_is_alive_stays(store: BlobStore, tmp_path: Path) -> None:
    for name in ("alive", "old", "young"):
        part(store, b"abc", name)
    for name in ("alive", "old"):
        os.utime(tmp_path / "uploads" / name, (1_000, 1_000))
    assert store.drop_strays(frozenset({"alive"}), before=2_000_000) == 1
    assert names(tmp_path) == ["alive", "young"]


def test_the_server_keeps_its_own_bytes_the_same_way(album: Album) -> None:
    digests = [
        album.db.write_now(lambda conn: album.store.add(conn, DATA, "image/jpeg", 1)) for _ in range(2)
    ]
    assert digests == [sha(DATA)] * 2
    assert album.store.path(sha(DATA)).read_bytes() == DATA
    assert (album.count("blob"), album.count("blob_holder")) == (1, 1)


def test_the_server_cannot_keep_what_is_not_what_it_says(album: Album) -> None:
    with pytest.raises(UnsupportedMedia):
        album.db.write_now(lambda conn: album.store.add(conn, DATA, "image/heic", 1))
    assert album.files() == {"blobs": [], "uploads": []}

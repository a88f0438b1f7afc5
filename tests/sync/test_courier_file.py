"""The courier's file, byte for byte: the vectors that the tablets' twin shares, and every way to damage one."""

from io import BytesIO
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from app.domain.commit import b64, point_of, unb64
from app.sync.courier import (
    FRAME_BYTES,
    INFO,
    MAGIC,
    PHOTO_BYTES,
    Commits,
    NotOurs,
    PhotoPart,
    open_frame,
    pack,
    read_plain,
    seal_frame,
    unpack,
)
from tests.domain.vectors import FOLDER, read

VECTORS: dict[str, Any] = read(FOLDER / "courier.json")
FRAMES = VECTORS["frames"]


def private(name: str) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(int.from_bytes(unb64(VECTORS[name]["d"])), ec.SECP256R1())


SEAL, EPHEMERAL = private("seal"), private("ephemeral")
POINT = point_of(SEAL.public_key())
FILE = unb64(VECTORS["file"])


def test_the_vectors_name_what_the_code_uses() -> None:
    assert (MAGIC.decode(), INFO.decode()) == (VECTORS["magic"], VECTORS["info"])
    assert b64(POINT) == VECTORS["seal"]["point"]
    assert b64(point_of(EPHEMERAL.public_key())) == VECTORS["ephemeral"]["point"]


@pytest.mark.parametrize("vector", FRAMES, ids=lambda v: v["name"])
def test_a_frame_is_sealed_and_opened_as_its_vector_says(vector: dict[str, str]) -> None:
    plain, frame = unb64(vector["plain"]), unb64(vector["frame"])
    assert seal_frame(POINT, EPHEMERAL, unb64(vector["iv"]), plain) == frame
    assert open_frame(SEAL, frame) == plain


def test_a_file_is_its_frames() -> None:
    frames = [unb64(vector["frame"]) for vector in FRAMES]
    assert b"".join(pack(frames)) == FILE
    assert list(unpack(BytesIO(FILE))) == frames


def test_what_the_frames_carry() -> None:
    commits, first, last, nothing = (read_plain(unb64(vector["plain"])) for vector in FRAMES)
    assert isinstance(commits, Commits)
    assert commits.ndjson.count(b"\n") == 2
    assert nothing == Commits(b"")
    assert isinstance(first, PhotoPart)
    assert isinstance(last, PhotoPart)
    assert (first.offset, last.offset) == (0, len(first.data))
    assert len(first.data + last.data) == first.size == last.size
    assert first.actor is not None


@pytest.mark.asvs("V11.3.2", "V11.3.3")
@given(at=st.integers(0, len(unb64(FRAMES[0]["frame"])) - 1), bit=st.integers(0, 7))
def test_a_frame_with_a_flipped_bit_does_not_open(at: int, bit: int) -> None:
    frame = bytearray(unb64(FRAMES[0]["frame"]))
    frame[at] ^= 1 << bit
    with pytest.raises(NotOurs):
        open_frame(SEAL, bytes(frame))


@given(length=st.integers(0, len(FILE) - 1))
def test_a_file_that_was_cut_ends_with_what_was_whole(length: int) -> None:
    """Every frame before the cut comes out; a cut inside one is told."""
    found = []
    try:
        for frame in unpack(BytesIO(FILE[:length])):
            found.append(frame)  # noqa: PERF402 - what came before the error counts
    except NotOurs:
        assert b"".join(pack(found)) != FILE[:length]
    else:
        assert b"".join(pack(found)) == FILE[:length]


def test_a_frame_for_another_server_does_not_open() -> None:
    with pytest.raises(NotOurs):
        open_frame(ec.generate_private_key(ec.SECP256R1()), unb64(FRAMES[0]["frame"]))


@pytest.mark.parametrize("frame", [b"", bytes(92), bytes(93), b"\x04" + bytes(200), bytes(FRAME_BYTES + 1)])
def test_what_is_no_frame_does_not_open(frame: bytes) -> None:
    with pytest.raises(NotOurs):
        open_frame(SEAL, frame)


def test_a_length_above_the_limit_is_refused_before_it_is_read() -> None:
    with pytest.raises(NotOurs, match="frame 1"):
        list(unpack(BytesIO(MAGIC + (FRAME_BYTES + 1).to_bytes(4))))


SHA = "0" * 64


@pytest.mark.parametrize(
    "plain",
    [
        b"",
        b"\n",
        b"[]\n",
        b'{"kind":"commits"}',
        b'{"kind":"coffee"}\n',
        b'{"kind":"photo"}\nx',
        b'{"kind":"photo","sha256":"%s","size":1,"mime":"image/jpeg","offset":0}\n' % SHA.encode(),
        b'{"kind":"photo","sha256":"%s","size":1,"mime":"image/jpeg","offset":1}\nx' % SHA.encode(),
        b'{"kind":"photo","sha256":"%s","size":true,"mime":"image/jpeg","offset":0}\nx' % SHA.encode(),
        b'{"kind":"photo","sha256":"%s","size":1,"mime":"image/gif","offset":0}\nx' % SHA.encode(),
        b'{"kind":"photo","sha256":"../x","size":1,"mime":"image/jpeg","offset":0}\nx',
        b'{"kind":"photo","sha256":"%s","size":1,"mime":"image/jpeg","offset":0,"actor":7}\nx' % SHA.encode(),
        b'{"kind":"photo","sha256":"%s","size":9999999,"mime":"image/jpeg","offset":0}\n' % SHA.encode()
        + bytes(PHOTO_BYTES + 1),
    ],
)
def test_what_is_of_another_form_is_refused(plain: bytes) -> None:
    with pytest.raises(NotOurs):
        read_plain(plain)

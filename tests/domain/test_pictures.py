"""What bytes declare of themselves is read to the end whatever they are, and believed only if it hangs together."""

import struct
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.pictures import PIXELS, SCANS, NoPicture, Size, heic_size, jpeg_size, media_type


def jpeg(width: int, height: int, scans: int = 1, before: bytes = b"", after: bytes = b"") -> bytes:
    frame = b"\xff\xc0\x00\x0b\x08" + struct.pack(">HH", height, width) + b"\x01\x01\x11\x00"
    scan = b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00pixels\xff\x00and more\xff\xd0"
    return b"\xff\xd8\xff\xe0\x00\x02" + before + frame + scans * scan + b"\xff\xd9" + after


def box(kind: bytes, payload: bytes) -> bytes:
    return struct.pack(">I", len(payload) + 8) + kind + payload


def heic(*sizes: tuple[int, int], mdat: bytes = b"") -> bytes:
    extents = b"".join(box(b"ispe", struct.pack(">III", 0, *size)) for size in sizes)
    meta = box(b"meta", bytes(4) + box(b"hdlr", bytes(20)) + box(b"iprp", box(b"ipco", extents)))
    return box(b"ftyp", b"heic" + bytes(4) + b"mif1") + meta + box(b"mdat", mdat)


def assert_size_or_reason(size_of: Callable[[bytes], Size], data: bytes) -> None:
    with suppress(NoPicture):  # and nothing else
        size = size_of(data)
        assert min(size.width, size.height) >= 1
        assert size.width * size.height <= PIXELS


sides = st.integers(1, 65_535)


@given(sides, sides, st.binary(max_size=200))
def test_a_photo_says_its_size_unless_it_is_too_large(width: int, height: int, after: bytes) -> None:
    for size_of, data in (
        (jpeg_size, jpeg(width, height, after=after)),
        (heic_size, heic((width, height), mdat=after)),
    ):
        if width * height <= PIXELS:
            assert size_of(data) == Size(width, height)
        else:
            with pytest.raises(NoPicture):
                size_of(data)


def test_the_limits_hold_at_their_value_and_refuse_one_more() -> None:
    assert jpeg_size(jpeg(8192, 8192)) == heic_size(heic((8192, 8192))) == Size(8192, 8192)
    assert jpeg_size(jpeg(8, 8, SCANS)) == Size(8, 8)
    for bad in (jpeg(8193, 8192), jpeg(8, 8, SCANS + 1), jpeg(8, 8, 0)):
        with pytest.raises(NoPicture):
            jpeg_size(bad)


def test_the_largest_of_a_heic_counts() -> None:
    assert heic_size(heic((320, 240), (4032, 3024), (512, 512))) == Size(4032, 3024)
    with pytest.raises(NoPicture):
        heic_size(heic((320, 240), (65_535, 65_535)))


@given(st.binary(max_size=400))
def test_whatever_the_bytes_there_is_a_size_or_a_reason(data: bytes) -> None:
    for size_of, start in (
        (jpeg_size, b"\xff\xd8\xff"),
        (heic_size, box(b"ftyp", b"heic" + bytes(4))),
        (heic_size, b""),
    ):
        assert_size_or_reason(size_of, start + data)


@given(st.data())
def test_bytes_that_were_damaged_or_cut_give_a_size_or_a_reason(draw: st.DataObject) -> None:
    for size_of, good in ((jpeg_size, jpeg(640, 480)), (heic_size, heic((640, 480), mdat=b"pixels"))):
        place = draw.draw(st.integers(0, len(good) - 1))
        damaged = (
            good[:place] + draw.draw(st.binary(max_size=8)) + good[place + draw.draw(st.integers(0, 8)) :]
        )
        assert_size_or_reason(size_of, damaged)


@given(st.binary(max_size=16))
def test_a_type_is_told_by_the_first_twelve_bytes(head: bytes) -> None:
    assert media_type(head) == media_type(head[:12])
    assert media_type(b"\xff\xd8\xff" + head) == "image/jpeg"

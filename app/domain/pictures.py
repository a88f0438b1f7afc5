"""What the bytes of a photo declare of themselves, read without decoding a pixel.

Whatever follows a picture's end is not looked at: cameras put films, depth maps and notes of their own there.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PIXELS: Final = 8192 * 8192
"""The largest picture that is decoded: 64 megapixels of 2^20."""
SCANS: Final = 32
"""Passes over a JPEG; encoders write at most about a dozen, a bomb of few bytes thousands."""

SEGMENTS: Final = 10_000
"""Parts of a JPEG; a profile takes at most 255 of them."""

_HEIC_BRANDS: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"})
_BOXES: Final = 10_000

# A marker with a length behind it: fill bytes, stuffed zeros, TEM and restarts are none.
_MARKER = re.compile(rb"\xff([^\x00\x01\xd0-\xd7\xff])")
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA
_FRAMES = {0xC0, 0xC1, 0xC2}
_FOREIGN_FRAMES = {0xC3, 0xC5, 0xC6, 0xC7, 0xC9, 0xCA, 0xCB, 0xCD, 0xCE, 0xCF}


class NoPicture(Exception):
    """The bytes are not a picture that is decoded here; the message says why."""


@dataclass(frozen=True)
class Size:
    """Width and height in pixels, each at least 1, together at most PIXELS."""

    width: int
    height: int

    def __post_init__(self) -> None:
        if self.width < 1 or self.height < 1:
            raise NoPicture("it has no pixels")
        if self.width * self.height > PIXELS:
            raise NoPicture(f"{self.width} × {self.height} pixels are too many")


def media_type(head: bytes) -> str | None:
    """`image/jpeg` or `image/heic` by the first 12 bytes; None for anything else."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head[4:8] == b"ftyp" and head[8:12] in _HEIC_BRANDS:
        return "image/heic"
    return None


def jpeg_size(data: bytes) -> Size:
    """The size that a JPEG declares. NoPicture if it is not put together as cameras do, or is a bomb.

    One frame of 8 bits, Huffman coded, of one component or three, in at most SCANS scans, each length inside the file.
    """
    size, scans = None, 0
    for kind, segment in _segments(data):
        if kind == _START or kind in _FOREIGN_FRAMES or (kind in _FRAMES and size):
            raise NoPicture(f"a marker {kind:02X} has no place in it")
        if kind in _FRAMES:
            size = _frame(segment)
        scans += kind == _SCAN
        if scans > SCANS:
            raise NoPicture(f"it has more than {SCANS} scans")
        if scans and size is None:
            raise NoPicture("its pixels come before their size")
    if size is None or scans == 0:
        raise NoPicture("it ends before its pixels")
    return size


def _segments(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Each marker with what its length covers, up to the end of the picture or of the file."""
    if media_type(data[:12]) != "image/jpeg":
        raise NoPicture("it does not begin like a JPEG")
    position = 2
    for _ in range(SEGMENTS):
        marker = _MARKER.search(data, position)
        if marker is None or marker[1][0] == _END:
            return
        start = marker.end()
        length = int.from_bytes(data[start : start + 2])
        position = start + length
        if length < 2 or position > len(data):
            raise NoPicture("a length goes beyond the end")
        yield marker[1][0], data[start + 2 : position]
    raise NoPicture("it has too many parts")


def _frame(segment: bytes) -> Size:
    if len(segment) < 6 or segment[0] != 8 or segment[5] not in (1, 3) or len(segment) != 6 + 3 * segment[5]:
        raise NoPicture("its frame is none of a camera")
    return Size(int.from_bytes(segment[3:5]), int.from_bytes(segment[1:3]))


def heic_size(data: bytes) -> Size:
    """The largest size that a HEIC declares. NoPicture if its boxes do not lie inside each other, or it is a bomb."""
    boxes = list(_boxes(data, 0, len(data)))
    if media_type(data[:12]) != "image/heic" or boxes[0][1] - boxes[0][2] < 8:
        raise NoPicture("it does not begin like a HEIC")
    sizes = [_extent(data, *box) for box in _inside(data, boxes, b"meta", b"iprp", b"ipco", b"ispe")]
    if not sizes:
        raise NoPicture("it does not say how large it is")
    return max(sizes, key=lambda size: size.width * size.height)


_Box = tuple[bytes, int, int]
"""Its type, where it ends, where what is in it begins."""


def _inside(data: bytes, boxes: list[_Box], *path: bytes) -> list[_Box]:
    found = [box for box in boxes if box[0] == path[0]]
    if len(path) == 1:
        return found
    skip = 4 if path[0] == b"meta" else 0  # version and flags
    inner = [box for _, end, start in found for box in _boxes(data, start + skip, end)]
    return _inside(data, inner, *path[1:])


def _boxes(data: bytes, start: int, end: int) -> Iterator[_Box]:
    for _ in range(_BOXES):
        if start >= end:
            return
        size, kind, head = int.from_bytes(data[start : start + 4]), data[start + 4 : start + 8], 8
        if size == 1:
            size, head = int.from_bytes(data[start + 8 : start + 16]), 16
        elif size == 0:
            size = end - start
        if size < head or start + size > end:
            raise NoPicture("a box goes beyond what it lies in")
        yield kind, start + size, start + head
        start += size
    raise NoPicture("it has too many boxes")


def _extent(data: bytes, _: bytes, end: int, start: int) -> Size:
    if end - start != 12:
        raise NoPicture("a size of another length")
    return Size(int.from_bytes(data[start + 4 : start + 8]), int.from_bytes(data[start + 8 : start + 12]))

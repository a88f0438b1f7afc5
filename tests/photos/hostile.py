"""Files that somebody might send as a photo: each built here, byte by byte."""

import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Final

from PIL import Image

CANARY: Final = b"<script>alert('kanarie')</script>"
"""What may be shown to nobody."""
START: Final = b"\xff\xd8"
END: Final = b"\xff\xd9"


@dataclass(frozen=True)
class Hostile:
    """A file; whether it is taken into custody, and whether there is a view of it."""

    name: str
    data: bytes
    taken: bool = True
    shown: bool = False


def photo(width: int = 64, height: int = 48, mode: str = "RGB", **options: Any) -> bytes:
    """A good JPEG of noise."""
    noise = random.Random(7).randbytes(width * height * len(mode))
    file = BytesIO()
    Image.frombytes(mode, (width, height), noise).save(file, "JPEG", **options)
    return file.getvalue()


def flat(width: int, height: int, **options: Any) -> bytes:
    """A JPEG of one colour, small for its size."""
    file = BytesIO()
    Image.new("RGB", (width, height), (90, 120, 60)).save(file, "JPEG", quality=10, **options)
    return file.getvalue()


def segment(marker: int, payload: bytes, length: int | None = None) -> bytes:
    """A marker with its length, which may lie."""
    told = len(payload) + 2 if length is None else length
    return b"\xff" + bytes([marker]) + struct.pack(">H", told) + payload


def behind_start(*segments: bytes) -> bytes:
    """A good photo with these right behind its first marker."""
    return START + b"".join(segments) + GOOD[2:]


def at(marker: int, data: bytes | None = None) -> int:
    """Where a marker stands in a good photo."""
    return (data or GOOD).index(b"\xff" + bytes([marker]))


def patched(marker: int, offset: int, new: bytes) -> bytes:
    """A good photo with other bytes at an offset behind a marker."""
    start = at(marker) + offset
    return GOOD[:start] + new + GOOD[start + len(new) :]


def sized(width: int, height: int) -> bytes:
    """A good photo that declares another size."""
    return patched(0xC0, 5, struct.pack(">HH", height, width))


def box(kind: bytes, payload: bytes, size: int | None = None) -> bytes:
    """A box of a HEIC, whose length may lie."""
    return struct.pack(">I", len(payload) + 8 if size is None else size) + kind + payload


def heic(
    width: int = 4032, height: int = 3024, *, ispe: bytes | None = None, meta_size: int | None = None
) -> bytes:
    """What a HEIC is around its pixels."""
    extent = box(b"ispe", struct.pack(">III", 0, width, height)) if ispe is None else ispe
    properties = box(b"iprp", box(b"ipco", extent))
    return FTYP + box(b"meta", bytes(4) + properties, meta_size) + box(b"mdat", CANARY)


def exif(*entries: tuple[int, int, int, int], following: int = 0, tail: bytes = b"") -> bytes:
    """An EXIF segment of one directory: (tag, type, count, value)."""
    rows = b"".join(struct.pack("<HHII", *entry) for entry in entries)
    directory = struct.pack("<H", len(entries)) + rows + struct.pack("<I", following)
    return segment(0xE1, b"Exif\0\0II*\0" + struct.pack("<I", 8) + directory + tail)


GOOD: Final = photo()
FTYP: Final = box(b"ftyp", b"heic" + bytes(4) + b"mif1heic")
_SCAN: Final = GOOD[at(0xDA) :]
_ICC: Final = b"ICC_PROFILE\0\x01\x01"


def corpus() -> list[Hostile]:
    """All of them."""
    return [*_other_media(), *_broken(), *_bombs(), *_heics(), *_carriers()]


def _other_media() -> Iterator[Hostile]:
    """What does not begin as a photo does is not taken."""
    svg = b"<svg xmlns='http://www.w3.org/2000/svg'>" + CANARY + b"</svg>"
    for name, data in {
        "svg": svg,
        "svg with a byte order mark": b"\xef\xbb\xbf" + svg,
        "html": b"<!doctype html>" + CANARY,
        "pdf": b"%PDF-1.7\n" + CANARY,
        "gif87": b"GIF87a" + CANARY,
        "gif89": b"GIF89a" + CANARY,
        "gif, then a photo": b"GIF89a/*" + GOOD,
        "png": b"\x89PNG\r\n\x1a\n" + CANARY,
        "webp": b"RIFF\x20\0\0\0WEBPVP8 " + CANARY,
        "bmp": b"BM" + CANARY,
        "tiff": b"II*\0" + CANARY,
        "zip": b"PK\x03\x04" + CANARY,
        "phar": b"<?php __HALT_COMPILER(); ?>" + CANARY,
        "elf": b"\x7fELF\x02\x01\x01" + CANARY,
        "windows program": b"MZ\x90\0" + CANARY,
        "gzip": b"\x1f\x8b\x08\0" + CANARY,
        "jpeg 2000": b"\0\0\0\x0cjP  \r\n\x87\n" + CANARY,
        "film": box(b"ftyp", b"isom" + bytes(4)) + CANARY,
        "avif": box(b"ftyp", b"avif" + bytes(4)) + CANARY,
        "one byte": b"\xff",
        "two bytes": START,
        "line feed, then a photo": b"\n" + GOOD,
        "a heic without its length": FTYP[4:],
    }.items():
        yield Hostile(name, data, taken=False)


def _broken() -> Iterator[Hostile]:
    """Kept, since a camera may have delivered it, and never shown."""
    scan = at(0xDA)
    for name, data in {
        "the first three bytes": b"\xff\xd8\xff",
        "html behind the magic": b"\xff\xd8\xff\xe0" + CANARY * 20,
        "svg behind the magic": b"\xff\xd8\xff<svg>" + CANARY,
        "pdf behind the magic": b"\xff\xd8\xff\n%PDF-1.7\n" + CANARY,
        "zip behind the magic": b"\xff\xd8\xffPK\x03\x04" + CANARY,
        "noise behind the magic": b"\xff\xd8\xff" + random.Random(3).randbytes(3000),
        "cut in its first segment": GOOD[:9],
        "cut in a table": GOOD[: at(0xDB) + 20],
        "cut in its frame": GOOD[: at(0xC0) + 6],
        "cut before its scan": GOOD[:scan],
        "cut in its scan's head": GOOD[: scan + 5],
        "cut in its pixels": GOOD[: scan + 200],
        "only tables": START + segment(0xDB, bytes(65)) + END,
        "ends at once": START + b"\xff" + END,
        "a length of zero": behind_start(segment(0xE5, CANARY, 0)),
        "a length of one": behind_start(segment(0xE5, CANARY, 1)),
        "a length beyond the end": behind_start(segment(0xE5, CANARY, 65_535)),
        "pixels before their size": START + _SCAN,
        "a frame of seven bytes": behind_start(segment(0xC0, bytes(5))),
        "two frames": behind_start(GOOD[at(0xC0) : at(0xC4)]),
        "a photo begins inside": behind_start(segment(0xD8, b"")),
        "no width": sized(0, 48),
        "no height": sized(64, 0),
        "no size at all": sized(0, 0),
        "twelve bits": patched(0xC0, 4, b"\x0c"),
        "lossless": patched(0xC0, 1, b"\xc3"),
        "hierarchical": patched(0xC0, 1, b"\xc5"),
        "arithmetic": patched(0xC0, 1, b"\xc9"),
        "two components": patched(0xC0, 9, b"\x02"),
        "four components": photo(mode="CMYK"),
        "255 components": patched(0xC0, 9, b"\xff"),
        "sampled by nothing": patched(0xC0, 11, b"\x00"),
        "a table that is not there": patched(0xC0, 12, b"\x03"),
        "huffman codes of every length": patched(0xC4, 5, b"\xff" * 16),
        "huffman table number nine": patched(0xC4, 4, b"\x99"),
        "an Adobe segment that is cut": behind_start(segment(0xEE, b"Adobe\0"), segment(0xFE, CANARY)),
        "a scan of no component": patched(0xDA, 4, b"\x00"),
    }.items():
        yield Hostile(name, data)


def _bombs() -> Iterator[Hostile]:
    """Small files that ask for much."""
    progressive = photo(progressive=True)
    scan = progressive.index(b"\xff\xda")
    head, first = progressive[:scan], progressive[scan : progressive.index(b"\xff\xda", scan + 2)]
    first = first.partition(b"\xff\xc4")[0]
    yield Hostile("65535 by 65535", sized(65_535, 65_535))
    yield Hostile("65500 by 65500", sized(65_500, 65_500))
    yield Hostile("a pixel more than 64 megapixels", sized(8193, 8192))
    yield Hostile("65535 by 1025, long and thin", sized(65_535, 1025))
    yield Hostile("40 scans", head + 40 * first + END)
    yield Hostile("thousands of scans over 64 megapixels", _huge(head) + 5000 * first + END)
    yield Hostile("a hundred thousand empty segments", behind_start(100_000 * segment(0xE5, b"")))
    yield Hostile("megabytes of fill", START + (1 << 20) * b"\xff" + GOOD[2:], shown=True)
    yield Hostile("64 megapixels", flat(8192, 8192), shown=True)


def _huge(head: bytes) -> bytes:
    start = head.index(b"\xff\xc2") + 5
    return head[:start] + struct.pack(">HH", 8192, 8192) + head[start + 4 :]


def _heics() -> Iterator[Hostile]:
    """HEIC has no view from here; that its boxes lie is found all the same."""
    size = struct.pack(">III", 0, 64, 48)
    for name, data in {
        "heic": heic(),
        "heic: only its brand": FTYP,
        "heic: brand in a box of nothing": struct.pack(">I", 8) + b"ftypheic" + CANARY,
        "heic: a box beyond the end": heic(meta_size=1 << 20),
        "heic: a box beyond its parent": heic(ispe=box(b"ispe", size, 4000)),
        "heic: a box shorter than its head": heic(ispe=box(b"ispe", size, 7)),
        "heic: a box of 2^64 bytes": FTYP + struct.pack(">I", 1) + b"meta" + b"\xff" * 8,
        "heic: a length of 64 bits cut off": FTYP + struct.pack(">I", 1) + b"meta",
        "heic: a box up to the end": heic(meta_size=0),
        "heic: no size": heic(ispe=b""),
        "heic: nothing wide": heic(0, 3024),
        "heic: 65535 by 65535": heic(65_535, 65_535),
        "heic: 2^32-1 by 2^32-1": heic(2**32 - 1, 2**32 - 1),
        "heic: a size of two bytes": heic(ispe=box(b"ispe", b"\0\0")),
        "heic: a hundred thousand boxes": FTYP + 100_000 * box(b"free", b""),
        "heic: boxes in boxes": FTYP + _nested(2000),
        "heic: html behind its brand": FTYP + CANARY,
    }.items():
        yield Hostile(name, data)


def _nested(depth: int) -> bytes:
    data = b""
    for _ in range(depth):
        data = box(b"meta", bytes(4) + data)
    return data


def _carriers() -> Iterator[Hostile]:
    """Good pixels with something else along: kept as they came, and the view has the pixels alone."""
    short, long_, text = 3, 4, 2
    thumb = exif((0x0103, short, 1, 6), following=8 + 2 + 12 + 4, tail=CANARY + sized(65_535, 65_535))
    for name, data in {
        "a comment": behind_start(segment(0xFE, CANARY)),
        "a pdf in a comment": behind_start(segment(0xFE, b"\n%PDF-1.7\n" + CANARY)),
        "a place": behind_start(exif((0x8825, long_, 1, 26), tail=struct.pack("<H", 0) + CANARY)),
        "a directory that follows itself": behind_start(
            exif((0x0112, short, 1, 1), following=8, tail=CANARY)
        ),
        "a directory inside itself": behind_start(
            exif((0x8769, long_, 1, 8), (0x8825, long_, 1, 8), tail=CANARY)
        ),
        "an entry of 2^32-1 values": behind_start(exif((0x0112, text, 2**32 - 1, 8), tail=CANARY)),
        "65535 entries": behind_start(segment(0xE1, b"Exif\0\0II*\0\x08\0\0\0\xff\xff" + CANARY)),
        "an orientation of 9999": behind_start(exif((0x0112, short, 1, 9999), tail=CANARY)),
        "an orientation in words": behind_start(exif((0x0112, text, 20, 26), tail=CANARY)),
        "a huge picture in the EXIF": behind_start(thumb),
        "EXIF that is none": behind_start(segment(0xE1, b"Exif\0\0" + CANARY)),
        "XMP with a script": behind_start(segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + CANARY)),
        "a profile of nonsense": behind_start(segment(0xE2, _ICC + CANARY)),
        "a profile of 4 GB": behind_start(segment(0xE2, _ICC + b"\xff\xff\xff\xff" + CANARY * 4)),
        "a profile of 255 parts": behind_start(
            *(segment(0xE2, _part(i) + CANARY * 800) for i in range(1, 256))
        ),
        "a list of pictures that lies": behind_start(segment(0xE2, b"MPF\0II*\0\xff\xff\xff\x7f" + CANARY)),
        "a resource that lies": behind_start(
            segment(0xED, b"Photoshop 3.0\x008BIM\x04\x04\0\0\xff\xff\xff\xff" + CANARY)
        ),
        "an unknown segment": behind_start(segment(0xEF, CANARY)),
        "garbage between segments": START + GOOD[2 : at(0xDB)] + CANARY + GOOD[at(0xDB) :],
        "an archive behind": GOOD + b"PK\x03\x04" + CANARY,
        "a pdf behind": GOOD + b"%PDF-1.7\n" + CANARY,
        "a phar behind": GOOD + b"<?php __HALT_COMPILER(); ?>" + CANARY,
        "a program behind": GOOD + b"\x7fELF\x02\x01\x01" + CANARY,
        "html behind": GOOD + b"<html>" + CANARY,
        "a second photo behind": GOOD + behind_start(segment(0xFE, CANARY)),
        "pixels that are noise": _noise(),
        "one pixel": photo(1, 1) + CANARY,
        "grey": photo(mode="L") + CANARY,
    }.items():
        yield Hostile(name, data, shown=True)


def _part(number: int) -> bytes:
    return b"ICC_PROFILE\0" + bytes([number, 255])


def _noise() -> bytes:
    start = at(0xDA) + 14
    noise = random.Random(5).randbytes(len(GOOD) - start - 2).replace(b"\xff", b"\xfe")
    return GOOD[:start] + noise + END + CANARY

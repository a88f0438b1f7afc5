"""The courier's file: what a tablet could not send itself, sealed to the server and carried by whoever has a line.

    file  = magic, then frames: 4 bytes of length (big-endian), frame
    frame = ephemeral point (65) ‖ IV (12) ‖ AES-256-GCM ciphertext and tag
    key   = HKDF-SHA256(ECDH(ephemeral, seal key), no salt, info "insats courier v1"); AAD = the magic
    plain = one line of JSON that names the kind, LF, and what it carries

`tests/vectors/courier.json` holds frames that the tablets' twin must seal alike, byte for byte.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from io import BufferedIOBase
from typing import Any, Final, TypeAlias

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from app.domain.commit import point_of, public_key

MAGIC: Final = b"INSATS1\n"
INFO: Final = b"insats courier v1"
MEDIA_TYPE: Final = "application/vnd.insats.courier"
FRAME_BYTES: Final = 5 * 1_048_576
COMMITS_BYTES: Final = 4 * 1_048_576
PHOTO_BYTES: Final = 1_048_576

_POINT: Final = 65
_IV: Final = 12
_TAG: Final = 16
_LENGTH: Final = 4
_SHA256 = re.compile(r"[0-9a-f]{64}")
_ACTOR = re.compile(r"a_[0-9a-f]{32}")
_MIMES: Final = ("image/jpeg", "image/heic")


class NotOurs(ValueError):
    """Not a courier's file or frame, not whole, or not for this server; the argument says which."""


@dataclass(frozen=True)
class Commits:
    """Lines of `POST /commits`, as they would have been sent."""

    ndjson: bytes


@dataclass(frozen=True)
class PhotoPart:
    """Some bytes of a photo. `actor` is who took it: the person behind it counts as who delivered the bytes.

    A claim is enough. Whoever seals a frame has the bytes in hand and can only give others a part in them.
    """

    sha256: str
    size: int
    mime: str
    offset: int
    data: bytes
    actor: str | None = None


Freight: TypeAlias = Commits | PhotoPart


def seal_frame(seal: bytes, ephemeral: ec.EllipticCurvePrivateKey, iv: bytes, plain: bytes) -> bytes:
    """Encrypt to the server whose public point is `seal`. An `iv` must never come twice under one ephemeral key."""
    point = point_of(ephemeral.public_key())
    sealed = AESGCM(_key(ephemeral, public_key(seal))).encrypt(iv, plain, MAGIC)
    return point + iv + sealed


def open_frame(key: ec.EllipticCurvePrivateKey, frame: bytes) -> bytes:
    """What a frame carries; NotOurs if it was not sealed to this key or a bit of it has changed."""
    if not _POINT + _IV + _TAG <= len(frame) <= FRAME_BYTES:
        raise NotOurs("the frame's length is out of range")
    try:
        ephemeral = public_key(frame[:_POINT])
        iv, sealed = frame[_POINT : _POINT + _IV], frame[_POINT + _IV :]
        return AESGCM(_key(key, ephemeral)).decrypt(iv, sealed, MAGIC)
    except (ValueError, InvalidTag):
        raise NotOurs("the frame is not sealed to this server, or it is damaged") from None


def _key(mine: ec.EllipticCurvePrivateKey, theirs: ec.EllipticCurvePublicKey) -> bytes:
    shared = mine.exchange(ec.ECDH(), theirs)
    return HKDF(hashes.SHA256(), 32, salt=b"", info=INFO).derive(shared)


def pack(frames: Iterable[bytes]) -> Iterator[bytes]:
    """The bytes of a file with these frames."""
    yield MAGIC
    for frame in frames:
        yield len(frame).to_bytes(_LENGTH)
        yield frame


def unpack(file: BufferedIOBase) -> Iterator[bytes]:
    """The frames of a file, one at a time in memory. NotOurs where it is none or ends inside a frame."""
    if file.read(len(MAGIC)) != MAGIC:
        raise NotOurs("not a courier's file")
    number = 0
    while head := file.read(_LENGTH):
        number += 1
        length = int.from_bytes(head)
        if len(head) < _LENGTH or length > FRAME_BYTES:
            raise NotOurs(f"frame {number}: its length is out of range")
        frame = file.read(length)
        if len(frame) < length:
            raise NotOurs(f"frame {number}: the file ends inside it")
        yield frame


def read_plain(plain: bytes) -> Freight:
    """What an opened frame carries, within the limits; NotOurs where it is of another form."""
    head, line_feed, rest = plain.partition(b"\n")
    try:
        told = orjson.loads(head)
    except orjson.JSONDecodeError:
        raise NotOurs("the frame's first line is not JSON") from None
    if not line_feed or type(told) is not dict:
        raise NotOurs("the frame's first line is not an object")
    if told.get("kind") == "photo":
        return _photo(told, rest)
    if told.get("kind") != "commits" or len(rest) > COMMITS_BYTES:
        raise NotOurs("the frame holds neither commits nor a photo, or too many of them")
    return Commits(rest)


def _photo(told: dict[str, Any], data: bytes) -> PhotoPart:
    numbers = [told.get("size"), told.get("offset")]
    if not all(type(n) is int and 0 <= n < 2**53 for n in numbers):
        raise NotOurs("the photo's size or offset is no number of bytes")
    size, offset = int(told["size"]), int(told["offset"])
    if not data or len(data) > PHOTO_BYTES or offset + len(data) > size:
        raise NotOurs("the photo's bytes do not fit its size")
    sha256, actor = told.get("sha256"), told.get("actor")
    if (
        not _is(_SHA256, sha256)
        or told.get("mime") not in _MIMES
        or not (actor is None or _is(_ACTOR, actor))
    ):
        raise NotOurs("the photo's digest, type or actor is not of our form")
    return PhotoPart(str(sha256), size, told["mime"], offset, data, actor)


def _is(pattern: re.Pattern[str], value: Any) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None

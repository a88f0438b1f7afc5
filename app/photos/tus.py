"""What the resumable-upload protocol (tus 1.0) says in headers."""

import base64
import binascii
import hashlib
import re
from collections.abc import Callable
from email.utils import formatdate
from typing import Any, Final

from fastapi import Request, Response
from fastapi.routing import APIRoute

from app.auth.wire import read_body
from app.errors import ChecksumMismatch, Malformed, Problem, TooLarge, TusVersion, UnsupportedMedia
from app.photos.uploads import Upload

VERSION: Final = "1.0.0"
CHUNK_TYPE: Final = "application/offset+octet-stream"
CHUNK_S: Final = 300.0
"""How long a chunk may take: 1 MiB at 28 kbit/s."""

_DIGEST = re.compile(r"[0-9a-f]{64}")
_NUMBER = re.compile(r"\d{1,15}")


class TusRoute(APIRoute):
    """A route that speaks this version and says so in every answer, refusals included."""

    def get_route_handler(self) -> Callable[[Request], Any]:
        """Wrap the handler that FastAPI makes."""
        handle = super().get_route_handler()

        async def speak(request: Request) -> Response:
            try:
                if request.method != "OPTIONS" and request.headers.get("Tus-Resumable") != VERSION:
                    raise TusVersion
                response: Response = await handle(request)
            except Problem as problem:
                problem.headers["Tus-Resumable"] = VERSION
                raise
            response.headers["Tus-Resumable"] = VERSION
            return response

        return speak


def abilities(max_size: int) -> dict[str, str]:
    """What `OPTIONS` tells."""
    return {
        "Tus-Version": VERSION,
        "Tus-Extension": "creation,creation-with-upload,checksum,expiration,termination",
        "Tus-Max-Size": str(max_size),
        "Tus-Checksum-Algorithm": "sha256",
    }


def state(upload: Upload) -> dict[str, str]:
    """Where an upload stands, and until when it waits."""
    told = {"Upload-Offset": str(upload.offset), "Cache-Control": "no-store"}
    if not upload.is_finished:
        told["Upload-Expires"] = formatdate(upload.expires / 1000, usegmt=True)
    return told


def number(request: Request, header: str) -> int:
    """A header that is a count of bytes."""
    value = request.headers.get(header, "")
    if not _NUMBER.fullmatch(value):
        raise Malformed(f"{header}: a number is needed")
    return int(value)


def length(request: Request, limit: int) -> int:
    """The length of a new upload: at least a byte and at most `limit`."""
    size = number(request, "Upload-Length")
    if size > limit:
        raise TooLarge(f"at most {limit} bytes")
    if size == 0:
        raise Malformed("Upload-Length: nothing to upload")
    return size


def digest(request: Request) -> str:
    """The SHA-256 in hex that a new upload promises, from `Upload-Metadata: sha256 <base64 of it>,…`."""
    pairs = [pair.split() for pair in request.headers.get("Upload-Metadata", "").split(",")]
    found = [pair[1] for pair in pairs if len(pair) == 2 and pair[0] == "sha256"]
    sha256 = _unb64(found[0]).decode("ascii", "replace") if found else ""
    if not _DIGEST.fullmatch(sha256):
        raise Malformed("Upload-Metadata: sha256, the base64 of 64 lower-case hex digits, is needed")
    return sha256


async def first_chunk(request: Request, limit: int, size: int, sha256: str) -> bytes:
    """The bytes that come with the creation of an upload, if they call themselves a chunk; as `chunk`.

    Whole ones whose checksum is that of the upload are hashed once: where they are kept.
    """
    if request.headers.get("Content-Type") != CHUNK_TYPE:
        return b""
    promised = _checksum(request)
    data = await read_body(request, limit, within_s=CHUNK_S, or_part=promised is None)
    if len(data) < size or promised != bytes.fromhex(sha256):
        _check(data, promised)
    return data


async def chunk(request: Request, limit: int) -> bytes:
    """The bytes of a `PATCH`, checked against `Upload-Checksum` if there is one.

    Without one, what was read before the connection broke counts: a poor link makes progress.
    """
    if request.headers.get("Content-Type") != CHUNK_TYPE:
        raise UnsupportedMedia(f"a chunk is {CHUNK_TYPE}")
    promised = _checksum(request)
    data = await read_body(request, limit, within_s=CHUNK_S, or_part=promised is None)
    _check(data, promised)
    return data


def _check(data: bytes, promised: bytes | None) -> None:
    if promised is not None and hashlib.sha256(data).digest() != promised:
        raise ChecksumMismatch("the chunk was not stored")


def _checksum(request: Request) -> bytes | None:
    header = request.headers.get("Upload-Checksum")
    if header is None:
        return None
    algorithm, _, value = header.partition(" ")
    if algorithm != "sha256" or len(_unb64(value)) != hashlib.sha256().digest_size:
        raise Malformed("Upload-Checksum: sha256 and the base64 of its 32 bytes are needed")
    return _unb64(value)


def _unb64(text: str) -> bytes:
    """The bytes, or none where it is not base64: whoever asks will miss them."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""

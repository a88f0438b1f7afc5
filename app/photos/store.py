"""Photo bytes as files: `blobs/ab/cd/<sha256>` for what was verified, `uploads/<id>` for what is on its way
(`<id>.<offset>` for pieces that came before those in front of them).

Order of every write: a file of its own, fsync, link to its name, fsync of the folders, then the database. A
crash between two steps leaves bytes that nothing names; sending them again finishes the work. The file under
a digest is never opened for writing and never replaced.
"""

import hashlib
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final

from sqlalchemy import Connection

from app.domain import pictures
from app.errors import ChecksumMismatch, TooMany, UnsupportedMedia
from app.photos import tables as t
from app.sets import Upsert
from app.sync.keeping import place_of

SERVER: Final = ""
"""Who holds the bytes that the server itself wrote."""

HEAD: Final = 12
"""Bytes that tell the type."""

MAX_PIECES: Final = 64
"""Pieces of one photo that may lie ahead of what has come so far."""

_BLOCK: Final = 1 << 20


class PartLost(Exception):
    """The file of an upload is gone or shorter than what was acknowledged: the upload has to begin anew."""


def media_type(head: bytes) -> str:
    """`image/jpeg` or `image/heic` by the first bytes; UnsupportedMedia for anything else."""
    found = pictures.media_type(head)
    if found is None:
        raise UnsupportedMedia
    return found


class BlobStore:
    """The files below one data folder. Every method blocks on the disk."""

    def __init__(self, root: Path) -> None:
        """Make the two folders, readable by the server's own user alone."""
        self._blobs, self._parts = root / "blobs", root / "uploads"
        for folder in (self._blobs, self._parts):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def path(self, sha256: str) -> Path:
        """Where the bytes of this digest lie, if they are here."""
        return place_of(self._blobs, sha256)

    def has(self, sha256: str, size: int) -> bool:
        """Whether the bytes are here in full."""
        return _size(self.path(sha256)) == size

    def add(self, conn: Connection, data: bytes, mime: str, now: int, user: str = SERVER) -> str:
        """Keep bytes that this process made, and return their digest; durable once `conn` commits.

        UnsupportedMedia if they are not of the type `mime`.
        """
        if media_type(data[:HEAD]) != mime:
            raise UnsupportedMedia
        sha256 = hashlib.sha256(data).hexdigest()
        self._keep([data], sha256)
        register(conn, [Delivered(sha256, len(data), mime, user)], now)
        return sha256

    def begin(self, upload: str) -> None:
        """Make the empty file of a new upload."""
        os.close(os.open(self._parts / upload, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        _sync(self._parts)

    def is_sound(self, upload: str, offset: int) -> bool:
        """Whether an upload's file still holds what was acknowledged."""
        return _size(self._parts / upload) >= offset

    def write(self, upload: str, offset: int, data: bytes) -> None:
        """Put bytes at an offset; they are on the disk on return. PartLost if what comes before is not there.

        Harmless to repeat, also at the same time. The file is not shortened: what lies behind was not
        acknowledged and will be written over.
        """
        try:
            file = os.open(self._parts / upload, os.O_WRONLY)
        except FileNotFoundError as error:
            raise PartLost from error
        try:
            if os.fstat(file).st_size < offset:
                raise PartLost
            _write_all(file, data, offset)
            os.fsync(file)
        finally:
            os.close(file)

    def keep(self, data: bytes, sha256: str) -> str:
        """Put a whole photo in its place and return its type; it is on the disk on return.

        ChecksumMismatch or UnsupportedMedia if it is not what was promised.
        """
        return self._keep([data], sha256)

    def finish(self, upload: str, size: int, sha256: str) -> str:
        """Copy an upload's first `size` bytes to the place of their digest and return their type.

        A copy, because the upload's file may still be open for writing in a repeated request: what is hashed
        here is what is kept. ChecksumMismatch or UnsupportedMedia if it is not what was promised.
        """
        part = self._parts / upload
        if _size(part) < size:
            raise PartLost
        with part.open("rb") as file:
            return self._keep(_blocks(file.fileno(), size), sha256)

    def set_aside(self, upload: str, offset: int, data: bytes) -> None:
        """Keep bytes that came before those in front of them. TooMany beyond MAX_PIECES of one upload."""
        piece = self._parts / f"{upload}.{offset}"
        if len(self._pieces(upload)) >= MAX_PIECES and not piece.exists():
            raise TooMany("too many pieces of one photo wait for what stands before them", retry_after=60)
        draft = self._parts / f"draft-{secrets.token_hex(16)}"
        try:
            _write_new(draft, [data])
            draft.replace(piece)
            _sync(self._parts)
        finally:
            draft.unlink(missing_ok=True)

    def piece_from(self, upload: str, offset: int) -> bytes:
        """What was set aside of an upload's bytes from an offset on, as far as one piece goes; empty if nothing."""
        for start, piece in self._pieces(upload).items():
            if start <= offset < start + _size(piece):
                with suppress(FileNotFoundError):  # another request finished the photo meanwhile
                    return piece.read_bytes()[offset - start :]
        return b""

    def _pieces(self, upload: str) -> dict[int, Path]:
        return {int(f.name.rpartition(".")[2]): f for f in self._parts.glob(f"{upload}.*")}

    def drop(self, upload: str) -> None:
        """Forget an upload's files."""
        for piece in self._pieces(upload).values():
            piece.unlink(missing_ok=True)
        (self._parts / upload).unlink(missing_ok=True)

    def drop_strays(self, alive: frozenset[str], before: int) -> int:
        """Remove files that no upload names and nobody wrote to since `before` (ms); how many there were."""
        names = ((f, f.name.partition(".")[0]) for f in self._parts.iterdir())
        strays = [f for f, name in names if name not in alive and _modified(f) < before]
        for file in strays:
            file.unlink(missing_ok=True)
        return len(strays)

    def _keep(self, blocks: Iterable[bytes], sha256: str) -> str:
        draft = self._parts / f"draft-{secrets.token_hex(16)}"
        try:
            if _write_new(draft, blocks) != sha256:
                raise ChecksumMismatch  # before the type, which bytes damaged on their way may hide
            mime = media_type(_head(draft))
            self._place(draft, sha256)
            return mime
        finally:
            draft.unlink(missing_ok=True)

    def _place(self, draft: Path, sha256: str) -> None:
        path = self.path(sha256)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if path.exists() and _size(path) != _size(draft):
            # The disk damaged what was verified once: put it aside and the good bytes in its place.
            path.rename(path.with_name(f"{sha256}.damaged-{secrets.token_hex(4)}"))
        with suppress(FileExistsError):  # the same bytes came twice: the first ones stay
            os.link(draft, path)
        for folder in (path.parent, path.parent.parent, self._blobs):
            _sync(folder)


@dataclass(frozen=True)
class Delivered:
    """Verified bytes in their place, and who delivered them."""

    sha256: str
    size: int
    mime: str
    user: str


_BLOBS = Upsert(t.blob, ("sha256",))
_HOLDERS = Upsert(t.blob_holder, ("sha256", "user"))


def register(conn: Connection, photos: Iterable[Delivered], now: int) -> None:
    """Note that verified bytes are kept, and who delivered them."""
    rows = sorted(
        photos, key=attrgetter("sha256", "user")
    )  # two who note the same must not wait for each other
    _BLOBS.write(
        conn,
        [
            {"sha256": p.sha256, "size": p.size, "mime": p.mime, "received": now, "stable": False}
            for p in rows
        ],
    )
    _HOLDERS.write(conn, [{"sha256": p.sha256, "user": p.user, "at": now} for p in rows])


def _write_new(path: Path, blocks: Iterable[bytes]) -> str:
    """Write a new file through to the disk; the SHA-256 of what was written."""
    digest = hashlib.sha256()
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        for block in blocks:
            digest.update(block)
            file.write(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


def _head(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(HEAD)


def _blocks(file: int, size: int) -> Iterator[bytes]:
    for offset in range(0, size, _BLOCK):
        yield os.pread(file, min(_BLOCK, size - offset), offset)


def _write_all(file: int, data: bytes, offset: int) -> None:
    rest = memoryview(data)
    while rest:
        written = os.pwrite(file, rest, offset)
        rest, offset = rest[written:], offset + written


def _size(path: Path) -> int:
    """The length of a file; -1 if there is none."""
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return -1


def _modified(path: Path) -> int:
    """When a file was last written, in ms; one that has just gone is as good as new."""
    try:
        return path.stat().st_mtime_ns // 1_000_000
    except FileNotFoundError:
        return 2**63


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)

"""Photos and the tablets that send them: what the tests of this folder are told in."""

import base64
import hashlib
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from httpx2 import Response
from sqlalchemy import Connection, func, select

from app.database import Database, table
from app.photos import tables as t
from app.photos import uploads
from app.photos.access import record_refs
from app.photos.arrivals import Arrivals
from app.photos.router import photos_router
from app.photos.store import BlobStore
from app.photos.views import Views
from app.settings import Limits
from app.sync.tables import Stream
from tests.auth.house import ALCOHOL, POLICE, SHARED, House, Tablet

LIMITS = Limits(chunk_bytes=1000, photo_bytes=5000)
"""Small ones, so that tests at the limit and above it are quick."""
UPLOADS = "/blobs/uploads"
CHUNK = "application/offset+octet-stream"
PHOTO = "photo_01639815-0000-7000-8000-0000000000f1"


def jpeg(size: int = 2500, seed: int = 1) -> bytes:
    """Bytes that begin like a JPEG and are different for each seed."""
    return b"\xff\xd8\xff\xe0" + random.Random(seed).randbytes(size - 4)


def sha(data: bytes) -> str:
    """The digest in hex."""
    return hashlib.sha256(data).hexdigest()


def b64(data: bytes) -> str:
    """Base64 as tus wants it."""
    return base64.b64encode(data).decode()


class Album(House):
    """An application that takes photos, over a folder."""

    def __init__(self, db: Database, root: Path, limits: Limits = LIMITS) -> None:
        """Streams without entries, files below `root`."""
        self.root, self.store = root, BlobStore(root)
        super().__init__(db, [photos_router(self.store, limits)])
        self.app.state.arrivals, self.app.state.views = Arrivals(db), Views()
        rows = [{"name": name, "head": 0, "chain": 64 * "0"} for name in (SHARED, POLICE, ALCOHOL)]
        self.db.write_now(lambda conn: conn.execute(table(Stream).insert(), rows))

    def refer(self, stream: str, *digests: str, entity: str = PHOTO) -> None:
        """What a push does for a photo that names these digests."""
        c = table(Stream).c

        def work(conn: Connection) -> None:
            number = conn.execute(select(c.id).where(c.name == stream)).scalar_one()
            record_refs(conn, [(number, entity, digest) for digest in digests])

        self.db.write_now(work)

    def sweep(self, now: int) -> int:
        """What the server does once an hour."""
        return self.db.write_now(lambda conn: uploads.sweep(conn, self.store, now))

    def count(self, name: str) -> int:
        """How many rows one of this feature's tables has."""
        rows = select(func.count()).select_from(getattr(t, name))
        return self.db.read_now(lambda conn: conn.execute(rows).scalar_one())

    def files(self) -> dict[str, list[str]]:
        """The names of all files, by folder."""
        return {
            folder: sorted(f.name for f in (self.root / folder).rglob("*") if f.is_file())
            for folder in ("blobs", "uploads")
        }


def tus(tablet: Tablet, method: str, path: str, headers: Mapping[str, str], **options: Any) -> Response:
    """One request of the protocol."""
    return tablet.send(method, path, headers={"Tus-Resumable": "1.0.0", **headers}, **options)


def promise(data: bytes) -> dict[str, str]:
    """The headers of a creation."""
    metadata = f"filetype {b64(b'image/jpeg')},sha256 {b64(sha(data).encode())}"
    return {"Upload-Length": str(len(data)), "Upload-Metadata": metadata}


def create(tablet: Tablet, data: bytes) -> Response:
    """Begin an upload of these bytes."""
    return tus(tablet, "POST", UPLOADS, promise(data))


def create_with(tablet: Tablet, data: bytes, first: bytes, **headers: str) -> Response:
    """Begin an upload of these bytes and send the first of them along."""
    return tus(tablet, "POST", UPLOADS, {"Content-Type": CHUNK, **promise(data), **headers}, content=first)


def begin(tablet: Tablet, data: bytes) -> str:
    """Begin an upload and return its path below `/api/v1`."""
    return create(tablet, data).headers["location"].removeprefix("/api/v1")


def patch(tablet: Tablet, path: str, offset: int, data: bytes, **headers: str) -> Response:
    """One chunk."""
    return tus(
        tablet, "PATCH", path, {"Content-Type": CHUNK, "Upload-Offset": str(offset), **headers}, content=data
    )


def offset(tablet: Tablet, path: str) -> int:
    """Where the server says that an upload stands."""
    return int(tus(tablet, "HEAD", path, {}).headers["upload-offset"])


def deliver(tablet: Tablet, data: bytes) -> Response:
    """Send a photo chunk by chunk; the last answer."""
    path = begin(tablet, data)
    at = offset(tablet, path)
    parts = [(i, data[i : i + LIMITS.chunk_bytes]) for i in range(at, len(data), LIMITS.chunk_bytes)]
    answers = [patch(tablet, path, i, part) for i, part in parts]
    return answers[-1] if answers else tus(tablet, "HEAD", path, {})


def ask(tablet: Tablet, *digests: str) -> dict[str, Any]:
    """`POST /blobs/missing`."""
    answer: dict[str, Any] = tablet.send("POST", "/blobs/missing", json={"sha256": digests}).json()
    return answer

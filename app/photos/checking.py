"""Whether the bytes of photos are still what they were (invariant I15)."""

import hashlib
from collections.abc import Iterator

from sqlalchemy import Connection, select

from app.photos import tables as t
from app.photos.store import BlobStore


def faults(conn: Connection, store: BlobStore) -> Iterator[str | None]:
    """For each photo that was verified once: a line that says what is wrong with its bytes, None if nothing is."""
    c = t.blob.c
    query = select(c.sha256, c.size).order_by(c.sha256)
    with conn.execute(query, execution_options={"yield_per": 500}) as rows:
        for row in rows:
            yield _fault(store, row.sha256, row.size)


def _fault(store: BlobStore, sha256: str, size: int) -> str | None:
    path = store.path(sha256)
    if not path.exists():
        return f"photo {sha256}: its bytes are missing"
    found = path.stat().st_size
    if found != size:
        return f"photo {sha256}: it has {found} bytes of {size}"
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            return f"photo {sha256}: its bytes do not hash to its name"
    return None

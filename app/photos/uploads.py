"""Uploads under way: SQL on a connection. What it says about an offset has reached the disk before."""

import secrets
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from sqlalchemy import Connection, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from app.errors import TooMany
from app.photos import tables as t
from app.photos.store import BlobStore, Delivered, register
from app.sets import Upsert, among

MAX_OPEN: Final = 200
"""Unfinished uploads of one account; at 25 MiB each 5 GB of disk."""
STRAY_MS: Final = 86_400_000
"""Files that nothing names are left alone for a day: somebody may be about to name them."""


@dataclass(frozen=True)
class Upload:
    """One upload: `offset` of `size` bytes are on the disk; finished when they are equal."""

    id: str
    user: str
    sha256: str
    size: int
    offset: int
    expires: int

    @property
    def is_finished(self) -> bool:
        """Whether the bytes were verified."""
        return self.offset == self.size


_COLUMNS = [t.upload.c[name] for name in ("id", "user", "sha256", "size", "offset", "expires")]


def new_upload(user: str, sha256: str, size: int, expires: int) -> Upload:
    """An upload that has not begun."""
    return Upload(secrets.token_hex(16), user, sha256, size, 0, expires)


def create(conn: Connection, store: BlobStore, new: Upload, now: int) -> Upload:
    """The upload of these bytes by this user: `new`, or the one that is under way already.

    TooMany if the user has MAX_OPEN unfinished ones.
    """
    c = t.upload.c
    same = (c.user == new.user) & (c.sha256 == new.sha256) & (c.size == new.size)
    kept = _one(conn, same)
    if kept is not None and kept.expires > now and is_sound(store, kept):
        return kept
    if kept is not None:
        forget(conn, kept)
    open_ones = select(func.count()).where(c.user == new.user, c.offset < c.size, c.expires > now)
    if conn.execute(open_ones).scalar_one() >= MAX_OPEN:
        raise TooMany("too many unfinished uploads", retry_after=60)
    row = {"id": new.id, "user": new.user, "sha256": new.sha256, "size": new.size, "offset": 0}
    added = insert(t.upload).values(**row, created=now, expires=new.expires)
    conn.execute(added.on_conflict_do_nothing())
    return _one(conn, same) or new


def find(conn: Connection, store: BlobStore, upload: str, user: str, now: int) -> Upload | None:
    """A user's own living upload by its id."""
    c = t.upload.c
    kept = _one(conn, (c.id == upload) & (c.user == user) & (c.expires > now))
    return kept if kept is not None and is_sound(store, kept) else None


def unfinished(
    conn: Connection, store: BlobStore, digests: Sequence[str], user: str, now: int
) -> dict[str, Upload]:
    """A user's own uploads of these digests that wait for more bytes, by digest."""
    c = t.upload.c
    mine = (c.user == user) & (c.expires > now) & (c.offset < c.size) & among(c.sha256, digests)
    rows = conn.execute(select(*_COLUMNS).where(mine).order_by(c.offset)).mappings()
    return {u.sha256: u for u in (Upload(**row) for row in rows) if is_sound(store, u)}


def is_sound(store: BlobStore, upload: Upload) -> bool:
    """Whether the disk holds what the row says, which a restored backup may not."""
    if upload.is_finished:
        return store.has(upload.sha256, upload.size)
    return store.is_sound(upload.id, upload.offset)


def advance(conn: Connection, upload: Upload, offset: int, expires: int) -> bool:
    """Acknowledge bytes up to `offset`; False if somebody else moved the upload meanwhile."""
    c = t.upload.c
    unmoved = (c.id == upload.id) & (c.offset == upload.offset)
    moved = update(t.upload).where(unmoved).values(offset=offset, expires=expires)
    return conn.execute(moved).rowcount == 1


def complete(conn: Connection, upload: Upload, mime: str, now: int, expires: int, holder: str) -> bool:
    """The bytes are verified, in their place and delivered by `holder`.

    False if a repeated request was first, which is harmless.
    """
    register(conn, [Delivered(upload.sha256, upload.size, mime, holder)], now)
    return advance(conn, upload, upload.size, expires)


@dataclass(frozen=True)
class Whole:
    """An upload that came whole with its creation: its bytes are verified and in their place."""

    upload: Upload
    mime: str


_WHOLE = Upsert(t.upload, ("user", "sha256", "size"), ("offset", "expires"))


def create_whole(conn: Connection, whole: Sequence[Whole], now: int) -> list[Upload]:
    """Note uploads that came whole; what is kept of each, in their order.

    One of the same bytes that was under way is finished by it and keeps its id.
    """
    register(conn, [Delivered(w.upload.sha256, w.upload.size, w.mime, w.upload.user) for w in whole], now)
    new = {_same(w.upload): w.upload for w in whole}
    rows = [asdict(upload) | {"offset": upload.size, "created": now} for _, upload in sorted(new.items())]
    _WHOLE.write(conn, rows)
    named = select(*_COLUMNS).where(among(t.upload.c.sha256, sorted({sha256 for _, sha256, _ in new})))
    kept = {_same(u): u for u in (Upload(**row) for row in conn.execute(named).mappings())}
    return [kept[_same(w.upload)] for w in whole]


def _same(upload: Upload) -> tuple[str, str, int]:
    return upload.user, upload.sha256, upload.size


def forget(conn: Connection, upload: Upload) -> None:
    """End an upload. Its file goes separately."""
    conn.execute(delete(t.upload).where(t.upload.c.id == upload.id))


def sweep(conn: Connection, store: BlobStore, now: int) -> int:
    """Remove uploads that expired, and files that a crash left without a name; how many in all."""
    c = t.upload.c
    expired = conn.execute(delete(t.upload).where(c.expires <= now).returning(c.id)).scalars().all()
    for upload in expired:
        store.drop(upload)
    alive = frozenset(conn.execute(select(c.id).where(c.offset < c.size)).scalars())
    return len(expired) + store.drop_strays(alive, now - STRAY_MS)


def _one(conn: Connection, condition: Any) -> Upload | None:
    row = conn.execute(select(*_COLUMNS).where(condition)).mappings().first()
    return None if row is None else Upload(**row)

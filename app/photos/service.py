"""Taking photos in, disk and database in step: bytes reach the disk first, then the database acknowledges.

Nothing is locked. A request that comes twice writes the same bytes to the same place, and the database lets
only one of the two move the offset; the other is told where the upload stands.
"""

import asyncio
import errno
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar

from sqlalchemy import Connection

from app.database import Database
from app.errors import ChecksumMismatch, NotFound, Problem, Unavailable, UnsupportedMedia, UploadOffset
from app.photos import access, uploads
from app.photos.arrivals import Arrivals
from app.photos.store import BlobStore, PartLost
from app.photos.uploads import Upload, Whole

T = TypeVar("T")


async def begin(db: Database, store: BlobStore, new: Upload, now: int) -> Upload:
    """Open an upload, or find the one of the same bytes by the same user that is open already."""
    await on_disk(store.begin, new.id)
    try:
        kept = await db.write(partial(uploads.create, store=store, new=new, now=now))
    except Exception:
        await on_disk(store.drop, new.id)
        raise
    if kept.id != new.id:
        await on_disk(store.drop, new.id)
    return kept


async def begin_with(
    db: Database, store: BlobStore, arrivals: Arrivals, new: Upload, data: bytes, now: int
) -> Upload:
    """Open an upload with its first bytes, or continue the one of the same bytes by what it has not got yet.

    A photo that comes whole goes straight to its place. ChecksumMismatch or UnsupportedMedia as `take`.
    """
    if len(data) == new.size:
        return await _keep_whole(store, arrivals, new, data)
    kept = await begin(db, store, new, now)
    if len(data) <= kept.offset:
        return kept
    try:
        return await take(db, store, kept, data[kept.offset :], now, new.expires)
    except UploadOffset as moved:  # by the same request, sent twice
        return replace(kept, offset=moved.members["offset"])


async def _keep_whole(store: BlobStore, arrivals: Arrivals, new: Upload, data: bytes) -> Upload:
    mime = await on_disk(store.keep, data, new.sha256)
    kept = await arrivals.note(Whole(new, mime))
    if kept.id != new.id:
        with suppress(OSError):  # as below
            await on_disk(store.drop, kept.id)
    return kept


async def find(db: Database, store: BlobStore, upload: str, user: str, now: int) -> Upload:
    """A user's own upload; NotFound where it is another's, over, or its bytes are lost."""
    kept = await db.read(partial(uploads.find, store=store, upload=upload, user=user, now=now))
    if kept is None:
        raise NotFound
    return kept


async def take(
    db: Database, store: BlobStore, upload: Upload, data: bytes, now: int, expires: int, holder: str = ""
) -> Upload:
    """Add bytes at the upload's offset and return where it stands; the last ones complete it.

    `holder` counts as who delivered the photo, whose upload it is unless another is named.
    UploadOffset if somebody moved it meanwhile. ChecksumMismatch or UnsupportedMedia if the whole is not
    what was promised: the upload is forgotten then.
    """
    reached = upload.offset + len(data)
    try:
        is_mine = await _put(db, store, upload, data, now, expires, holder or upload.user)
    except PartLost:
        is_mine = False
    except (ChecksumMismatch, UnsupportedMedia):
        await end(db, store, upload)
        raise
    if not is_mine:
        raise UploadOffset((await find(db, store, upload.id, upload.user, now)).offset)
    return replace(upload, offset=reached, expires=expires)


async def end(db: Database, store: BlobStore, upload: Upload) -> None:
    """Forget an upload and what came of it; verified bytes stay."""
    await db.write(partial(uploads.forget, upload=upload))
    await on_disk(store.drop, upload.id)


def sort_out(
    conn: Connection, store: BlobStore, digests: Sequence[str], user: str, now: int
) -> tuple[list[str], dict[str, Upload], list[str], list[str]]:
    """Which bytes the user should send, continue and knows to be here: (missing, partial, verified, stable).

    `stable` are those of the verified ones that a backup holds too: only these may a tablet forget.
    What is here but not for this user to know counts as missing; to send it again does no harm.
    """
    here = {h: b.stable for h, b in access.known(conn, user, digests).items() if store.has(h, b.size)}
    waiting = uploads.unfinished(conn, store, [h for h in digests if h not in here], user, now)
    missing = [h for h in digests if h not in here and h not in waiting]
    return missing, waiting, [h for h in digests if h in here], [h for h in digests if here.get(h)]


async def _put(
    db: Database, store: BlobStore, upload: Upload, data: bytes, now: int, expires: int, holder: str
) -> bool:
    if len(data) == upload.size:  # whole in one chunk: straight to its place, written and flushed once
        mime = await on_disk(store.keep, data, upload.sha256)
    else:
        reached = upload.offset + len(data)
        await on_disk(store.write, upload.id, upload.offset, data)
        if reached < upload.size:
            return await db.write(partial(uploads.advance, upload=upload, offset=reached, expires=expires))
        mime = await on_disk(store.finish, upload.id, upload.size, upload.sha256)
    done = partial(uploads.complete, upload=upload, mime=mime, now=now, expires=expires, holder=holder)
    is_mine = await db.write(done)
    if is_mine:
        with suppress(OSError):  # the photo is safe; what cannot be removed now, the sweep removes
            await on_disk(store.drop, upload.id)
    return is_mine


async def on_disk(work: Callable[..., T], *args: Any) -> T:
    """Run blocking file work on a thread; a full disk is a reason to come back, not a failure of ours."""
    try:
        return await asyncio.to_thread(work, *args)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise _full() from error
        raise


def _full() -> Problem:
    return Unavailable("the disk is full", retry_after=60)

"""`POST /courier`: one frame of a courier's file, opened here and taken in by the paths that everything else takes.

The answer counts and names problem types, nothing else: a courier learns nothing of what he carries.
"""

from functools import partial
from typing import Any, Final

from fastapi import APIRouter, Request
from sqlalchemy import Connection, select

from app.auth import tables as auth
from app.auth.wire import read_body
from app.clock import now_ms
from app.database import Database
from app.errors import (
    ActorUnknown,
    ChecksumMismatch,
    Malformed,
    NotFound,
    Problem,
    TooLarge,
    Unavailable,
    UnsupportedMedia,
    UploadOffset,
)
from app.photos import service
from app.photos.store import BlobStore
from app.photos.uploads import Upload, new_upload
from app.sync.courier import FRAME_BYTES, MEDIA_TYPE, NotOurs, PhotoPart, open_frame, read_plain
from app.sync.router import Bringer, Engine
from app.sync.service import Caller, Sync

ATTEMPTS: Final = 5
"""Tries to add to a photo that other requests are adding to at the same time."""
FRAME_S: Final = 300.0
WEEK_MS: Final = 7 * 86_400_000


def courier_router(store: BlobStore, *, upload_ms: int = WEEK_MS) -> APIRouter:
    """The route, below `/api/v1`. A photo whose other parts do not come for `upload_ms` is forgotten."""
    router = APIRouter(prefix="/api/v1")

    @router.post("/courier")
    async def take(request: Request, caller: Bringer, sync: Engine) -> dict[str, Any]:
        if request.headers.get("Content-Type") != MEDIA_TYPE:
            raise UnsupportedMedia(f"a frame is {MEDIA_TYPE}")
        frame = await read_body(request, FRAME_BYTES, within_s=FRAME_S)
        return await carry(sync, store, caller, frame, upload_ms=upload_ms)

    return router


async def carry(
    sync: Sync, store: BlobStore, caller: Caller, frame: bytes, *, upload_ms: int
) -> dict[str, Any]:
    """Take in one frame; the answer of the call. Malformed if it does not open."""
    try:
        freight = read_plain(open_frame(sync.seal.private, frame))
    except NotOurs as error:
        raise Malformed(str(error)) from None
    if isinstance(freight, PhotoPart):
        return await carry_photo(sync.db, store, freight, caller.user, sync.limits.photo_bytes, upload_ms)
    return await _carry_commits(sync, caller, freight.ndjson)


async def _carry_commits(sync: Sync, caller: Caller, ndjson: bytes) -> dict[str, Any]:
    if not ndjson.strip():
        return _told(0)
    answer = await sync.push(caller, ndjson)
    return _told(len(answer["results"]), *(error["type"] for error in answer["errors"]))


async def carry_photo(
    db: Database, store: BlobStore, part: PhotoPart, courier: str, limit: int, upload_ms: int
) -> dict[str, Any]:
    """Take in some bytes of a photo, in any order and however often; the answer of the call.

    Unavailable if other requests would not let go of it.
    """
    try:
        if part.size > limit:
            raise TooLarge
        holder = await db.read(partial(_holder, part=part, courier=courier))
        await _add(db, store, part, courier, holder, upload_ms)
    except (TooLarge, ActorUnknown, ChecksumMismatch, UnsupportedMedia) as problem:
        return _told(0, _type(problem))
    return _told(1)


def _told(taken: int, *refused: str) -> dict[str, Any]:
    return {"taken": taken, "refused": list(refused)}


def _type(problem: Problem) -> str:
    return f"urn:insats:{problem.code}"


def _holder(conn: Connection, part: PhotoPart, courier: str) -> str:
    """Who counts as having delivered the bytes: the person behind the actor, or the courier where none is named."""
    if part.actor is None:
        return courier
    c = auth.actor.c
    user: str | None = conn.execute(select(c.user).where(c.id == part.actor)).scalar()
    if user is None:
        raise ActorUnknown
    return user


async def _add(
    db: Database, store: BlobStore, part: PhotoPart, courier: str, holder: str, upload_ms: int
) -> None:
    for _ in range(ATTEMPTS):
        now = now_ms()
        look = partial(service.sort_out, store=store, digests=[part.sha256], user=holder, now=now)
        verified = (await db.read(look))[2]
        if verified:
            return
        new = new_upload(courier, part.sha256, part.size, now + upload_ms)
        upload = await service.begin(db, store, new, now)
        if upload.is_finished:  # by somebody else for himself: what he showed to have is not the holder's
            await service.end(db, store, upload)
            continue
        try:
            await _grow(db, store, upload, part, holder, upload_ms)
        except (UploadOffset, NotFound):  # another request moved it, or finished it
            continue
        return
    raise Unavailable(retry_after=1)


async def _grow(
    db: Database, store: BlobStore, upload: Upload, part: PhotoPart, holder: str, upload_ms: int
) -> None:
    """Add the part where it belongs, and every piece that waited for it."""
    if part.offset > upload.offset:
        await service.on_disk(store.set_aside, upload.id, part.offset, part.data)
    data = part.data[max(upload.offset - part.offset, 0) :] if part.offset <= upload.offset else b""
    while data := data or await service.on_disk(store.piece_from, upload.id, upload.offset):
        now = now_ms()
        upload = await service.take(
            db, store, upload, data[: upload.size - upload.offset], now, now + upload_ms, holder
        )
        data = b""
        if upload.is_finished:
            break
    if upload.is_finished:
        await service.end(db, store, upload)  # no tablet waits for the answer; what is verified stays

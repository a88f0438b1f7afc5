"""`/blobs`: what is missing, resumable uploads, the bytes as they came, and a view of them.

An upload is created with `Upload-Length` and `Upload-Metadata: sha256 <base64 of the hex digest>`. Creating
the same one again answers with the first, whose `Upload-Offset` says where it stands. The first chunk may come with
the creation, each other one is a `PATCH`. It is acknowledged when it is on the disk, the last one when the whole was
hashed and is in its place.
"""

import asyncio
import re
from functools import partial
from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import FileResponse
from pydantic import BaseModel, Field, StringConstraints

from app.auth.principal import Deliverer, Principal, Store
from app.auth.service import SessionRow
from app.auth.wire import read_json
from app.clock import now_ms
from app.database import Database
from app.errors import NotFound, TooLarge, UploadOffset
from app.photos import access, service, tus
from app.photos.store import BlobStore
from app.photos.uploads import Upload, new_upload
from app.settings import Limits

UPLOADS: Final = "/api/v1/blobs/uploads"
MAX_DIGESTS: Final = 500
WEEK_MS: Final = 7 * 86_400_000
BEYOND: Final = "the chunk goes beyond the length of the upload"

_SHA256 = re.compile(r"[0-9a-f]{64}")
_UPLOAD = re.compile(r"[0-9a-f]{32}")
_EXTENSION = {"image/jpeg": "jpg", "image/heic": "heic"}

Digest = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


class MissingIn(BaseModel):
    """The body of `POST /blobs/missing`."""

    sha256: Annotated[list[Digest], Field(max_length=MAX_DIGESTS)]


def photos_router(store: BlobStore, limits: Limits, *, upload_ms: int = WEEK_MS) -> APIRouter:
    """All routes, below `/api/v1`. An upload that nobody continues for `upload_ms` ends."""
    router = APIRouter()
    router.include_router(_uploads_router(store, limits, upload_ms))
    router.include_router(_blobs_router(store))
    return router


def _uploads_router(store: BlobStore, limits: Limits, upload_ms: int) -> APIRouter:
    router = APIRouter(prefix=UPLOADS, route_class=tus.TusRoute)

    @router.options("")
    async def describe(_: Deliverer) -> Response:
        return Response(status_code=204, headers=tus.abilities(limits.photo_bytes))

    @router.post("")
    async def create(request: Request, session: Deliverer, db: Store) -> Response:
        size, sha256 = tus.length(request, limits.photo_bytes), tus.digest(request)
        data = await tus.first_chunk(request, limits.chunk_bytes, size, sha256)
        if len(data) > size:
            raise TooLarge(BEYOND)
        now = now_ms()
        new = new_upload(session.person.id, sha256, size, now + upload_ms)
        kept = await service.begin_with(db, store, request.app.state.arrivals, new, data, now)
        return Response(status_code=201, headers={"Location": _url(kept), **tus.state(kept)})

    @router.head("/{upload}")
    async def look(upload: str, session: Deliverer, db: Store) -> Response:
        kept = await _find(db, store, session, upload)
        return Response(headers={"Upload-Length": str(kept.size), **tus.state(kept)})

    @router.patch("/{upload}")
    async def send(upload: str, request: Request, session: Deliverer, db: Store) -> Response:
        offset = tus.number(request, "Upload-Offset")
        data = await tus.chunk(request, limits.chunk_bytes)
        kept, now = await _find(db, store, session, upload), now_ms()
        if offset != kept.offset:
            raise UploadOffset(kept.offset)
        if offset + len(data) > kept.size:
            raise TooLarge(BEYOND)
        if data:
            kept = await service.take(db, store, kept, data, now, now + upload_ms)
        return Response(status_code=204, headers=tus.state(kept))

    @router.delete("/{upload}")
    async def end(upload: str, session: Deliverer, db: Store) -> Response:
        await service.end(db, store, await _find(db, store, session, upload))
        return Response(status_code=204)

    return router


def _blobs_router(store: BlobStore) -> APIRouter:
    router = APIRouter(prefix="/api/v1/blobs")

    @router.post("/missing")
    async def missing(request: Request, session: Deliverer, db: Store) -> dict[str, Any]:
        digests = list(dict.fromkeys((await read_json(request, MissingIn)).sha256))
        ask = partial(service.sort_out, store=store, digests=digests, user=session.person.id, now=now_ms())
        absent, waiting, verified, stable = await db.read(ask)
        partly = {h: {"url": _url(u), "offset": u.offset} for h, u in waiting.items()}
        return {"missing": absent, "partial": partly, "verified": verified, "stable": stable}

    @router.get("/{sha256}")
    async def fetch(sha256: str, session: Principal, db: Store) -> Response:
        return _file(store, await _readable(db, store, session, sha256))

    @router.get("/{sha256}/view")
    async def show(sha256: str, request: Request, session: Principal, db: Store) -> Response:
        blob = await _readable(db, store, session, sha256)
        view = await request.app.state.views.view(sha256, store.path(sha256))
        return Response(view, headers=_headers(f"{blob.sha256}-view"), media_type="image/jpeg")

    return router


async def _readable(db: Database, store: BlobStore, session: SessionRow, sha256: str) -> access.Blob:
    if not _SHA256.fullmatch(sha256):
        raise NotFound
    found = await db.read(partial(access.readable, user=session.person.id, digests=[sha256]))
    blob = found.get(sha256)
    if blob is None or not await asyncio.to_thread(store.has, sha256, blob.size):
        raise NotFound
    return blob


async def _find(db: Database, store: BlobStore, session: SessionRow, upload: str) -> Upload:
    if not _UPLOAD.fullmatch(upload):
        raise NotFound
    return await service.find(db, store, upload, session.person.id, now_ms())


def _url(upload: Upload) -> str:
    return f"{UPLOADS}/{upload.id}"


def _file(store: BlobStore, blob: access.Blob) -> Response:
    """The bytes as they came: evidence to keep, which no browser is to open by itself."""
    name = f"{blob.sha256}.{_EXTENSION[blob.mime]}"
    path, headers = store.path(blob.sha256), _headers(blob.sha256)
    return FileResponse(path, headers=headers, media_type=blob.mime, filename=name)


def _headers(tag: str) -> dict[str, str]:
    """Never cached for another account; opened in a window of its own it is another origin that may do nothing."""
    return {
        "Cache-Control": "private, max-age=86400, immutable",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "ETag": f'"{tag}"',
        "Vary": "Authorization",
        "X-Content-Type-Options": "nosniff",
    }

"""The web application: what is wired to what, and nothing else."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy.exc import SQLAlchemyError
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.auth.router import auth_router
from app.clock import now_ms
from app.database import Database
from app.errors import NotFound
from app.operations.readmodels import refresh
from app.operations.staff import publish_actor
from app.photos.router import photos_router
from app.photos.store import BlobStore
from app.settings import Settings
from app.sync import pull
from app.sync.backup import BackupBroken, back_up
from app.sync.identity import server_key
from app.sync.router import router as sync_router
from app.sync.service import Sync

_log = logging.getLogger("insats")

STATIC = Path(__file__).parent.parent / "static" / "dist"
POLL_S = 0.5

SECURITY_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; font-src 'self'; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; media-src 'self' blob:; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types insats"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), geolocation=(self), microphone=()",
}


def create_app(settings: Settings) -> FastAPI:
    """The application over the store and data folder that the settings name; the store must be migrated."""
    key = server_key(settings.data)
    db = Database(settings.store_url())
    sync = Sync(db, key, settings.data, settings.limits, [refresh])

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        jobs = [
            asyncio.create_task(sync.live.watch(lambda: db.read(pull.heads_of), POLL_S)),
            asyncio.create_task(_back_up_now_and_then(db, settings)),
        ]
        if sync.bell is not None:
            jobs.append(asyncio.create_task(sync.bell.listen(sync.live.wake.set)))
            jobs.append(asyncio.create_task(sync.bell.send()))
        yield
        for job in jobs:
            job.cancel()
        db.close()

    app = FastAPI(
        title="Insats", docs_url=None, redoc_url=None, openapi_url="/api/v1/openapi.json", lifespan=lifespan
    )
    app.state.db, app.state.sync, app.state.settings = db, sync, settings
    errors.install(app)
    app.add_middleware(GZipMiddleware, minimum_size=1024, compresslevel=5)
    app.add_middleware(SecurityHeaders)
    app.include_router(auth_router(lambda conn, actor, now: publish_actor(conn, key, actor, now)))
    app.include_router(sync_router)
    app.include_router(photos_router(BlobStore(settings.data), settings.limits))
    app.add_api_route("/healthz", _health, include_in_schema=False)
    app.add_api_route("/{path:path}", _static, include_in_schema=False)
    return app


def factory() -> FastAPI:
    """For uvicorn: the application by the environment's settings."""
    return create_app(Settings())


async def _back_up_now_and_then(db: Database, settings: Settings) -> None:
    """Backups for as long as the server lives. One that fails is logged and leaves `stable` where it was."""
    while True:
        await asyncio.sleep(settings.backup_every_s)
        try:
            await asyncio.to_thread(back_up, db, settings.data, settings.data / "backups", now_ms())
        except (BackupBroken, OSError, SQLAlchemyError):
            _log.exception("the backup failed; stable has not moved")


class SecurityHeaders:
    """Adds the headers to every answer; plain ASGI, since Starlette's function middleware buffers streams."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap `app`."""
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        await self._app(scope, receive, with_headers)


async def _health(request: Request) -> JSONResponse:
    """200 when the store answers."""
    epoch = await request.app.state.db.read(pull.heads_of)
    return JSONResponse({"status": "ok", "streams": len(epoch)})


async def _static(path: str) -> Response:
    """The built front end; every address of the app itself is its start page."""
    if path.startswith("api/"):
        raise NotFound
    file = (STATIC / path).resolve()
    if not (path and file.is_relative_to(STATIC) and file.is_file()):
        file = STATIC / "index.html"
        if not file.is_file():
            raise NotFound("the front end has not been built")
    is_hashed = "/assets/" in f"/{path}"
    cache = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
    return FileResponse(file, headers={"Cache-Control": cache})

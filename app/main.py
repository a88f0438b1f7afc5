"""The web application: what is wired to what, and nothing else."""

import asyncio
import gc
import logging
import os
import sys
from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path, PurePosixPath
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import FileResponse, JSONResponse
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from starlette.middleware.gzip import DEFAULT_EXCLUDED_CONTENT_TYPES, GZipMiddleware
from starlette.routing import BaseRoute, Match
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import errors
from app.auth.people_router import people_router
from app.auth.presence import Presence
from app.auth.router import auth_router
from app.auth.service import Person, forget_expired
from app.auth.sessions import Sessions
from app.auth.setup_router import setup_router
from app.clock import now_ms
from app.database import Database, outage_of
from app.errors import MethodNotAllowed, NotFound, Unavailable
from app.operations.planning import welcome
from app.operations.readmodels import refresh
from app.operations.staff import publish_actor
from app.photos.arrivals import Arrivals
from app.photos.courier import courier_router
from app.photos.router import photos_router
from app.photos.store import BlobStore
from app.photos.uploads import sweep
from app.photos.views import Views
from app.settings import Settings
from app.sync import pull
from app.sync.identity import ServerKey, server_key
from app.sync.keeping import BUSY
from app.sync.router import router as sync_router
from app.sync.service import Sync

_log = logging.getLogger("insats")

STATIC = Path(__file__).parent.parent / "static" / "dist"
POLL_S = 0.5
SWEEP_S = 3_600.0
DAY_MS = 86_400_000
METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
CATCH_ALLS = ("/api/{path:path}", "/{path:path}")
"""What no other route takes: of the API, and of the front end."""

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

HSTS = {"Strict-Transport-Security": "max-age=31536000"}
"""Where people reach the server by TLS: no browser that has been there goes back to plain HTTP for a year."""


def create_app(settings: Settings) -> FastAPI:
    """The application over the store and data folder that the settings name; the store must be migrated."""
    key, blobs = server_key(settings.data), BlobStore(settings.data)
    db = Database(settings.store_url())
    sync = Sync(db, key, settings.data, settings.limits, [refresh])
    presence = Presence(db, sync.live.tell_of_tablets)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        beside = (*_jobs(settings, db, sync, blobs), presence.keep_writing())
        jobs = [asyncio.create_task(job) for job in beside]
        yield
        for job in jobs:
            job.cancel()
        await asyncio.gather(*jobs, return_exceptions=True)  # a backup beside us has to be ended
        await presence.settle()
        app.state.views.close()
        db.close()

    app = FastAPI(
        title="Insats",
        version=version("insats"),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        lifespan=lifespan,
    )
    app.state.db, app.state.sync, app.state.settings, app.state.presence = db, sync, settings, presence
    app.state.sessions, app.state.arrivals, app.state.views = Sessions(db), Arrivals(db), Views()
    errors.install(app)
    for failure in (DBAPIError, OSError):
        app.add_exception_handler(failure, _on_outage)
    app.add_middleware(
        GZipMiddleware,
        minimum_size=1024,
        compresslevel=5,
        exclude_content_types=(*DEFAULT_EXCLUDED_CONTENT_TYPES, "image/heic"),
    )
    is_encrypted = settings.address().startswith("https://")
    headers = SECURITY_HEADERS | (HSTS if is_encrypted else {})
    stack = app.build_middleware_stack
    # Around everything: the answer to an error that nobody expected comes from outside of what `add_middleware` adds.
    app.build_middleware_stack = lambda: SecurityHeaders(stack(), headers)  # type: ignore[method-assign]
    _add_routes(app, settings, key, blobs)
    return app


def _jobs(
    settings: Settings, db: Database, sync: Sync, blobs: BlobStore
) -> Iterator[Coroutine[Any, Any, None]]:
    """What runs beside the requests for as long as the worker lives."""
    yield sync.live.watch(lambda: db.read(pull.heads_of), POLL_S)
    yield _back_up_now_and_then(settings)
    yield _sweep_now_and_then(db, blobs)
    if sync.bell is not None:
        yield sync.bell.listen(sync.live.wake.set)
        yield sync.bell.send()


def _add_routes(app: FastAPI, settings: Settings, key: ServerKey, blobs: BlobStore) -> None:
    session_ms, upload_ms = settings.session_days * DAY_MS, settings.upload_days * DAY_MS
    app.include_router(
        auth_router(lambda conn, actor, now: publish_actor(conn, key, actor, now), session_ms=session_ms)
    )
    app.include_router(setup_router(_take_in, session_ms=session_ms))
    app.include_router(people_router(_take_in, settings.address()))
    app.include_router(sync_router)
    app.include_router(photos_router(blobs, settings.limits, upload_ms=upload_ms))
    app.include_router(courier_router(blobs, upload_ms=upload_ms))
    app.add_api_route("/healthz", _health, methods=["GET", "HEAD"], include_in_schema=False)
    nothing, static = CATCH_ALLS
    app.add_api_route(nothing, _nothing, methods=METHODS, include_in_schema=False)
    app.add_api_route(static, _static, methods=["GET", "HEAD"], include_in_schema=False)


def _take_in(conn: Connection, person: Person, now: int) -> None:
    """A new account's part in what is there already."""
    welcome(conn, person.id, person.authority, person.role, now)


def factory() -> FastAPI:
    """For uvicorn: the application by the environment's settings."""
    app = create_app(Settings())
    # What was imported lives as long as the worker; to look through it again and again costs a push a tenth of its time.
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    return app


async def _back_up_now_and_then(settings: Settings) -> None:
    """Backups for as long as the server lives. One that fails is logged and leaves `stable` where it was."""
    while True:
        await asyncio.sleep(settings.backup_every_s)
        try:
            status, told = await _back_up_beside(settings)
        except OSError:
            _log.exception("no backup could be started")
            continue
        if status not in (0, BUSY):
            _log.error("the backup failed or is not whole; stable covers only what it holds\n%s", told)


async def _back_up_beside(settings: Settings) -> tuple[int, str]:
    """`insats backup` as a process of its own: to verify takes a core for as long as there are signatures, and would hold
    up every request here. Its exit status and what it complained of."""
    env = os.environ | {"INSATS_DATA": str(settings.data), "INSATS_DATABASE_URL": settings.store_url()}
    env |= {"INSATS_BACKUPS": str(settings.backup_folder())}
    program = (sys.executable, "-m", "app", "backup", "--gently")
    process = await asyncio.create_subprocess_exec(
        *program, env=env, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE
    )
    try:
        _, told = await process.communicate()
    except asyncio.CancelledError:
        process.kill()  # half a backup is none
        await process.wait()
        raise
    return process.returncode or 0, told.decode(errors="replace")


async def _sweep_now_and_then(db: Database, blobs: BlobStore) -> None:
    """Uploads that nobody continues, sessions and codes that are over are forgotten."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            await db.write(lambda conn: sweep(conn, blobs, now_ms()))
            await db.write(lambda conn: forget_expired(conn, now_ms()))
        except (Unavailable, OSError, SQLAlchemyError):
            _log.exception("what is over could not be forgotten")


async def _on_outage(_: Request, error: Exception) -> Response:
    """A store or disk that is out of order for a while is no failure of ours: one line in the log, and come back."""
    outage = outage_of(error)
    if outage is None:
        raise error
    _log.warning("the store cannot take this now: %s", str(error).partition("\n")[0])
    return errors.problem_response(outage)


class SecurityHeaders:
    """Adds the headers to every answer; plain ASGI, since Starlette's function middleware buffers streams."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str]) -> None:
        """Wrap `app`; a header that an answer has already stays as it is."""
        self._app = app
        self._added = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass everything through."""

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                there = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [
                    *message["headers"],
                    *(pair for pair in self._added if pair[0] not in there),
                ]
            await send(message)

        await self._app(scope, receive, with_headers)


async def _health(request: Request) -> JSONResponse:
    """200 when the store answers."""
    epoch = await request.app.state.db.read(pull.heads_of)
    return JSONResponse({"status": "ok", "streams": len(epoch)})


async def _nothing(request: Request) -> Response:
    """An address below the API that is none, or that knows other methods only."""
    others = [route for route in request.app.routes if getattr(route, "path", "") not in CATCH_ALLS]
    allowed = [m for m in METHODS if any(_knows(route, {**request.scope, "method": m}) for route in others)]
    if allowed:
        raise MethodNotAllowed(headers={"Allow": ", ".join(allowed)})
    raise NotFound


def _knows(route: BaseRoute, scope: Scope) -> bool:
    return route.matches(scope)[0] is Match.FULL


async def _static(path: str) -> Response:
    """The built front end; every address of the app itself is its start page.

    A file that is not here (another version's) is not: a tablet would keep the start page in its place for a year.
    """
    file = _built(path)
    if file is None and PurePosixPath(path).suffix:
        raise NotFound
    if file is None:
        file = STATIC / "index.html"
        if not file.is_file():
            raise NotFound("the front end has not been built")
    is_hashed = "/assets/" in f"/{path}"
    cache = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
    return FileResponse(file, headers={"Cache-Control": cache})


def _built(path: str) -> Path | None:
    """The file of the front end at this path, if it is one."""
    try:
        file = (STATIC / path).resolve()
        return file if path and file.is_relative_to(STATIC) and file.is_file() else None
    except (OSError, ValueError):  # a name that no file system takes: too long, or with U+0000
        return None

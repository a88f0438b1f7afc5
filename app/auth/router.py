"""`/enrol`, `/actors` and `/devices`."""

from collections.abc import Callable
from dataclasses import asdict
from functools import partial
from typing import Annotated, Any, Final, TypeAlias

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints
from sqlalchemy import Connection

from app.auth import service
from app.auth.limiter import FailureLimiter
from app.auth.principal import Deliverer, Heard, Principal, Store
from app.auth.service import ActorRow, NewDevice, SessionRow
from app.auth.wire import read_json
from app.clock import now_ms
from app.domain.commit import unb64
from app.domain.permissions import Deny, decide_watch_devices
from app.errors import CodeInvalid, Malformed, NotFound, TooMany

Publish: TypeAlias = Callable[[Connection, ActorRow, int], None]
"""Makes a new actor's name known, inside the transaction that registers it; the last argument is `now`."""

DAY_MS: Final = 86_400_000
FAILURES: Final = 20
FAILURES_WITHIN_MS: Final = 60_000


class MarkIn(BaseModel):
    """A tablet as it names itself."""

    id: Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
    label: Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,80}$")]


class DeviceIn(MarkIn):
    """The tablet that enrols; `lost` is what it was called while it had the store that it misses now."""

    lost: MarkIn | None = None


class EnrolIn(BaseModel):
    """The body of `POST /enrol`."""

    code: Annotated[str, StringConstraints(max_length=100)]
    device: DeviceIn


class ActorIn(BaseModel):
    """The body of `POST /actors`: base64url of the raw public point."""

    key: Annotated[str, StringConstraints(max_length=100)]


def auth_router(publish: Publish, *, session_ms: int = 14 * DAY_MS) -> APIRouter:
    """The routes, below `/api/v1`. `publish` runs once for each new actor."""
    router = APIRouter(prefix="/api/v1")
    guesses = FailureLimiter(FAILURES, FAILURES_WITHIN_MS)

    @router.post("/enrol")
    async def enrol(request: Request, db: Store, heard: Heard) -> dict[str, Any]:
        now, address = now_ms(), request.client.host if request.client else ""
        wait = guesses.wait_s(address, now)
        if wait:
            raise TooMany(retry_after=wait)
        body = await read_json(request, EnrolIn)
        lost = body.device.lost
        device = NewDevice(body.device.id, body.device.label, lost.id if lost else None)
        redeem = partial(service.redeem, code=body.code, device=device, now=now, ttl=session_ms)
        await heard.settle()  # what a tablet that lost its store held is what it said last
        try:
            token, person = await db.write(redeem)
        except CodeInvalid:
            guesses.note(address, now)
            raise
        return {"token": token, "user": asdict(person)}

    @router.post("/actors")
    async def register(request: Request, session: Deliverer, db: Store) -> dict[str, str]:
        key = _key((await read_json(request, ActorIn)).key)
        actor = await db.write(partial(_register, session=session, key=key, publish=publish, now=now_ms()))
        return {"actor": actor.id}

    @router.get("/devices")
    async def devices(session: Principal, db: Store, heard: Heard) -> list[dict[str, Any]]:
        if isinstance(decide_watch_devices(session.person.role), Deny):
            raise NotFound
        await heard.settle()
        return await db.read(partial(service.devices_for, supervisor=session.person.id, now=now_ms()))

    return router


def _key(text: str) -> bytes:
    try:
        return unb64(text)
    except ValueError as error:
        raise Malformed("key: not base64url") from error


def _register(conn: Connection, session: SessionRow, key: bytes, publish: Publish, now: int) -> ActorRow:
    actor, is_new = service.register_actor(conn, session, key, now)
    if is_new:
        publish(conn, actor, now)
    return actor

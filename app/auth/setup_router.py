"""`/setup`: what the first administrator meets."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated, Any, TypeAlias

from fastapi import APIRouter, Request
from pydantic import BaseModel, StringConstraints
from sqlalchemy import Connection

from app.auth import setup
from app.auth.limiter import FailureLimiter
from app.auth.principal import Store
from app.auth.router import DAY_MS, FAILURES, FAILURES_WITHIN_MS, MarkIn
from app.auth.service import NewDevice, Person
from app.auth.wire import read_json
from app.clock import now_ms
from app.domain import codes
from app.errors import CodeInvalid, Malformed, TooMany

TakeIn: TypeAlias = Callable[[Connection, Person, int], None]
"""Gives a new account its part in what is there, inside the transaction that makes it; the last argument is `now`."""

Name: TypeAlias = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]{1,80}$")
]
ShortId: TypeAlias = Annotated[str, StringConstraints(max_length=40)]
Code: TypeAlias = Annotated[str, StringConstraints(max_length=40)]


class AccountIn(BaseModel):
    """An account to make: what its person is called, its id within the authority, the authority."""

    name: Name
    id: ShortId
    authority: Code


class SetupIn(AccountIn):
    """The body of `POST /setup`."""

    code: Annotated[str, StringConstraints(max_length=100)]
    device: MarkIn


def setup_router(take_in: TakeIn, *, session_ms: int = 14 * DAY_MS) -> APIRouter:
    """The routes, below `/api/v1`. `take_in` runs once, for the account that is made."""
    router = APIRouter(prefix="/api/v1")
    guesses = FailureLimiter(FAILURES, FAILURES_WITHIN_MS)

    @router.get("/setup")
    async def choices() -> dict[str, Any]:
        """What there is to choose from, before any stream can be read: this release's list of authorities."""
        return {
            "authorities": [
                {name: each[name] for name in ("id", "sv", "en")} for each in codes.items("authorities")
            ]
        }

    @router.post("/setup")
    async def begin(request: Request, db: Store) -> dict[str, Any]:
        now, address = now_ms(), request.client.host if request.client else ""
        wait = guesses.wait_s(address, now)
        if wait:
            raise TooMany(retry_after=wait)
        body = await read_json(request, SetupIn)
        check_authority(body.authority)

        def work(conn: Connection) -> tuple[str, Person]:
            account, device = (
                (body.authority, body.id, body.name),
                NewDevice(body.device.id, body.device.label),
            )
            token, person = setup.set_up(conn, body.code, account, device, now, session_ms)
            take_in(conn, person, now)
            return token, person

        try:
            token, person = await db.write(work)
        except CodeInvalid:
            guesses.note(address, now)
            raise
        return {"token": token, "user": asdict(person)}

    return router


def check_authority(authority: str) -> None:
    """Malformed unless the code list has the authority."""
    if authority not in codes.ids("authorities"):
        raise Malformed("authority: unknown")

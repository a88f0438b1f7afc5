"""`/people` for administrators, and `/sessions`: where everybody is signed in."""

from functools import partial
from typing import Annotated, Any

import segno
from fastapi import APIRouter, Path, Request
from pydantic import StringConstraints
from sqlalchemy import Connection

from app.auth import people
from app.auth.people import Invitation
from app.auth.principal import Heard, Principal, Store
from app.auth.setup_router import AccountIn, Code, TakeIn
from app.auth.wire import read_json
from app.clock import now_ms

Id = Annotated[str, StringConstraints(max_length=100), Path()]


class InviteIn(AccountIn):
    """The body of `POST /people`."""

    role: Code


def people_router(take_in: TakeIn, address: str) -> APIRouter:
    """The routes, below `/api/v1`. `take_in` runs once for each new account; links begin with `address`."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/people")
    async def overview(session: Principal, db: Store, heard: Heard) -> dict[str, Any]:
        await heard.settle()
        return await db.read(partial(people.overview, caller=session.person, now=now_ms()))

    @router.post("/people")
    async def invite(request: Request, session: Principal, db: Store) -> dict[str, Any]:
        body, now = await read_json(request, InviteIn), now_ms()

        def work(conn: Connection) -> Invitation:
            made = people.invite(conn, session.person, body.authority, body.id, body.name, body.role, now)
            take_in(conn, made.person, now)
            return made

        return _told(await db.write(work), address)

    @router.post("/people/{user}/link")
    async def link(user: Id, session: Principal, db: Store) -> dict[str, Any]:
        made = await db.write(partial(people.link, caller=session.person, user=user, now=now_ms()))
        return _told(made, address)

    @router.post("/people/{user}/close")
    async def close(user: Id, session: Principal, db: Store) -> dict[str, Any]:
        await db.write(partial(people.close_account, caller=session.person, user=user, now=now_ms()))
        return {"active": False}

    @router.delete("/people/{user}/sessions/{device}")
    async def end(user: Id, device: Id, session: Principal, db: Store) -> dict[str, Any]:
        ending = partial(people.end_session, caller=session.person, user=user, device=device, now=now_ms())
        await db.write(ending)
        return {"ended": device}

    @router.post("/tablets/{device}/block")
    async def block(device: Id, session: Principal, db: Store, heard: Heard) -> dict[str, Any]:
        await heard.settle()  # whose tablet it is, is who was heard from it last
        await db.write(partial(people.block_tablet, caller=session.person, device=device, now=now_ms()))
        return {"blocked": device}

    @router.get("/sessions")
    async def own(session: Principal, db: Store, heard: Heard) -> dict[str, Any]:
        await heard.settle()
        found = await db.read(partial(people.own_sessions, user=session.person.id, now=now_ms()))
        return {"sessions": found, "here": session.device}

    @router.delete("/sessions/{device}")
    async def end_own(device: Id, session: Principal, db: Store) -> dict[str, Any]:
        await db.write(partial(people.end_own_session, user=session.person.id, device=device, now=now_ms()))
        return {"ended": device}

    return router


def _told(made: Invitation, address: str) -> dict[str, Any]:
    """The link as text and as the squares of a QR code, once: only the code's hash is kept."""
    link = f"{address}/#/enrol/{made.code}"
    return {
        "user": made.person.id,
        "name": made.person.name,
        "expires": made.expires,
        "link": link,
        "qr": qr(link),
    }


def qr(text: str) -> dict[str, Any]:
    """A QR code to draw: `size` squares a side without the margin, and the dark ones as the `path` of an SVG."""
    matrix = segno.make(text, error="m", micro=False).matrix
    dark = (f"M{x} {y}h1v1h-1z" for y, row in enumerate(matrix) for x, module in enumerate(row) if module & 1)
    return {"size": len(matrix), "path": "".join(dark)}

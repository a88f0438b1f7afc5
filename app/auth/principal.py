"""Who is calling: the dependencies of every call but enrolment. Delivering takes a tablet that was let in once; reading takes
somebody who still is.

Dependencies are coroutines although they wait for nothing: FastAPI gives a plain function to a thread and waits for that.
"""

import re
from typing import Annotated, TypeAlias

from fastapi import Depends, Request

from app.auth.codes import token_hash
from app.auth.presence import Presence
from app.auth.service import Asked, Pending, SessionRow
from app.auth.sessions import Sessions
from app.clock import now_ms
from app.database import Database
from app.errors import ActorUnknown, Unauthenticated

_BEARER = re.compile(r"bearer +([A-Za-z0-9._~+/=-]{1,200})", re.IGNORECASE)
_ACTOR = re.compile(r"a_[0-9a-f]{32}")
_APP = re.compile(r"[\x21-\x7e]{1,64}")
_PENDING = re.compile(r"(?P<name>changes|blobs|oldest|free)=(?P<value>\d{1,15})")


async def database(request: Request) -> Database:
    """The store that `main` opened."""
    db: Database = request.app.state.db
    return db


async def presence(request: Request) -> Presence:
    """What the tablets of this worker said."""
    heard: Presence = request.app.state.presence
    return heard


Store: TypeAlias = Annotated[Database, Depends(database)]
Heard: TypeAlias = Annotated[Presence, Depends(presence)]


async def deliverer(request: Request) -> SessionRow:
    """The session of the bearer token, also one that has lapsed or ended; `Insats-Actor` must name a key of the same person.

    It is looked up at every call, since it may end at any moment, and together with those of the same moment. What the tablet
    says to hold is written later, with what others say.
    """
    token = _BEARER.fullmatch(request.headers.get("Authorization", ""))
    if token is None:
        raise Unauthenticated
    sessions: Sessions = request.app.state.sessions
    heard = await presence(request)
    now, named = now_ms(), request.headers.get("Insats-Actor", "")
    actor = named if _ACTOR.fullmatch(named) else ""
    session = await sessions.find(Asked(token_hash(token[1]), actor))
    if session is None:
        raise Unauthenticated
    if named and session.actor is None:
        raise ActorUnknown
    app = _APP.fullmatch(request.headers.get("Insats-App", ""))
    heard.hear(
        session, parse_pending(request.headers.get("Insats-Pending", "")), now, app[0] if app else None
    )
    return session


Deliverer: TypeAlias = Annotated[SessionRow, Depends(deliverer)]


async def principal(session: Deliverer) -> SessionRow:
    """The session of somebody who may read. Unauthenticated for one that may only deliver."""
    if session.right != "read":
        raise Unauthenticated
    return session


Principal: TypeAlias = Annotated[SessionRow, Depends(principal)]


def parse_pending(header: str) -> Pending | None:
    """`changes=12;blobs=3;oldest=5400;free=812000000`; None where it is absent or not of this form.

    Never a reason to refuse a request: it is only for the board.
    """
    parts = [_PENDING.fullmatch(part.strip()) for part in header.split(";", 8)]
    told = {part["name"]: int(part["value"]) for part in parts if part is not None}
    if None in parts or not {"changes", "blobs"} <= told.keys():
        return None
    return Pending(told["changes"], told["blobs"], told.get("oldest"), told.get("free"))

"""People with tablets before a running application: what tests of accounts and photos are told in."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from httpx2 import Response
from sqlalchemy import Connection, select

from app import errors
from app.auth import service
from app.auth import tables as t
from app.auth.accounts import add_user, grant
from app.auth.presence import Presence
from app.auth.service import NewDevice
from app.auth.sessions import Sessions
from app.clock import now_ms
from app.database import Database
from app.domain.commit import point_of

OPERATION = "01639815-0000-7000-8000-000000000003"
SHARED, POLICE, ALCOHOL = f"op/{OPERATION}/shared", f"op/{OPERATION}/POL", f"op/{OPERATION}/KOM_ALK"
ADDRESS = "https://insats.example"
HOUR = 3_600_000
DAY = 24 * HOUR


@dataclass
class Tablet:
    """A tablet with a session: it adds its token to every request."""

    client: TestClient
    user: str
    device: str
    token: str

    def send(self, method: str, path: str, **options: Any) -> Response:
        """One request below `/api/v1`."""
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return self.client.request(method, f"/api/v1{path}", headers=headers, **options)


class House:
    """An application over a store. `alva` and `bo` are police, `cia` alcohol, `dan` the coordinator."""

    def __init__(self, db: Database, routers: Iterable[APIRouter]) -> None:
        """Make the accounts; nobody has a tablet yet."""
        self.db, self.app = db, FastAPI()
        self.app.state.db, self.app.state.presence = db, Presence(db)
        self.app.state.sessions = Sessions(db)
        errors.install(self.app)
        for router in routers:
            self.app.include_router(router)
        self.client = TestClient(self.app, raise_server_exceptions=False)
        self.account("alva", "POL", "LAGLED", SHARED, POLICE)
        self.account("bo", "POL", "INSP", SHARED, POLICE)
        self.account("cia", "KOM_ALK", "INSP", SHARED, ALCOHOL)
        self.account("dan", "KOM_SAK", "OPKO_KOM", SHARED)

    def account(self, user: str, authority: str, role: str, *streams: str) -> None:
        """An account that writes in these streams."""

        def work(conn: Connection) -> None:
            add_user(conn, user, user.title(), authority, role)
            for stream in streams:
                grant(conn, stream, user, "writer", now_ms())

        self.db.write_now(work)

    def code(self, user: str, *, now: int | None = None, ttl: int = HOUR) -> str:
        """A fresh enrolment code."""
        at = now_ms() if now is None else now
        return self.db.write_now(lambda conn: service.mint_code(conn, user, at, ttl))

    def tablet(self, user: str, *, now: int | None = None, ttl: int = DAY) -> Tablet:
        """A tablet of this user with a session."""
        at, device = now_ms() if now is None else now, NewDevice(f"tablet-{user}", f"Tablet {user}")
        code = self.code(user, now=at)
        token, _ = self.db.write_now(lambda conn: service.redeem(conn, code, device, at, ttl))
        return Tablet(self.client, user, device.id, token)

    def row(self, table: str, key: str) -> dict[str, Any]:
        """One row by its primary key."""
        rows = getattr(t, table)
        (column,) = rows.primary_key.columns
        return dict(
            self.db.read_now(lambda conn: conn.execute(select(rows).where(column == key)).mappings().one())
        )


def new_point() -> bytes:
    """The raw public point of a new key."""
    return point_of(ec.generate_private_key(ec.SECP256R1()).public_key())


def told(answer: Response) -> tuple[int, dict[str, Any], dict[str, str]]:
    """Everything that a caller sees of a refusal."""
    return answer.status_code, answer.json() if answer.content else {}, dict(answer.headers)


def code_of(answer: Response) -> str:
    """The stable code of a refusal."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    kind: str = answer.json()["type"]
    return kind.removeprefix("urn:insats:")

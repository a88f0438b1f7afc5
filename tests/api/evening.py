"""The whole application over a store, and tablets that speak HTTP to it: what tests of the protocol are told in."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
from fastapi.testclient import TestClient
from httpx2 import Response

from app.auth.accounts import add_user, grant
from app.auth.service import mint_code
from app.clock import now_ms
from app.database import Database
from app.domain.commit import Envelope, b64, point_of
from app.main import create_app
from app.operations.staff import prepare
from app.settings import Settings
from app.sync.identity import server_key
from tests.sync.replica import Replica
from tests.sync.world import ALCOHOL, POLICE, SHARED, VISIT, Person, new_person

API = "/api/v1"
REF = "ref"
UNKNOWN = "op/01639815-0000-7000-8000-00000000dead/POL"
PEOPLE = {
    "alva": ("POL", "LAGLED", (SHARED, POLICE)),
    "bo": ("POL", "INSP", (SHARED, POLICE)),
    "cia": ("KOM_ALK", "INSP", (SHARED, ALCOHOL)),
    "dan": ("KOM_SAK", "OPKO_KOM", (SHARED,)),
}


@dataclass
class Tablet:
    """A tablet with its session, its key and its copy of what it may read."""

    client: Any
    user: str
    token: str
    person: Person
    replica: Replica = field(default_factory=Replica)

    def send(self, method: str, path: str, **options: Any) -> Any:
        """One request below `/api/v1`, with the token and the actor."""
        headers = {"Authorization": f"Bearer {self.token}", "Insats-Actor": self.person.id}
        return self.client.request(
            method, API + path, headers=headers | options.pop("headers", {}), **options
        )

    def get(self, path: str, **options: Any) -> Any:
        """A `GET`."""
        return self.send("GET", path, **options)

    def push(self, *envelopes: Envelope, **options: Any) -> Any:
        """`POST /commits` with these, uncompressed."""
        return self.send("POST", "/commits", content=ndjson(envelopes), **options)

    def pull(self, *names: str) -> Replica:
        """Everything that is new in these streams."""
        is_behind = True
        while is_behind:
            answer = self.get("/changes", params={"after": self.replica.after(names)})
            assert answer.status_code == 200, answer.text
            is_behind = self.replica.apply(answer.content)
        return self.replica


@dataclass
class Evening:
    """The application: `tablet` enrols one, `db` is the store behind it."""

    client: TestClient
    db: Database
    data: Path

    def tablet(self, user: str) -> Tablet:
        """A new tablet of this user, enrolled, its key registered."""
        return enrol(self.client, self.code(user), user)

    def code(self, user: str) -> str:
        """A fresh one-time code."""
        return self.db.write_now(lambda conn: mint_code(conn, user, now_ms(), 60_000))

    def raw(self, method: str, path: str, **options: Any) -> Response:
        """A request without a session, below `/api/v1`."""
        return self.client.request(method, API + path, **options)


def enrol(client: Any, code: str, user: str) -> Tablet:
    """Redeem a code over HTTP and register a new key."""
    person = new_person()
    device = {"id": f"tablet-{person.id}", "label": f"Tablet {user}"}
    enrolled = client.post(f"{API}/enrol", json={"code": code, "device": device})
    assert enrolled.status_code == 200, enrolled.text
    tablet = Tablet(client, user, enrolled.json()["token"], person)
    key = b64(point_of(person.key.public_key()))
    registered = tablet.send("POST", "/actors", json={"key": key}, headers={"Insats-Actor": ""})
    assert registered.json() == {"actor": person.id}, registered.text
    return tablet


def furnish(db: Database, data: Path) -> None:
    """The server's own account, the code lists and four people with their parts in streams."""
    prepare(db, server_key(data), now_ms())

    def work(conn: Any) -> None:
        for user, (authority, role, streams) in PEOPLE.items():
            add_user(conn, user, user.title(), authority, role)
            grant(conn, REF, user, "reader", now_ms())
            for stream in streams:
                grant(conn, stream, user, "writer", now_ms())

    db.write_now(work)


@contextmanager
def evening(url: str, data: Path, **settings: Any) -> Iterator[Evening]:
    """An application in this process over a migrated store."""
    app = create_app(Settings(data=data, database_url=url, **settings))
    with TestClient(app, raise_server_exceptions=False) as client:
        furnish(app.state.db, data)
        yield Evening(client, app.state.db, data)


def ndjson(envelopes: Iterable[Envelope]) -> bytes:
    """The body of `POST /commits`."""
    return b"".join(orjson.dumps(e.wire()) + b"\n" for e in envelopes)


def code_of(answer: Any) -> str:
    """The stable code of a refusal, whose form is checked on the way."""
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert document["status"] == answer.status_code
    assert document["title"]
    kind: str = document["type"]
    return kind.removeprefix("urn:insats:")


def recorded(night: Evening, count: int = 3) -> Tablet:
    """Alva with so many commits in the shared stream."""
    alva = night.tablet("alva")
    commits = [alva.person.seal(SHARED, alva.person.change(VISIT, "persons", n)) for n in range(count)]
    assert alva.push(*commits).json()["errors"] == []
    return alva

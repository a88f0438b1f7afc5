"""A town of authorities with secrets, and one caller for each way of not being let in: what the matrix of walls is told in.

Nothing here asks the application who may read: what a caller belongs to is what this file has granted.
"""

import hashlib
import os
import random
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi.testclient import TestClient
from sqlalchemy import event, update

from app.auth.accounts import add_user, close, grant, revoke
from app.auth.people import end_own_session
from app.auth.service import mint_code
from app.auth.tables import session
from app.clock import now_ms
from app.database import Database
from app.domain import codes
from app.main import create_app
from app.operations.planning import parts
from app.operations.staff import prepare
from app.settings import Settings
from app.sync.courier import MEDIA_TYPE, seal_frame
from app.sync.identity import seal_key, server_key
from tests.api.evening import REF, Tablet, enrol, ndjson
from tests.sync.world import VISIT, Person

HERE, ELSEWHERE = "01639815-0000-7000-8000-000000000003", "01639815-0000-7000-8000-00000000beef"
NOWHERE = "01639815-0000-7000-8000-00000000dead"
AT_HOME = ("POL", "KOM_ALK", "KOM_SAK")
RELATIONS = {
    "another authority's": f"op/{HERE}/KOM_ALK",
    "the plan": f"op/{HERE}/plan",
    "another evening's": f"op/{ELSEWHERE}/shared",
    "their own authority's, elsewhere": f"op/{ELSEWHERE}/POL",
    "another authority's, elsewhere": f"op/{ELSEWHERE}/SKV",
}
"""The streams with secrets, by what they are to a police officer of this evening."""
CANARY = "KANARIEFÅGEL"
NOTE = f"note_{HERE[:-4]}0000"
EPHEMERAL = ec.generate_private_key(ec.SECP256R1())
TUS = {"Tus-Resumable": "1.0.0"}


@dataclass
class Secret:
    """A stream that has something to tell: its author, a photo in it, an upload under way, a held change, a snapshot."""

    stream: str
    author: Tablet
    device: str
    digest: str
    upload: str
    commit: str
    seq: int
    tag: str
    seal: bytes


@dataclass
class Caller:
    """Somebody who asks, and the streams that they have a part in."""

    name: str
    role: str
    authority: str
    streams: frozenset[str]
    tablet: Tablet
    is_here: bool = True
    """Whether their session is good for anything."""
    right: str = "read"


@dataclass
class Town:
    """The application, its secrets by relation, its callers by name."""

    client: TestClient
    db: Database
    data: Path
    secrets: dict[str, Secret] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)
    statements: list[str] = field(default_factory=list)

    def outside(self, caller: Caller) -> dict[str, Secret]:
        """The secrets that are none of this caller's business."""
        return {name: s for name, s in self.secrets.items() if s.stream not in caller.streams}

    def person(self, user: str, authority: str, role: str, streams: Mapping[str, str]) -> Tablet:
        """An account with a tablet."""

        def work(conn: Any) -> None:
            name = f"{user.title()} {CANARY}" if user.startswith("author") else user.title()
            add_user(conn, user, name, authority, role)
            grant(conn, REF, user, "reader", now_ms())
            for stream, part in streams.items():
                grant(conn, stream, user, part, now_ms())  # type: ignore[arg-type]

        self.db.write_now(work)
        return enrol(self.client, self.code(user), user)

    def code(self, user: str) -> str:
        """A fresh one-time code."""
        return self.db.write_now(lambda conn: mint_code(conn, user, now_ms(), 600_000))


@contextmanager
def town(url: str, data: Path) -> Iterator[Town]:
    """The town over a migrated store; every secret is recorded through the front door."""
    app = create_app(Settings(data=data, database_url=url))
    with TestClient(app, raise_server_exceptions=False) as client:
        client.headers["Accept-Encoding"] = (
            "identity"  # what is packed differs in length with every hash in it
        )
        db: Database = app.state.db
        prepare(db, server_key(data), now_ms())
        made = Town(client, db, data)
        for number, (relation, stream) in enumerate(RELATIONS.items()):
            made.secrets[relation] = _secret(made, number, stream)
        _callers(made)
        _count_statements(made)
        yield made


def _secret(town: Town, number: int, stream: str) -> Secret:
    place = stream.rpartition("/")[2]
    authority = {"plan": "KOM_SAK", "shared": "SKV"}.get(place, place)
    role = "OPKO_KOM" if place == "plan" else "LAGLED"
    author = town.person(f"author{number}", authority, role, {stream: "writer"})
    stranger = town.person(f"stranger{number}", "KOM_MIL", "INSP", {})
    photo = b"\xff\xd8\xff\xe0" + random.Random(number).randbytes(2_000)
    digest = hashlib.sha256(photo).hexdigest()
    kept = f"{HERE[:-4]}{number:04}"
    recorded: dict[str, list[tuple[str, str, Any]]] = {
        "plan": [(f"target_{kept}", "note", CANARY)],
        "shared": [(VISIT, "persons", 47 + number), (f"safety_{kept}", "text", CANARY)],
    }
    photo_value = {"sha256": digest, "mime": "image/jpeg", "size": 2_004}
    own = [(f"note_{kept}", "text", CANARY), (f"photo_{kept}", "blob", photo_value)]
    cells = recorded.get(place, own)
    envelope = author.person.seal(stream, *(author.person.change(*cell, at=now_ms()) for cell in cells))
    (result,) = author.push(envelope).json()["results"]
    assert result["changes"] == {}, result
    late = stranger.person.seal(stream, stranger.person.change(f"note_{HERE[:-4]}77", "text", CANARY))
    assert stranger.push(late).json()["errors"] == []
    created = author.send("POST", "/blobs/uploads", headers=promise(digest, 2_004), content=photo)
    assert created.status_code == 201
    other = hashlib.sha256(f"unfinished {number}".encode()).hexdigest()
    begun = author.send("POST", "/blobs/uploads", headers=TUS | _promised(other, 9))
    upload = begun.headers["location"].rpartition("/")[2]
    seq = author.get(f"/streams/{stream}/snapshot").url.path.rpartition("/")[2]
    tag = author.get(f"/changes?after={stream}:0").headers["ETag"]
    return Secret(
        stream,
        author,
        f"tablet-{author.person.id}",
        digest,
        upload,
        envelope.hash,
        int(seq),
        tag,
        seal_key(town.data).point,
    )


def promise(digest: str, size: int) -> dict[str, str]:
    """The headers of an upload that comes in one piece."""
    return TUS | {"Content-Type": "application/offset+octet-stream"} | _promised(digest, size)


def _promised(digest: str, size: int) -> dict[str, str]:
    told = f"filetype {_b64('image/jpeg')},sha256 {_b64(digest)}"
    return {"Upload-Length": str(size), "Upload-Metadata": told}


def _b64(text: str) -> str:
    return b64encode(text.encode()).decode()


SPECIAL = ("former", "closed", "ended", "lapsed", "nobody", "forged")
CALLERS = (*(role["id"] for role in codes.items("roles")), *SPECIAL)
"""Every role of the code list, and those who have lost their right, never had one or lie."""


def _callers(town: Town) -> None:
    for role in codes.items("roles"):
        authority = "POL" if role["org"] == "ANY" else role["org"]
        _add(town, role["id"], authority, role["id"])
    for name in SPECIAL:
        _add(town, name, "POL", "INSP")
    for stream in RELATIONS.values():
        town.db.write_now(partial(grant, stream=stream, user="x-former", role="writer", now=now_ms()))
        town.db.write_now(partial(revoke, stream=stream, user="x-former", now=now_ms()))
    town.db.write_now(lambda conn: close(conn, "x-closed", now_ms()))
    ended = town.callers["ended"]
    device = f"tablet-{ended.tablet.person.id}"
    town.db.write_now(lambda conn: end_own_session(conn, "x-ended", device, now_ms()))
    _lapse(town, "x-lapsed")
    for name, right in (("closed", "ended"), ("ended", "ended"), ("lapsed", "lapsed")):
        town.callers[name].right = right
    town.callers["nobody"].tablet.token = ""
    town.callers["forged"].tablet.token = "x" * 43
    for name in ("nobody", "forged"):
        town.callers[name].is_here = False


def _add(town: Town, name: str, authority: str, role: str) -> None:
    mine = parts(authority, role, HERE, AT_HOME)
    tablet = town.person(f"x-{name.lower()}", authority, role, mine)
    town.callers[name] = Caller(name, role, authority, frozenset(mine), tablet)


def _lapse(town: Town, user: str) -> None:
    over = update(session).where(session.c.user == user).values(expires=now_ms() - 1)
    town.db.write_now(lambda conn: conn.execute(over))


def _count_statements(town: Town) -> None:
    """Keep every statement but the notes of who was heard of, which are written some time later."""

    def keep(_conn: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("WITH word AS"):
            town.statements.append(statement)

    for engine in (town.db._read_engine, town.db._write_engine):
        event.listen(engine, "before_cursor_execute", keep)


# What is asked ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Question:
    """A request that names somebody else's: where the name stands (`place`), and how it is asked for a name.

    `name` picks what is theirs out of a secret; `unknown` is a name of the same form that nobody has.
    """

    route: str
    place: str
    name: Any
    unknown: Any
    ask: Any
    is_asked_again: bool = False
    """The first who names a stream makes its row, which takes a statement more; what follows must tell nothing."""

    def __str__(self) -> str:
        return f"{self.route} ({self.place})"


def _stream(secret: Secret) -> str:
    return secret.stream


def _no_stream(secret: Secret) -> str:
    return secret.stream.replace(HERE, NOWHERE).replace(ELSEWHERE, NOWHERE)


def _digest(secret: Secret) -> str:
    return secret.digest


def _no_digest(secret: Secret) -> str:
    return hashlib.sha256(secret.digest.encode()).hexdigest()


def _user(secret: Secret) -> str:
    return secret.author.user


def _no_user(secret: Secret) -> str:
    return secret.author.user.replace("author", "nobody")


def _device(secret: Secret) -> str:
    return secret.device


def _no_device(secret: Secret) -> str:
    return f"tablet-a_{_no_digest(secret)[:32]}"


def _actor(secret: Secret) -> str:
    return secret.author.person.id


def _no_actor(secret: Secret) -> str:
    return f"a_{_no_digest(secret)[:32]}"


def _get(path: str, **headers: str) -> Any:
    return lambda caller, name, _: caller.tablet.get(path.format(name), headers=headers)


def _send(method: str, path: str, **options: Any) -> Any:
    return lambda caller, name, _: caller.tablet.send(method, path.format(name), **options)


def _commit(caller: Caller, stream: str, _: Secret) -> Any:
    return caller.tablet.push(_fresh(caller, stream))


def _fresh(caller: Caller, stream: str) -> Any:
    """The first commit of a chain; asked a second time it would be another one's child."""
    person = caller.tablet.person
    again = Person(person.key, person.id)
    place = stream.rpartition("/")[2]
    cell = {"shared": (VISIT, "persons", 5), "plan": (f"target_{HERE}", "note", "x")}.get(
        place, (NOTE, "text", "x")
    )
    return again.seal(stream, again.change(*cell))


def _carried(caller: Caller, stream: str, secret: Secret) -> Any:
    plain = b'{"kind":"commits"}\n' + ndjson([_fresh(caller, stream)])
    frame = seal_frame(secret.seal, EPHEMERAL, os.urandom(12), plain)
    return caller.tablet.send("POST", "/courier", content=frame, headers={"Content-Type": MEDIA_TYPE})


def _etag(caller: Caller, name: str, secret: Secret) -> Any:
    """Whoever guesses the tag that a reader would have is told as little."""
    return caller.tablet.get(f"/changes?after={name}:0", headers={"If-None-Match": secret.tag})


def _photo_tag(caller: Caller, name: str, _: Secret) -> Any:
    return caller.tablet.get(f"/blobs/{name}", headers={"If-None-Match": f'"{name}"'})


def _named_by(method: str, path: str) -> Any:
    return lambda caller, name, _: caller.tablet.send(method, path, headers={"Insats-Actor": name})


def _lost(caller: Caller, name: str, _: Secret) -> Any:
    device = {"id": "new", "label": "N", "lost": {"id": name, "label": "N"}}
    return caller.tablet.send("POST", "/enrol", json={"code": "x" * 35, "device": device})


def _snapshot_at(caller: Caller, name: str, secret: Secret) -> Any:
    return caller.tablet.get(f"/streams/{name}/snapshot/{secret.seq}")


QUESTIONS = (
    Question("GET /changes", "query", _stream, _no_stream, _get("/changes?after={}:0")),
    Question("GET /changes", "cursor", _stream, _no_stream, _get("/changes?after={}:1")),
    Question("GET /changes", "cursor beyond", _stream, _no_stream, _get("/changes?after={}:999999")),
    Question("GET /changes", "beside one's own", _stream, _no_stream, _get("/changes?after=ref:0,{}:0")),
    Question("GET /changes", "header", _stream, _no_stream, _etag),
    Question("GET /streams/{name}/snapshot", "path", _stream, _no_stream, _get("/streams/{}/snapshot")),
    Question("GET /streams/{name}/snapshot/{seq}", "path", _stream, _no_stream, _snapshot_at),
    Question("GET /streams/{name}/digest", "path", _stream, _no_stream, _get("/streams/{}/digest")),
    Question("POST /commits", "body", _stream, _no_stream, _commit, is_asked_again=True),
    Question("POST /courier", "sealed body", _stream, _no_stream, _carried, is_asked_again=True),
    Question("GET /blobs/{sha256}", "path", _digest, _no_digest, _get("/blobs/{}")),
    Question("GET /blobs/{sha256}", "header", _digest, _no_digest, _photo_tag),
    Question("GET /blobs/{sha256}", "range", _digest, _no_digest, _get("/blobs/{}", Range="bytes=0-1")),
    Question("GET /blobs/{sha256}/view", "path", _digest, _no_digest, _get("/blobs/{}/view")),
    Question(
        "POST /blobs/missing",
        "body",
        _digest,
        _no_digest,
        lambda c, name, _: c.tablet.send("POST", "/blobs/missing", json={"sha256": [name]}),
    ),
    Question(
        "POST /blobs/uploads",
        "header",
        _digest,
        _no_digest,
        lambda c, name, _: c.tablet.send("POST", "/blobs/uploads", headers=TUS | _promised(name, 2_004)),
    ),
    Question(
        "HEAD /blobs/uploads/{upload}",
        "path",
        lambda s: s.upload,
        lambda s: _no_digest(s)[:32],
        _send("HEAD", "/blobs/uploads/{}", headers=TUS),
    ),
    Question(
        "PATCH /blobs/uploads/{upload}",
        "path",
        lambda s: s.upload,
        lambda s: _no_digest(s)[:32],
        _send(
            "PATCH",
            "/blobs/uploads/{}",
            headers=TUS | {"Content-Type": "application/offset+octet-stream", "Upload-Offset": "0"},
            content=b"x",
        ),
    ),
    Question(
        "DELETE /blobs/uploads/{upload}",
        "path",
        lambda s: s.upload,
        lambda s: _no_digest(s)[:32],
        _send("DELETE", "/blobs/uploads/{}", headers=TUS),
    ),
    Question("GET /hello", "header", _actor, _no_actor, _named_by("GET", "/hello")),
    Question("GET /held", "header", _actor, _no_actor, _named_by("GET", "/held")),
    Question("POST /people/{user}/link", "path", _user, _no_user, _send("POST", "/people/{}/link")),
    Question("POST /people/{user}/close", "path", _user, _no_user, _send("POST", "/people/{}/close")),
    Question(
        "DELETE /people/{user}/sessions/{device}",
        "path",
        _user,
        _no_user,
        lambda c, name, s: c.tablet.send("DELETE", f"/people/{name}/sessions/{s.device}"),
    ),
    Question(
        "DELETE /people/{user}/sessions/{device}",
        "second part of the path",
        _device,
        _no_device,
        lambda c, name, _: c.tablet.send("DELETE", f"/people/{c.tablet.user}/sessions/{name}"),
    ),
    Question("POST /tablets/{device}/block", "path", _device, _no_device, _send("POST", "/tablets/{}/block")),
    Question("DELETE /sessions/{device}", "path", _device, _no_device, _send("DELETE", "/sessions/{}")),
    Question("POST /enrol", "body", _device, _no_device, _lost),
    Question(
        "POST /people",
        "body",
        lambda s: s.author.user,
        _no_user,
        lambda c, name, _: c.tablet.send(
            "POST", "/people", json={"name": "N", "id": name, "authority": "SKV", "role": "INSP"}
        ),
    ),
)
LISTS = (
    "/hello",
    "/held",
    "/devices",
    "/people",
    "/sessions",
    "/setup",
    "/openapi.json",
    "/changes?after=ref:0",
)
"""What answers without being asked for anybody's: nothing of the secrets may stand in it."""


# What is answered ---------------------------------------------------------------------------------------------------

_VARIES = re.compile(
    rb"sha256:[0-9a-f]{64}|[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}|[0-9a-f]{32,64}|\b1[0-9]{12}\b"
)
_RECEIPT = re.compile(rb'"receipt":"([^"]*)"')


def told(answer: Any, name: str) -> tuple[int, bytes, list[tuple[str, str]]]:
    """All that a caller sees, but for the name that was asked for and what is fresh in every answer."""
    headers = {key: _plain(value.encode(), name).decode() for key, value in answer.headers.items()}
    headers |= dict.fromkeys(headers.keys() & {"upload-expires"}, "later")
    return answer.status_code, _plain(answer.content, name), sorted(headers.items())


def _plain(data: bytes, name: str) -> bytes:
    data = _RECEIPT.sub(lambda found: b'"receipt":%d' % len(found[1]), data)
    return _VARIES.sub(b"*", data.replace(name.encode(), b"<name>"))


def is_told(content: bytes) -> bool:
    """Whether there is anything in this of what was recorded in secret."""
    return CANARY.encode() in content or orjson.dumps(CANARY) in content

"""What the server itself writes: its own account, the code lists, and the names behind the actors."""

import os
from collections.abc import Mapping
from typing import Any

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from app.auth.accounts import add_user, grant
from app.auth.service import ActorRow
from app.auth.tables import Actor, Device, Membership, User
from app.database import Database, table
from app.domain import codes, merge
from app.domain.change import canonical
from app.domain.commit import b64
from app.domain.permissions import SYSTEM
from app.domain.streams import stream_class
from app.operations.readmodels import refresh
from app.sync.author import Author, Draft
from app.sync.identity import SealKey, ServerKey
from app.sync.service import memberships
from app.sync.store import lock_streams
from app.sync.tables import Entity, ServerFact, Stream

_actor, _device, _member, _user = table(Actor), table(Device), table(Membership), table(User)
_fact, _entity, _stream = table(ServerFact), table(Entity), table(Stream)

SERVER = "server"
REF = "ref"


def server_author(key: ServerKey) -> Author:
    """The server as a writer."""
    return Author(key.private, [refresh])


def prepare(db: Database, key: ServerKey, now: int, *, seal: SealKey | None = None) -> None:
    """Make a migrated store ready to serve: its epoch, the server's account, this release's code lists, and the names of
    the keys that tablets will pin.

    Idempotent; a new release replaces the lists that changed.
    """
    db.write_now(lambda conn: prepare_in(conn, key, now, seal=seal))


def prepare_in(conn: Connection, key: ServerKey, now: int, *, seal: SealKey | None = None) -> None:
    """`prepare` inside a transaction."""
    pinned = {"key": key.point} | ({"seal": seal.point} if seal else {})
    facts = [{"name": name, "value": b64(point)} for name, point in pinned.items()]
    conn.execute(insert(_fact).on_conflict_do_nothing(), facts)
    epoch = insert(_fact).values(name="epoch", value=os.urandom(6).hex()).on_conflict_do_nothing()
    conn.execute(epoch)
    add_user(conn, SERVER, "Insats", "INSATS", SYSTEM)
    register_device(conn, SERVER, "Insats", SERVER, now)
    row = {
        "id": key.kid,
        "key": b64(key.point),
        "user": SERVER,
        "device": SERVER,
        "status": "active",
        "created": now,
    }
    conn.execute(insert(_actor).values(row).on_conflict_do_nothing())
    grant(conn, REF, SERVER, "writer", now)
    lock_streams(conn, [REF])  # of two workers that start at once, one finds the lists already there
    drafts = _news(current_cells(conn, REF), codes.ref_entities(), now)
    if drafts:
        server_author(key).write(conn, REF, drafts, now)


def register_device(conn: Connection, device: str, label: str, user: str, now: int) -> None:
    """A device that did not enrol: the server's own, or one of the demo."""
    row = {"id": device, "label": label, "user": user, "created": now, "last_seen": now}
    conn.execute(
        insert(_device).values(row | {"pending_changes": 0, "pending_blobs": 0}).on_conflict_do_nothing()
    )


def current_cells(conn: Connection, stream: str) -> dict[str, merge.Cells]:
    """Every entity of a stream as merged so far."""
    query = (
        select(_entity.c.id, _entity.c.heads)
        .join(_stream, _stream.c.id == _entity.c.stream)
        .where(_stream.c.name == stream)
    )
    return {row.id: orjson.loads(row.heads) for row in conn.execute(query)}


def _news(
    present: Mapping[str, merge.Cells], wanted: Mapping[str, Mapping[str, Any]], now: int
) -> list[Draft]:
    drafts = []
    for entity, fields in wanted.items():
        cells = present.get(entity, {})
        for field, value in fields.items():
            heads = cells.get(field, [])
            if {canonical(h[merge.VALUE]) for h in heads} != {canonical(value)}:
                drafts.append(Draft(entity, field, value, now, tuple(h[merge.ID] for h in heads)))
    return drafts


def publish_actor(conn: Connection, key: ServerKey, actor: ActorRow, now: int) -> None:
    """Tell the participants of every evening that the actor's user writes in who the actor is."""
    for stream in sorted(memberships(conn, actor.person.id)):
        if stream_class(stream) == "shared":
            server_author(key).write(conn, stream, actor_drafts(actor, now), now)


def publish_actors(conn: Connection, key: ServerKey, stream: str, now: int) -> None:
    """Tell the participants of a new evening who its members' actors are."""
    query = (
        select(
            _actor.c.id,
            _user.c.name,
            _user.c.id.label("user"),
            _user.c.authority,
            _user.c.role,
            _device.c.label,
        )
        .join(_user, _user.c.id == _actor.c.user)
        .join(_device, _device.c.id == _actor.c.device)
        .join(_member, _member.c.user == _actor.c.user)
        .where(_member.c.stream == stream, _member.c.revoked.is_(None))
        .order_by(_actor.c.id)
    )
    known = current_cells(conn, stream)
    drafts = [
        draft
        for row in conn.execute(query).all()
        if f"actor_{row.id}" not in known
        for draft in _actor_cells(row.id, row.name, row.user, row.authority, row.role, row.label, now)
    ]
    if drafts:
        server_author(key).write(conn, stream, drafts, now)


def actor_drafts(actor: ActorRow, now: int) -> list[Draft]:
    """The `actor` entity of one actor."""
    person = actor.person
    return _actor_cells(actor.id, person.name, person.id, person.authority, person.role, actor.label, now)


def _actor_cells(
    actor: str, name: str, user: str, authority: str, role: str, device: str, now: int
) -> list[Draft]:
    fields = {"name": name, "user": user, "authority": authority, "role": role, "device": device}
    return [Draft(f"actor_{actor}", field, value, now) for field, value in fields.items()]

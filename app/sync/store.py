"""The SQL of a push: set-based reads of what it touches and batches of what it writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app.auth.tables import Actor, Membership, User
from app.database import table
from app.domain import permissions
from app.domain.commit import FIRST_CHAIN, GENESIS, unb64
from app.domain.merge import Cells
from app.sets import Upsert, among
from app.sync.custody import Checked
from app.sync.tables import Chain, Commit, Entity, Entry, Retired, Stream

_stream, _chain, _commit = table(Stream), table(Chain), table(Commit)
_entry, _entity, _retired = table(Entry), table(Entity), table(Retired)
_actor, _user, _member = table(Actor), table(User), table(Membership)

COMMITS = Upsert(_commit)
ENTRIES = Upsert(_entry)
ENTITIES = Upsert(_entity, ("stream", "id"), ("heads", "seq"))
CHAINS = Upsert(_chain, ("actor", "stream"), ("n", "head"))
# An id that is named again must not lose the content it arrived with.
RETIRED = Upsert(
    _retired, ("change", "stream", "entity", "field"), ("content",), where="excluded.content IS NOT NULL"
)
MOVE_STREAM = (
    update(_stream)
    .where(_stream.c.id == bindparam("stream_id"))
    .values(head=bindparam("new_head"), chain=bindparam("new_chain"))
)
_INTERN = insert(_stream).on_conflict_do_nothing(index_elements=["name"])


@dataclass
class StreamRow:
    """A stream while its row is locked."""

    id: int
    name: str
    head: int
    chain: bytes
    moved: bool = False


@dataclass
class ChainRow:
    """The end of an actor's chain in a stream."""

    n: int = 0
    head: str = GENESIS
    changed: bool = False


@dataclass
class Author:
    """Who writes: the person behind an actor and the actor's status."""

    user: str
    role: str
    status: str


_NAMES = select(_stream.c.name).where(among(_stream.c.name, "names"))
_LOCKED = select(_stream).where(among(_stream.c.name, "names")).order_by(_stream.c.id).with_for_update()
_KEYS = select(_actor.c.id, _actor.c.key).where(among(_actor.c.id, "actors"))
_AUTHORS = (
    select(_actor.c.id, _actor.c.user, _actor.c.status, _user.c.role)
    .join(_user, _user.c.id == _actor.c.user)
    .where(among(_actor.c.id, "actors"))
)
_MEMBERS = select(_member.c.user, _member.c.stream, _member.c.role).where(
    among(_member.c.user, "users"), among(_member.c.stream, "streams"), _member.c.revoked.is_(None)
)
_CHAINS = select(_chain.c.actor, _chain.c.stream, _chain.c.n, _chain.c.head).where(
    among(_chain.c.actor, "actors"), among(_chain.c.stream, "streams")
)
_KNOWN = (
    select(
        *(_commit.c[name] for name in ("hash", "actor", "n", "seq", "received", "forked", "exceptions")),
        _stream.c.name,
    )
    .join(_stream, _stream.c.id == _commit.c.stream)
    .where(among(_commit.c.hash, "hashes"))
)
_ENTITIES = select(_entity.c.stream, _entity.c.id, _entity.c.heads).where(
    among(_entity.c.stream, "streams"), among(_entity.c.id, "ids")
)
_RETIRED = select(_retired).where(among(_retired.c.change, "changes"), among(_retired.c.stream, "streams"))


def actor_keys(conn: Connection, actors: Iterable[str]) -> dict[str, bytes]:
    """The public points of registered actors."""
    rows = conn.execute(_KEYS, {"actors": sorted(set(actors))})
    return {row.id: unb64(row.key) for row in rows}


def lock_streams(conn: Connection, names: list[str]) -> dict[str, StreamRow]:
    """Rows of the streams, locked in the order of their ids; a name nobody has used yet gets a row.

    New names come first: who holds a row and waits for a name that another push is making would deadlock with it.
    """
    if not names:
        return {}
    if missing := set(names) - set(conn.execute(_NAMES, {"names": names}).scalars()):
        conn.execute(_INTERN, [{"name": n, "head": 0, "chain": FIRST_CHAIN.hex()} for n in sorted(missing)])
    rows = conn.execute(_LOCKED, {"names": names})
    return {row.name: StreamRow(row.id, row.name, row.head, bytes.fromhex(row.chain)) for row in rows}


def read_authors(conn: Connection, actors: list[str]) -> dict[str, Author]:
    rows = conn.execute(_AUTHORS, {"actors": actors})
    return {row.id: Author(row.user, row.role, row.status) for row in rows}


def read_members(
    conn: Connection, users: list[str], streams: list[str]
) -> dict[tuple[str, str], permissions.Membership]:
    rows = conn.execute(_MEMBERS, {"users": users, "streams": streams})
    return {(row.user, row.stream): permissions.Membership(row.role) for row in rows}


def read_chains(conn: Connection, actors: list[str], streams: list[int]) -> dict[tuple[str, int], ChainRow]:
    rows = conn.execute(_CHAINS, {"actors": actors, "streams": streams})
    return {(row.actor, row.stream): ChainRow(row.n, row.head) for row in rows}


def read_known(conn: Connection, commits: Sequence[Checked]) -> dict[str, dict[str, Any]]:
    """Stored commits among these and their parents, each with the result that it got."""
    hashes = sorted({h for c in commits for h in (c.envelope.hash, c.envelope.prev)} - {GENESIS})
    return {row.hash: _result_of(row) for row in conn.execute(_KNOWN, {"hashes": hashes})}


def _result_of(row: Any) -> dict[str, Any]:
    return {
        "actor": row.actor,
        "stream": row.name,
        "n": row.n,
        "hash": row.hash,
        "seq": row.seq,
        "received": row.received,
        "forked": bool(row.forked),
        "changes": orjson.loads(row.exceptions),
    }


def read_entities(conn: Connection, streams: list[int], ids: list[str]) -> dict[tuple[int, str], Cells]:
    rows = conn.execute(_ENTITIES, {"streams": streams, "ids": ids})
    return {(row.stream, row.id): orjson.loads(row.heads) for row in rows}


def read_retired(
    conn: Connection, streams: list[int], ids: list[str]
) -> dict[int, dict[tuple[str, str, str], str | None]]:
    found: dict[int, dict[tuple[str, str, str], str | None]] = {}
    if not ids:
        return found
    for row in conn.execute(_RETIRED, {"streams": streams, "changes": ids}):
        found.setdefault(row.stream, {})[row.entity, row.field, row.change] = row.content
    return found

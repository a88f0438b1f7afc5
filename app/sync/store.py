"""The SQL of a push: set-based reads of what it touches and batches of what it writes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, update
from sqlalchemy.dialects.postgresql import insert

from app.auth.tables import Actor, Membership, User
from app.database import in_set, table
from app.domain import permissions
from app.domain.commit import FIRST_CHAIN, GENESIS, unb64
from app.domain.merge import Cells
from app.sync.custody import Checked
from app.sync.tables import Chain, Commit, Entity, Entry, Retired, Stream

_stream, _chain, _commit = table(Stream), table(Chain), table(Commit)
_entry, _entity, _retired = table(Entry), table(Entity), table(Retired)
_actor, _user, _member = table(Actor), table(User), table(Membership)

INSERT_COMMIT = _commit.insert()
INSERT_ENTRY = _entry.insert()
MOVE_STREAM = (
    update(_stream)
    .where(_stream.c.id == bindparam("stream_id"))
    .values(head=bindparam("new_head"), chain=bindparam("new_chain"))
)
_insert_entity = insert(_entity)
UPSERT_ENTITY = _insert_entity.on_conflict_do_update(
    index_elements=["stream", "id"],
    set_={"heads": _insert_entity.excluded.heads, "seq": _insert_entity.excluded.seq},
)
_insert_chain = insert(_chain)
UPSERT_CHAIN = _insert_chain.on_conflict_do_update(
    index_elements=["actor", "stream"],
    set_={"n": _insert_chain.excluded.n, "head": _insert_chain.excluded.head},
)
_insert_retired = insert(_retired)
UPSERT_RETIRED = _insert_retired.on_conflict_do_update(
    index_elements=["change", "stream", "entity", "field"],
    # An id that is named again must not lose the content it arrived with.
    set_={"content": _insert_retired.excluded.content},
    where=_insert_retired.excluded.content.is_not(None),
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


def actor_keys(conn: Connection, actors: Iterable[str]) -> dict[str, bytes]:
    """The public points of registered actors."""
    rows = conn.execute(
        select(_actor.c.id, _actor.c.key).where(in_set(conn, _actor.c.id, sorted(set(actors))))
    )
    return {row.id: unb64(row.key) for row in rows}


def lock_streams(conn: Connection, names: list[str]) -> dict[str, StreamRow]:
    """Rows of the streams, locked in the order of their ids; a name nobody has used yet gets a row.

    New names come first: who holds a row and waits for a name that another push is making would deadlock with it.
    """
    if not names:
        return {}
    mine = in_set(conn, _stream.c.name, names)
    if missing := set(names) - set(conn.execute(select(_stream.c.name).where(mine)).scalars()):
        conn.execute(_INTERN, [{"name": n, "head": 0, "chain": FIRST_CHAIN.hex()} for n in sorted(missing)])
    rows = conn.execute(select(_stream).where(mine).order_by(_stream.c.id).with_for_update())
    return {row.name: StreamRow(row.id, row.name, row.head, bytes.fromhex(row.chain)) for row in rows}


def read_authors(conn: Connection, actors: list[str]) -> dict[str, Author]:
    query = (
        select(_actor.c.id, _actor.c.user, _actor.c.status, _user.c.role)
        .join(_user, _user.c.id == _actor.c.user)
        .where(in_set(conn, _actor.c.id, actors))
    )
    return {row.id: Author(row.user, row.role, row.status) for row in conn.execute(query)}


def read_members(
    conn: Connection, users: list[str], streams: list[str]
) -> dict[tuple[str, str], permissions.Membership]:
    query = select(_member.c.user, _member.c.stream, _member.c.role).where(
        in_set(conn, _member.c.user, users),
        in_set(conn, _member.c.stream, streams),
        _member.c.revoked.is_(None),
    )
    return {(row.user, row.stream): permissions.Membership(row.role) for row in conn.execute(query)}


def read_chains(conn: Connection, actors: list[str], streams: list[int]) -> dict[tuple[str, int], ChainRow]:
    query = select(_chain.c.actor, _chain.c.stream, _chain.c.n, _chain.c.head).where(
        in_set(conn, _chain.c.actor, actors), in_set(conn, _chain.c.stream, streams)
    )
    return {(row.actor, row.stream): ChainRow(row.n, row.head) for row in conn.execute(query)}


def read_known(conn: Connection, commits: Sequence[Checked]) -> dict[str, dict[str, Any]]:
    """Stored commits among these and their parents, each with the result that it got."""
    hashes = sorted({h for c in commits for h in (c.envelope.hash, c.envelope.prev)} - {GENESIS})
    query = (
        select(
            _commit.c.hash,
            _commit.c.actor,
            _stream.c.name,
            _commit.c.n,
            _commit.c.seq,
            _commit.c.received,
            _commit.c.forked,
            _commit.c.exceptions,
        )
        .join(_stream, _stream.c.id == _commit.c.stream)
        .where(in_set(conn, _commit.c.hash, hashes))
    )
    return {row.hash: _result_of(row) for row in conn.execute(query)}


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
    query = select(_entity.c.stream, _entity.c.id, _entity.c.heads).where(
        in_set(conn, _entity.c.stream, streams), in_set(conn, _entity.c.id, ids)
    )
    return {(row.stream, row.id): orjson.loads(row.heads) for row in conn.execute(query)}


def read_retired(
    conn: Connection, streams: list[int], ids: list[str]
) -> dict[int, dict[tuple[str, str, str], str | None]]:
    query = select(_retired).where(
        in_set(conn, _retired.c.change, ids), in_set(conn, _retired.c.stream, streams)
    )
    found: dict[int, dict[tuple[str, str, str], str | None]] = {}
    for row in conn.execute(query):
        found.setdefault(row.stream, {})[row.entity, row.field, row.change] = row.content
    return found

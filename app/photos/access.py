"""Who may know of a photo's bytes: those who delivered them, and readers of a stream that names them.

To name a digest in a stream of one's own is not enough, or a leaked digest would open the photo of another
authority: somebody who is or was in that stream must have delivered the bytes, or the server itself. A copy that another
authority handed over (`disclosed_<AUTHORITY>.<uuid>`, which the server alone writes) opens what that authority's people
delivered, and nothing that they only name.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert

from app.auth import tables as auth
from app.database import table
from app.photos import tables as t
from app.photos.store import SERVER
from app.sets import among
from app.sync.tables import Stream

_stream = table(Stream)


@dataclass(frozen=True)
class Blob:
    """Verified bytes; `stable` once a verified backup holds them."""

    sha256: str
    size: int
    mime: str
    stable: bool


def record_refs(conn: Connection, rows: Iterable[tuple[int, str, str]]) -> None:
    """Note which entities name which digests: (stream id, entity id, sha256), any number in one batch.

    To be called in the transaction that merges them. Once noted stays noted: a value that was replaced or
    made void can still be read in the stream's history.
    """
    named = [{"stream": s, "entity": e, "sha256": h} for s, e, h in sorted(set(rows))]
    if named:
        conn.execute(insert(t.blob_ref).on_conflict_do_nothing(), named)


def readable(conn: Connection, user: str, digests: Sequence[str]) -> dict[str, Blob]:
    """Those of the digests whose bytes the user may fetch."""
    return _select(conn, digests, _is_readable(user))


def known(conn: Connection, user: str, digests: Sequence[str]) -> dict[str, Blob]:
    """Those of the digests that the user may know to be here: readable, or delivered by the user."""
    holder = t.blob_holder.c
    is_mine = exists().where(holder.sha256 == t.blob.c.sha256, holder.user == user)
    return _select(conn, digests, or_(is_mine, _is_readable(user)))


def _select(conn: Connection, digests: Sequence[str], allowed: ColumnElement[bool]) -> dict[str, Blob]:
    c = t.blob.c
    wanted = select(c.sha256, c.size, c.mime, c.stable).where(among(c.sha256, digests), allowed)
    return {row.sha256: Blob(*row) for row in conn.execute(wanted)}


def _is_readable(user: str) -> ColumnElement[bool]:
    reader, ref = auth.membership.alias("reader"), t.blob_ref
    return (
        select(ref.c.sha256)
        .join_from(ref, _stream, _stream.c.id == ref.c.stream)
        .join(reader, and_(reader.c.stream == _stream.c.name, reader.c.user == user))
        .where(ref.c.sha256 == t.blob.c.sha256, reader.c.revoked.is_(None), _was_delivered_there())
        .exists()
    )


def _was_delivered_there() -> ColumnElement[bool]:
    member, holder = auth.membership.alias("member"), t.blob_holder
    home = or_(member.c.stream == _stream.c.name, and_(_IS_COPY, member.c.stream == _SOURCE))
    was_there = exists().where(home, member.c.user == holder.c.user)
    return exists().where(
        holder.c.sha256 == t.blob_ref.c.sha256,
        or_(holder.c.user == SERVER, was_there.correlate(_stream, holder, t.blob_ref)),
    )


_ENTITY = t.blob_ref.c.entity
_IS_COPY = _ENTITY.startswith("disclosed_", autoescape=True)
_EVENING = len("op/") + 36 + len("/")
"""Letters of a stream's name before the authority that it belongs to."""
_SENDER = func.substr(_ENTITY, len("disclosed_") + 1, func.length(_ENTITY) - len("disclosed_.") - 36)
_SOURCE = func.substr(_stream.c.name, 1, _EVENING).concat(_SENDER)
"""The stream from which a copy was handed over, of the same evening."""

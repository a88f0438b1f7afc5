"""How a tablet becomes known, and who is calling: SQL on a connection; no clock, no web."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, delete, select, update
from sqlalchemy.dialects.postgresql import insert

from app.auth import lost
from app.auth import tables as t
from app.auth.codes import code_hash, new_code, new_token, token_hash
from app.domain.commit import actor_id, b64, public_key
from app.domain.permissions import Right, right_of
from app.errors import ActorUnknown, CodeInvalid, Malformed
from app.sets import among

POINT_BYTES: Final = 65
DELIVER_MS: Final = 180 * 86_400_000
"""How long a session delivers after its right to read has lapsed: a tablet may lie in a drawer for a season."""
MAX_DEVICES: Final = 1_000
"""Tablets that one board shows."""


@dataclass(frozen=True)
class Person:
    """An account as the tablet is told."""

    id: str
    name: str
    authority: str
    role: str


@dataclass(frozen=True)
class NewDevice:
    """A tablet as it names itself: an id it made up once, what people call it, and the id under which it lost its store."""

    id: str
    label: str
    lost: str | None = None


@dataclass(frozen=True)
class Pending:
    """What a tablet says it still holds: counts, the age of the oldest change in seconds, free bytes."""

    changes: int
    blobs: int
    oldest_s: int | None = None
    free: int | None = None


@dataclass(frozen=True)
class SessionRow:
    """A session with its person and tablet, and what it is good for; `actor` is the one asked for if it is this person's."""

    person: Person
    device: str
    label: str
    last_seen: int
    pending: tuple[int, int]
    actor: str | None
    actor_status: str | None
    right: Right = "read"
    app: str | None = None


@dataclass(frozen=True)
class ActorRow:
    """A registered key with the person and tablet behind it."""

    id: str
    key: str
    person: Person
    device: str
    label: str
    status: str


def mint_code(conn: Connection, user: str, now: int, ttl: int) -> str:
    """A one-time code by which `user` enrols one tablet within `ttl` milliseconds. Only its hash is kept."""
    code = new_code()
    row = {"code_hash": code_hash(code), "user": user, "created": now, "expires": now + ttl}
    conn.execute(insert(t.enrolment_code).values(row))
    return code


def redeem(conn: Connection, code: str, device: NewDevice, now: int, ttl: int) -> tuple[str, Person]:
    """Use up a code: the tablet is known from now on and gets a token for `ttl` milliseconds.

    CodeInvalid, always the same, for a code that is unknown, used, too old or of a closed account. Of two
    redemptions at once one wins: the update takes the row only while it is unused.
    """
    c = t.enrolment_code.c
    fresh = (c.code_hash == code_hash(code)) & c.used.is_(None) & (c.expires > now)
    user = conn.execute(update(t.enrolment_code).where(fresh).values(used=now).returning(c.user)).scalar()
    person = _person(conn, user) if user is not None else None
    if person is None:
        raise CodeInvalid
    if device.lost is not None:
        lost.mark(conn, device.lost, person.authority, now)
    lost.remember(conn, device.id)
    _keep_device(conn, device, person, now)
    return _open_session(conn, person.id, device.id, now, ttl), person


def _person(conn: Connection, user: str) -> Person | None:
    c = t.user.c
    row = conn.execute(select(c.id, c.name, c.authority, c.role).where(c.id == user, c.active)).first()
    return None if row is None else Person(*row)


def _keep_device(conn: Connection, device: NewDevice, person: Person, now: int) -> None:
    facts: dict[str, Any] = {"label": device.label, "authority": person.authority, "user": person.id}
    facts |= {"last_seen": now, "enrolled": now, "blocked": None}
    added = insert(t.device).values(id=device.id, created=now, pending_changes=0, pending_blobs=0, **facts)
    conn.execute(added.on_conflict_do_update(index_elements=[t.device.c.id], set_=facts))


def _open_session(conn: Connection, user: str, device: str, now: int, ttl: int) -> str:
    token = new_token()
    row = {"user": user, "device": device, "created": now, "expires": now + ttl}
    conn.execute(insert(t.session).values(token_hash=token_hash(token), **row))
    return token


@dataclass(frozen=True)
class Asked:
    """Whose session is looked for: the hash of a bearer token, and the actor that the caller names ("" for none)."""

    token_hash: str
    actor: str = ""


_SESSIONS = (
    select(
        t.session.c.token_hash,
        *(t.user.c[name] for name in ("id", "name", "authority", "role")),
        t.device.c.id.label("device"),
        *(t.device.c[name] for name in ("label", "last_seen", "pending_changes", "pending_blobs", "app")),
        t.actor.c.id.label("actor"),
        t.actor.c.status.label("actor_status"),
        t.user.c.active,
        t.session.c.ended,
        t.session.c.expires,
    )
    .join_from(t.session, t.user, t.user.c.id == t.session.c.user)
    .join(t.device, t.device.c.id == t.session.c.device)
    .outerjoin(t.actor, and_(among(t.actor.c.id, "actors"), t.actor.c.user == t.user.c.id))
    .where(among(t.session.c.token_hash, "hashes"), t.session.c.expires > bindparam("since"))
)


def find_sessions(conn: Connection, asked: Sequence[Asked], now: int) -> list[SessionRow | None]:
    """The session of each token, in one statement; None where there is none or it is over for delivering too."""
    actors = sorted({each.actor for each in asked} - {""})
    hashes = sorted({each.token_hash for each in asked})
    rows: dict[str, dict[str | None, Any]] = {}
    for row in conn.execute(_SESSIONS, {"hashes": hashes, "actors": actors, "since": now - DELIVER_MS}):
        rows.setdefault(row.token_hash, {})[row.actor] = row
    return [_session(rows.get(each.token_hash, {}), each.actor, now) for each in asked]


def _session(rows: Mapping[str | None, Any], actor: str, now: int) -> SessionRow | None:
    """A session from its rows, one for each actor of the person that anybody named, or one without."""
    if not rows:
        return None
    row = rows.get(actor) or next(iter(rows.values()))
    named, status = (row.actor, row.actor_status) if row.actor == actor else (None, None)
    person = Person(row.id, row.name, row.authority, row.role)
    right = right_of(is_open=row.active, ended=row.ended, expires=row.expires, now=now)
    pending = (row.pending_changes, row.pending_blobs)
    return SessionRow(person, row.device, row.label, row.last_seen, pending, named, status, right, row.app)


def forget_expired(conn: Connection, now: int) -> int:
    """Remove sessions and codes that are over, which nothing else can tell apart from unknown ones; how many."""
    ends = ((t.session, now - DELIVER_MS), (t.enrolment_code, now))
    over = (delete(each).where(each.c.expires <= end) for each, end in ends)
    return sum(conn.execute(statement).rowcount for statement in over)


def register_actor(conn: Connection, session: SessionRow, key: bytes, now: int) -> tuple[ActorRow, bool]:
    """Register a public key for this person on this tablet; the second value tells if it is new.

    Idempotent. A session that has ended registers what it needs to deliver, and all that it signs is held. Malformed unless
    `key` is a raw P-256 point; ActorUnknown if it is registered for another
    person or tablet, because then whoever sends it cannot hold the private half honestly.
    """
    actor = actor_id(check_point(key))
    mine = {"key": b64(key), "user": session.person.id, "device": session.device}
    c = t.actor.c
    had_key = conn.execute(select(c.id).where(c.user == mine["user"], c.device == mine["device"])).first()
    status = "revoked" if session.right == "ended" else "active"
    added = insert(t.actor).values(id=actor, status=status, created=now, **mine).on_conflict_do_nothing()
    is_new = conn.execute(added.returning(c.id)).scalar() is not None
    kept = conn.execute(select(c.user, c.device, c.status).where(c.id == actor)).one()
    if (kept.user, kept.device) != (session.person.id, session.device):
        raise ActorUnknown
    lost.settle(conn, session.device, now, is_anew=is_new and had_key is not None)
    return ActorRow(actor, b64(key), session.person, session.device, session.label, kept.status), is_new


def check_point(key: bytes) -> bytes:
    """The key, if it is an uncompressed point on P-256; another encoding of it would be another actor."""
    try:
        public_key(key if len(key) == POINT_BYTES else b"")
    except ValueError as error:
        raise Malformed("key: not base64url of an uncompressed P-256 point") from error
    return key


def devices_for(conn: Connection, supervisor: str, now: int) -> list[dict[str, Any]]:
    """The tablets of every authority in an operation whose shared stream `supervisor` reads, by label.

    Only tablets that enrolled: the devices of the demo's people and the server's own never report themselves.
    `user` is a name to show; `oldest` is the present age, in seconds, of the oldest change that is not here. One whose
    store was lost says so in `lost`: when that was found, and what it had told to hold.
    """
    mine, theirs, colleague = t.membership.alias(), t.membership.alias(), t.user.alias()
    taking_part = (
        select(colleague.c.authority)
        .join_from(mine, theirs, theirs.c.stream == mine.c.stream)
        .join(colleague, colleague.c.id == theirs.c.user)
        .where(mine.c.user == supervisor, mine.c.revoked.is_(None), theirs.c.revoked.is_(None))
        .where(mine.c.stream.like("op/%/shared"))
    )
    d, u = t.device.c, t.user.c
    shown = (
        select(d.id, d.label, u.id.label("user_id"), u.name.label("user"), u.authority, d.last_seen)
        .add_columns(d.pending_changes, d.pending_blobs, d.free, d.oldest)
        .add_columns(d.lost_at, d.lost_changes, d.lost_blobs)
        .join_from(t.device, t.user, u.id == d.user)
        .where(u.authority.in_(taking_part), d.enrolled.is_not(None))
        .order_by(d.label, d.id)
        .limit(MAX_DEVICES)
    )
    return [lost.told({**row, "oldest": age_s(row["oldest"], now)}) for row in conn.execute(shown).mappings()]


def age_s(instant: int | None, now: int) -> int | None:
    """The age of what happened at an instant (ms), in whole seconds; None where that is not known."""
    return None if instant is None else max(0, now - instant) // 1000

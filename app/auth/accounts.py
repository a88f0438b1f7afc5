"""Accounts and their parts in streams, as the server's own jobs write them."""

from typing import Literal, TypeAlias

from sqlalchemy import ColumnElement, Connection, delete, update
from sqlalchemy.dialects.postgresql import insert

from app.auth import tables as t
from app.domain.change import new_id


def add_user(conn: Connection, user: str, name: str, authority: str, role: str) -> None:
    """Make an account, or bring its name, authority and role up to date; it is active afterwards."""
    conn.execute(insert(t.authority).values(id=authority).on_conflict_do_nothing())
    facts = {"name": name, "authority": authority, "role": role, "active": True}
    added = insert(t.user).values(id=user, **facts)
    conn.execute(added.on_conflict_do_update(index_elements=[t.user.c.id], set_=facts))


def add_new_user(conn: Connection, user: str, name: str, authority: str, role: str) -> bool:
    """Make an account; False, and nothing is done, where there is one of that id."""
    conn.execute(insert(t.authority).values(id=authority).on_conflict_do_nothing())
    row = {"id": user, "name": name, "authority": authority, "role": role, "active": True}
    added = insert(t.user).values(row).on_conflict_do_nothing().returning(t.user.c.id)
    return conn.execute(added).first() is not None


def grant(conn: Connection, stream: str, user: str, role: Literal["reader", "writer"], now: int) -> None:
    """Let a user into a stream, also one who was in it before."""
    facts = {"role": role, "granted": now, "revoked": None}
    added = insert(t.membership).values(stream=stream, user=user, **facts)
    key = [t.membership.c.stream, t.membership.c.user]
    conn.execute(added.on_conflict_do_update(index_elements=key, set_=facts))


def revoke(conn: Connection, stream: str, user: str, now: int) -> None:
    """End a user's part in a stream; the row stays as the record that there was one."""
    c = t.membership.c
    mine = (c.stream == stream) & (c.user == user) & c.revoked.is_(None)
    conn.execute(update(t.membership).where(mine).values(revoked=now))


def leave_everything(conn: Connection, user: str, now: int, *, but: str = "") -> None:
    """End a user's part in every stream but one."""
    c = t.membership.c
    mine = (c.user == user) & (c.stream != but) & c.revoked.is_(None)
    conn.execute(update(t.membership).where(mine).values(revoked=now))


def close(conn: Connection, user: str, now: int) -> bool:
    """Close an account: its sessions and codes end, and its part in every stream. False where it was closed already.

    What it recorded stays. What its tablets still hold is taken into custody whoever brings it, and a person decides.
    """
    closing = update(t.user).where(t.user.c.id == user, t.user.c.active).values(active=False)
    if not conn.execute(closing).rowcount:
        return False
    end_sessions(conn, t.session.c.user == user, now)
    conn.execute(delete(t.enrolment_code).where(t.enrolment_code.c.user == user))
    leave_everything(conn, user, now)
    return True


def end_sessions(conn: Connection, which: ColumnElement[bool], now: int) -> bool:
    """End the right to read of sessions; False where none had it. They go on to deliver what their tablets hold."""
    ending = update(t.session).where(which, t.session.c.ended.is_(None)).values(ended=now)
    return conn.execute(ending).rowcount > 0


def distrust(conn: Connection, which: ColumnElement[bool]) -> None:
    """What the keys of these actors sign from now on is held until a person has looked at it."""
    c = t.actor.c
    conn.execute(update(t.actor).where(which, c.status == "active").values(status="revoked"))


Act: TypeAlias = Literal["setup", "invite", "link", "close", "end-session", "block-tablet"]


def note(
    conn: Connection,
    act: Act,
    user: str,
    authority: str,
    now: int,
    *,
    by: str | None = None,
    detail: str | None = None,
) -> None:
    """Write down an administrator's act, in the transaction that does it."""
    row = {"id": new_id(now), "at": now, "by": by, "act": act, "user": user, "authority": authority}
    conn.execute(insert(t.administration).values(row | {"detail": detail}))

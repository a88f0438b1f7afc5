"""Accounts and their parts in streams, as the server's own jobs write them."""

from typing import Literal

from sqlalchemy import Connection, update
from sqlalchemy.dialects.postgresql import insert

from app.auth import tables as t


def add_user(conn: Connection, user: str, name: str, authority: str, role: str) -> None:
    """Make an account, or bring its name, authority and role up to date; it is active afterwards."""
    conn.execute(insert(t.authority).values(id=authority).on_conflict_do_nothing())
    facts = {"name": name, "authority": authority, "role": role, "active": True}
    added = insert(t.user).values(id=user, **facts)
    conn.execute(added.on_conflict_do_update(index_elements=[t.user.c.id], set_=facts))


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

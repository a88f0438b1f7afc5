"""Tablets that lost their store: what they last told to hold must not be forgotten with them.

A tablet whose database is empty but whose mark is not says so when it enrols. One that cannot say is found out: after it
enrolled, a person who had a key on it registers another. What it told before is put aside at the enrolment, because
the first word of an empty store is that it holds nothing.
"""

from typing import Any

from sqlalchemy import Connection, or_, update

from app.auth import tables as t

_c = t.device.c


def mark(conn: Connection, device: str, authority: str, now: int) -> None:
    """Note that a tablet says to have lost the store it had as `device`; only its own authority's is believed, and once."""
    theirs = (_c.id == device) & (_c.authority == authority) & _c.lost_at.is_(None)
    facts = {"lost_at": now, "lost_changes": _c.pending_changes, "lost_blobs": _c.pending_blobs}
    conn.execute(update(t.device).where(theirs).values(facts))


def remember(conn: Connection, device: str) -> None:
    """Put aside what a tablet that enrols again last told to hold, until it is known whether it still does."""
    unknown = (_c.id == device) & _c.lost_at.is_(None)
    conn.execute(
        update(t.device).where(unknown).values(lost_changes=_c.pending_changes, lost_blobs=_c.pending_blobs)
    )


def settle(conn: Connection, device: str, now: int, *, is_anew: bool) -> None:
    """A person registered a key after the tablet enrolled: another than before (`is_anew`) means that the store is gone.

    What had been put aside is forgotten otherwise; a key that is new for another reason, a fork, finds nothing there.
    """
    aside = (_c.id == device) & _c.lost_at.is_(None)
    held = or_(_c.lost_changes > 0, _c.lost_blobs > 0)
    if is_anew:
        conn.execute(update(t.device).where(aside, held).values(lost_at=now))
    else:
        conn.execute(update(t.device).where(aside).values(lost_changes=None, lost_blobs=None))


def told(row: dict[str, Any]) -> dict[str, Any]:
    """A tablet's row as the board is told: `lost` in place of the columns, only where it was."""
    at, changes, blobs = row.pop("lost_at"), row.pop("lost_changes"), row.pop("lost_blobs")
    return row if at is None else {**row, "lost": {"at": at, "changes": changes, "blobs": blobs}}

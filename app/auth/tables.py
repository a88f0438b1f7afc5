"""People, their tablets and what they may read. Every time is an integer of milliseconds since 1970 UTC."""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from app.database import Bytewise, table


class Authority(SQLModel, table=True):
    """An authority that has accounts here, by its code; its names are those of the code list unless set."""

    __tablename__ = "authority"

    id: str = Field(primary_key=True, sa_type=Bytewise)
    sv: str | None = Field(default=None, sa_type=Text)
    en: str | None = Field(default=None, sa_type=Text)


class User(SQLModel, table=True):
    """An account. An inactive one reads nothing; what it recorded before is still taken into custody."""

    __tablename__ = "user"

    id: str = Field(primary_key=True, sa_type=Bytewise)
    name: str = Field(sa_type=Text)
    authority: str = Field(sa_type=Bytewise, foreign_key="authority.id", index=True)
    role: str = Field(sa_type=Bytewise)
    active: bool = True


class Device(SQLModel, table=True):
    """A tablet as it last reported itself: who used it, and what it still holds that is not here.

    `enrolled` is when it last did, null for a device of the server's own making. `lost_at` is when its store was found to
    be gone, `lost_changes` and `lost_blobs` what it last told to hold before it enrolled anew.
    `authority` is that of whoever enrolled it last. `oldest` is the time of the oldest unsent change by the
    server's clock, `free` the bytes left; both are null while the tablet has not told.
    """

    __tablename__ = "device"

    id: str = Field(primary_key=True, sa_type=Bytewise)
    label: str = Field(sa_type=Text)
    authority: str | None = Field(default=None, sa_type=Bytewise, foreign_key="authority.id")
    user: str | None = Field(default=None, sa_type=Bytewise, foreign_key="user.id", index=True)
    created: int = Field(sa_type=BigInteger)
    last_seen: int = Field(sa_type=BigInteger)
    pending_changes: int = Field(default=0, sa_type=BigInteger)
    pending_blobs: int = Field(default=0, sa_type=BigInteger)
    oldest: int | None = Field(default=None, sa_type=BigInteger)
    free: int | None = Field(default=None, sa_type=BigInteger)
    enrolled: int | None = Field(default=None, sa_type=BigInteger)
    lost_at: int | None = Field(default=None, sa_type=BigInteger)
    lost_changes: int | None = Field(default=None, sa_type=BigInteger)
    lost_blobs: int | None = Field(default=None, sa_type=BigInteger)
    blocked: int | None = Field(default=None, sa_type=BigInteger)
    """Since when it may only deliver; who enrols it again with a new code unblocks it."""
    app: str | None = Field(default=None, sa_type=Text)
    """The program and its version, as the tablet last said."""


class Actor(SQLModel, table=True):
    """A user on a device with its own key. `key` is base64url of the raw point (65 bytes), `id` its hash."""

    __tablename__ = "actor"

    id: str = Field(primary_key=True, sa_type=Bytewise)
    key: str = Field(sa_type=Text)
    user: str = Field(sa_type=Bytewise, foreign_key="user.id", index=True)
    device: str = Field(sa_type=Bytewise, foreign_key="device.id")
    status: str = Field(default="active", sa_type=Bytewise)
    """`active`, `revoked` (what it sends is held) or `forked` (it goes on under another key)."""
    created: int = Field(sa_type=BigInteger)


class Membership(SQLModel, table=True):
    """A user's part in a stream, by its name: `reader` or `writer`, from `granted` until `revoked`."""

    __tablename__ = "membership"

    stream: str = Field(primary_key=True, sa_type=Bytewise)
    user: str = Field(primary_key=True, sa_type=Bytewise, foreign_key="user.id", index=True)
    role: str = Field(sa_type=Bytewise)
    granted: int = Field(sa_type=BigInteger)
    revoked: int | None = Field(default=None, sa_type=BigInteger)


class Session(SQLModel, table=True):
    """A bearer token's right to act for a user on a device: to read until it is `ended` or `expires`, to deliver for long
    after that (`service.DELIVER_MS`). Only the token's SHA-256 is kept."""

    __tablename__ = "session"

    token_hash: str = Field(primary_key=True, sa_type=Bytewise)
    user: str = Field(sa_type=Bytewise, foreign_key="user.id")
    device: str = Field(sa_type=Bytewise, foreign_key="device.id")
    created: int = Field(sa_type=BigInteger)
    expires: int = Field(sa_type=BigInteger)
    ended: int | None = Field(default=None, sa_type=BigInteger)


class EnrolmentCode(SQLModel, table=True):
    """A one-time code by which a tablet becomes known; without a `user`, one that makes the first administrator. Only its
    SHA-256 is kept."""

    __tablename__ = "enrolment_code"

    code_hash: str = Field(primary_key=True, sa_type=Bytewise)
    user: str | None = Field(default=None, sa_type=Bytewise, foreign_key="user.id")
    created: int = Field(sa_type=BigInteger)
    expires: int = Field(sa_type=BigInteger)
    used: int | None = Field(default=None, sa_type=BigInteger)


class Administration(SQLModel, table=True):
    """An act of an administrator: who did what to whose account, and when. Rows are only added; the store refuses the rest.

    `by` is null for whoever stood at the server's terminal. `authority` is that of the account at that time, `detail` the
    role that was given or the tablet whose session ended.
    """

    __tablename__ = "administration"

    id: str = Field(primary_key=True, sa_type=Bytewise)
    at: int = Field(sa_type=BigInteger)
    by: str | None = Field(default=None, sa_type=Bytewise, foreign_key="user.id")
    act: str = Field(sa_type=Bytewise)
    """`setup`, `invite`, `link`, `close`, `end-session` or `block-tablet`."""
    user: str = Field(sa_type=Bytewise, foreign_key="user.id")
    authority: str = Field(sa_type=Bytewise, foreign_key="authority.id", index=True)
    detail: str | None = Field(default=None, sa_type=Text)


# The same tables for set-based statements.
authority = table(Authority)
user = table(User)
device = table(Device)
actor = table(Actor)
membership = table(Membership)
session = table(Session)
enrolment_code = table(EnrolmentCode)
administration = table(Administration)

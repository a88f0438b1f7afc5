"""The log, its custody and its merged state (docs/sync.md, section 5)."""

from sqlalchemy import BigInteger, Index, Text
from sqlmodel import Field, SQLModel

from app.database import Bytewise


class ServerFact(SQLModel, table=True):
    """One fact of the server itself by name: `epoch` names this life of the store; a restore mints another."""

    __tablename__ = "server_fact"

    name: str = Field(primary_key=True, sa_type=Bytewise)
    value: str = Field(sa_type=Text)


class Stream(SQLModel, table=True):
    """A stream: its last sequence number and the hash of its chain there (hex). The row is the lock of its writers."""

    __tablename__ = "stream"

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True, sa_type=Bytewise)
    head: int = Field(default=0, sa_type=BigInteger)
    chain: str = Field(sa_type=Text)


class Chain(SQLModel, table=True):
    """The commits of one actor in one stream: the last number and header hash, and what a verified backup covers."""

    __tablename__ = "chain"

    actor: str = Field(primary_key=True, sa_type=Bytewise)
    stream: int = Field(primary_key=True, foreign_key="stream.id")
    n: int = Field(sa_type=BigInteger)
    head: str = Field(sa_type=Text)
    stable: int = Field(default=0, sa_type=BigInteger)


class Commit(SQLModel, table=True):
    """Custody: every authentic commit verbatim. `exceptions` is the JSON of the verdicts that are not `applied`."""

    __tablename__ = "commit"

    hash: str = Field(primary_key=True, sa_type=Bytewise)
    stream: int = Field(foreign_key="stream.id")
    actor: str = Field(sa_type=Bytewise)
    n: int = Field(sa_type=BigInteger)
    prev: str = Field(sa_type=Text)
    header: str = Field(sa_type=Text)
    body: str = Field(sa_type=Text)
    signature: str = Field(sa_type=Text)
    received: int = Field(sa_type=BigInteger)
    seq: int | None = Field(default=None, sa_type=BigInteger)
    forked: bool = False
    exceptions: str = Field(sa_type=Text)


class Entry(SQLModel, table=True):
    """The log: which commit stands at a sequence number, the server's part `r`, and the chain hash there (hex)."""

    __tablename__ = "entry"

    stream: int = Field(primary_key=True, foreign_key="stream.id")
    seq: int = Field(primary_key=True, sa_type=BigInteger)
    commit: str = Field(sa_type=Bytewise)
    r: str = Field(sa_type=Text)
    chain: str = Field(sa_type=Text)


class Entity(SQLModel, table=True):
    """The merged state of an entity: `heads` is the JSON `{field: [[id, value, actor, at, t, seq], …]}`."""

    __tablename__ = "entity"
    __table_args__ = (Index("ix_entity_stream_kind", "stream", "kind"),)

    stream: int = Field(primary_key=True, foreign_key="stream.id")
    id: str = Field(primary_key=True, sa_type=Bytewise)
    kind: str = Field(sa_type=Bytewise)
    heads: str = Field(sa_type=Text)
    seq: int = Field(sa_type=BigInteger)


class Held(SQLModel, table=True):
    """A held change of a commit in custody, and what was decided about it.

    `line` is its number in the commit's body, `text` the change as JSON, `t` the time it will be displayed by. `decided` is
    null, `admitted` or `denied`; `decision` the id of the change that says so.
    """

    __tablename__ = "held"
    __table_args__ = (
        Index("ix_held_open", "stream", "decided", "received"),
        Index("ix_held_change", "change"),
        Index("ix_held_actor", "actor"),
    )

    commit: str = Field(primary_key=True, sa_type=Bytewise)
    change: str = Field(primary_key=True, sa_type=Bytewise)
    stream: int = Field(foreign_key="stream.id")
    actor: str = Field(sa_type=Bytewise)
    n: int = Field(sa_type=BigInteger)
    code: str = Field(sa_type=Bytewise)
    received: int = Field(sa_type=BigInteger)
    t: int = Field(sa_type=BigInteger)
    line: int
    text: str = Field(sa_type=Text)
    decided: str | None = Field(default=None, sa_type=Bytewise)
    reason: str | None = Field(default=None, sa_type=Text)
    decision: str | None = Field(default=None, sa_type=Bytewise)


class Retired(SQLModel, table=True):
    """A change id that has been replaced in its cell; `content` is null while the id was only named."""

    __tablename__ = "retired"

    change: str = Field(primary_key=True, sa_type=Bytewise)
    stream: int = Field(primary_key=True, foreign_key="stream.id")
    entity: str = Field(primary_key=True, sa_type=Bytewise)
    field: str = Field(primary_key=True, sa_type=Bytewise)
    content: str | None = Field(default=None, sa_type=Text)

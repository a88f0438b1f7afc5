"""Read models: what SQL users and reports read. One row an entity, refreshed in the transaction of the push.

They hold the displayed value of each field (the winner's); `conflicts` counts the fields where people disagree, `void` and
`review` say whether the entity is deleted and whether somebody wrote to it unaware of that. They are never written by hand:
`insats rebuild` makes them again from the log. Lists and objects are JSON text.
"""

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from app.database import Bytewise


class ReadModel(SQLModel):
    """What every row says of its entity."""

    stream: int = Field(primary_key=True, foreign_key="stream.id")
    id: str = Field(primary_key=True, sa_type=Bytewise)
    seq: int = Field(sa_type=BigInteger)
    void: bool
    review: bool
    conflicts: int


class Operation(ReadModel, table=True):
    """An evening."""

    __tablename__ = "operation"

    number: int | None = Field(sa_type=BigInteger)
    title: str | None = Field(sa_type=Text)
    date: str | None = Field(sa_type=Bytewise)
    status: str | None = Field(sa_type=Bytewise)
    authorities: str | None = Field(sa_type=Text)


class Site(ReadModel, table=True):
    """A place, in the evening that goes there. Positions are microdegrees."""

    __tablename__ = "site"

    name: str | None = Field(sa_type=Text)
    type: str | None = Field(sa_type=Bytewise)
    address: str | None = Field(sa_type=Text)
    area: str | None = Field(sa_type=Text)
    lat: int | None = Field(sa_type=BigInteger)
    lon: int | None = Field(sa_type=BigInteger)


class Visit(ReadModel, table=True):
    """One site visited in one evening; `position` is its place in the route, times are ms since 1970."""

    __tablename__ = "visit"

    site: str | None = Field(sa_type=Bytewise)
    position: int | None = Field(sa_type=BigInteger)
    team: str | None = Field(sa_type=Text)
    status: str | None = Field(sa_type=Bytewise)
    arrived: int | None = Field(sa_type=BigInteger)
    departed: int | None = Field(sa_type=BigInteger)
    activity: str | None = Field(sa_type=Bytewise)
    persons: int | None = Field(sa_type=BigInteger)
    remarks: bool | None


class Party(ReadModel, table=True):
    """An authority's part in a visit and the legal regime it is there under."""

    __tablename__ = "party"

    visit: str | None = Field(sa_type=Bytewise)
    authority: str | None = Field(sa_type=Bytewise)
    regime: str | None = Field(sa_type=Bytewise)
    law: str | None = Field(sa_type=Text)
    entered: int | None = Field(sa_type=BigInteger)
    departed: int | None = Field(sa_type=BigInteger)
    done: bool | None


class Checklist(ReadModel, table=True):
    """A filled-in template; the answers are in the view `answer`."""

    __tablename__ = "checklist"

    visit: str | None = Field(sa_type=Bytewise)
    template: str | None = Field(sa_type=Bytewise)
    status: str | None = Field(sa_type=Bytewise)
    answered: int


class Tally(ReadModel, table=True):
    """One actor's running count; `qty` is in base units and the sum of all live heads, 0 once void."""

    __tablename__ = "tally"

    visit: str | None = Field(sa_type=Bytewise)
    of: str | None = Field(sa_type=Bytewise)
    code: str | None = Field(sa_type=Bytewise)
    unit: str | None = Field(sa_type=Bytewise)
    qty: int = Field(sa_type=BigInteger)


class SafetyNotice(ReadModel, table=True):
    """A warning to everybody at the evening."""

    __tablename__ = "safety_notice"

    visit: str | None = Field(sa_type=Bytewise)
    level: str | None = Field(sa_type=Bytewise)
    text: str | None = Field(sa_type=Text)
    injuries: int | None = Field(sa_type=BigInteger)
    at: int | None = Field(sa_type=BigInteger)


class Photo(ReadModel, table=True):
    """A photo as recorded; whether its bytes are here is in `blob`."""

    __tablename__ = "photo"

    visit: str | None = Field(sa_type=Bytewise)
    sha256: str | None = Field(sa_type=Bytewise)
    thumb_sha256: str | None = Field(sa_type=Bytewise)
    caption: str | None = Field(sa_type=Text)
    about: str | None = Field(sa_type=Bytewise)
    question: str | None = Field(sa_type=Bytewise)
    taken: int | None = Field(sa_type=BigInteger)


class Exhibit(ReadModel, table=True):
    """An itemised seizure; `qty` in base units of `unit`."""

    __tablename__ = "exhibit"

    visit: str | None = Field(sa_type=Bytewise)
    category: str | None = Field(sa_type=Bytewise)
    qty: int | None = Field(sa_type=BigInteger)
    unit: str | None = Field(sa_type=Bytewise)
    description: str | None = Field(sa_type=Text)
    seal: str | None = Field(sa_type=Text)
    number: str | None = Field(sa_type=Text)
    offence: str | None = Field(sa_type=Bytewise)
    status: str | None = Field(sa_type=Bytewise)


class CustodyEvent(ReadModel, table=True):
    """Who had an exhibit, and when."""

    __tablename__ = "custody_event"

    exhibit: str | None = Field(sa_type=Bytewise)
    event: str | None = Field(sa_type=Bytewise)
    at: int | None = Field(sa_type=BigInteger)
    by: str | None = Field(sa_type=Text)
    to: str | None = Field(sa_type=Text)


class CrimeReport(ReadModel, table=True):
    """A crime report, in the stream of the authority that drew it up."""

    __tablename__ = "crime_report"

    visit: str | None = Field(sa_type=Bytewise)
    offence: str | None = Field(sa_type=Bytewise)
    number: str | None = Field(sa_type=Text)
    status: str | None = Field(sa_type=Bytewise)
    at: int | None = Field(sa_type=BigInteger)


class Decision(ReadModel, table=True):
    """What an authority decided afterwards; `amount` in öre."""

    __tablename__ = "decision"

    visit: str | None = Field(sa_type=Bytewise)
    outcome: str | None = Field(sa_type=Bytewise)
    status: str | None = Field(sa_type=Bytewise)
    decided: str | None = Field(sa_type=Bytewise)
    amount: int | None = Field(sa_type=BigInteger)

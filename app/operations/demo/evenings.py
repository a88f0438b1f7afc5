"""The demo evenings as data: what `evenings.yaml` holds, checked when it is read."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from importlib import resources
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict

_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
TODAY = "today"


class Part(BaseModel):
    """A part of the file; a name that is not known is a mistake in the data."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Account(Part):
    """A demo user with their one device."""

    id: str
    authority: str
    role: str
    name: str
    device: str


class Place(Part):
    """A site; coordinates are decimal degrees as text."""

    id: str
    name: str
    type: str
    address: str
    area: str
    lat: Decimal
    lon: Decimal
    fictitious: bool


class Team(Part):
    """Who goes together; all are account ids."""

    id: str
    leader: str
    members: tuple[str, ...]
    vehicle: str = ""


class PartyPlan(Part):
    """An authority at a visit; a regime that is not given is the evening's default, null means none yet."""

    authority: str
    regime: str | None = None
    law: str | None = None


class Switch(Part):
    """A change of an authority's legal regime during a visit."""

    at: str
    authority: str
    regime: str
    law: str
    decided_by: str


class Sheet(Part):
    """A filled-in checklist; amounts of money in kronor."""

    template: str
    authority: str
    by: str
    status: str
    answers: Mapping[str, Any]


class PhotoGroup(Part):
    """Pictures of one scene, one for each caption."""

    by: str
    scene: str
    captions: tuple[str, ...]
    label: str = ""
    question: str | None = None


class VisitPlan(Part):
    """A visit; everything but its place in the route and its parties is what happened there."""

    key: str
    site: str
    order: int
    team: str
    parties: tuple[PartyPlan, ...]
    repeat: bool
    arrive: str = ""
    leave: str = ""
    status: str = ""
    activity: str = ""
    remarks: bool = False
    persons: int | None = None
    switches: tuple[Switch, ...] = ()
    checklists: tuple[Sheet, ...] = ()
    photos: tuple[PhotoGroup, ...] = ()


class Seizure(Part):
    """Something seized; `qty` in `unit`. One with a key is itemised as an exhibit."""

    visit: str
    category: str
    qty: int
    unit: str
    key: str | None = None
    number: str | None = None
    points: tuple[int, ...] = ()
    serials: tuple[str, ...] = ()
    seal: str | None = None
    offence: str | None = None
    ground: str | None = None
    by: str | None = None
    at: str | None = None
    status: str | None = None
    description: str | None = None
    place: str | None = None
    occurred: str | None = None
    fictitious: bool = True


class CrimeReport(Part):
    """A crime report; `exhibits` are keys of seizures."""

    visit: str
    offence: str
    key: str | None = None
    number: str | None = None
    exhibits: tuple[str, ...] = ()
    status: str = "UPPR"


class Decision(Part):
    """What an authority decided; `amount` in kronor."""

    visit: str
    authority: str
    by: str
    outcome: str
    status: str
    decided: str | None = None
    amount: int | None = None
    note: str | None = None


class CustodyEvent(Part):
    """A step of an exhibit; `day` where it was not that evening."""

    at: str
    event: str
    by: str
    day: str | None = None
    to: str | None = None
    place: str | None = None
    law: str | None = None


class Custody(Part):
    """The steps of one exhibit."""

    exhibit: str
    events: tuple[CustodyEvent, ...]


class Safety(Part):
    """A safety notice."""

    at: str
    visit: str
    by: str
    level: str
    text: str
    injuries: int


class Note(Part):
    """A note in an authority's own stream."""

    at: str
    visit: str
    authority: str
    by: str
    text: str
    day: str | None = None


class Staging(Part):
    """Where the evening assembles."""

    name: str
    lat: Decimal
    lon: Decimal


class Evening(Part):
    """One operation: its plan and what happened; times are local, `utc_offset` minutes ahead of UTC.

    Ids are made of `anchor`, by default the date.
    """

    key: str
    number: int
    title: dict[str, str]
    date: str
    utc_offset: int
    planned: str
    start: str
    end: str
    status: str
    fictitious: bool
    authorities: tuple[str, ...]
    regimes: Mapping[str, str]
    teams: tuple[Team, ...]
    visits: tuple[VisitPlan, ...]
    anchor: str | None = None
    on_call: tuple[str, ...] = ()
    purpose: dict[str, str] | None = None
    staging: Staging | None = None
    reserve: tuple[str, ...] = ()
    seizures: tuple[Seizure, ...] = ()
    reports: tuple[CrimeReport, ...] = ()
    decisions: tuple[Decision, ...] = ()
    custody: tuple[Custody, ...] = ()
    safety: tuple[Safety, ...] = ()
    notes: tuple[Note, ...] = ()
    expected: Mapping[str, Any] | None = None

    @property
    def id(self) -> str:
        """The operation's id."""
        return fixed_id(
            instant(self.anchor or self.date, self.start, self.utc_offset), f"operation {self.key}"
        )

    @property
    def coordinator(self) -> str:
        """The account that planned the evening and leads its staff."""
        return next(t.leader for t in self.teams if t.id == "STAB")

    def at(self, time: str, day: str | None = None) -> int:
        """The instant of a local time of the evening, or of another day."""
        return instant(day or self.date, time, self.utc_offset)

    def own_id(self, *name: object) -> str:
        """A UUIDv7 that is always the same for the thing of this name in this evening."""
        return fixed_id(int(self.id[:8] + self.id[9:13], 16), " ".join(map(str, (self.key, *name))))

    def visit_id(self, key: str) -> str:
        """The bare UUIDv7 of a visit."""
        return self.own_id("visit", key)

    def visit(self, key: str) -> VisitPlan:
        """A visit by its key."""
        return next(v for v in self.visits if v.key == key)

    def leader(self, visit: VisitPlan) -> str:
        """The account of the leader of the visit's team."""
        return next(t.leader for t in self.teams if t.id == visit.team)


class Demo(Part):
    """The whole file."""

    meta: Mapping[str, Any]
    users: tuple[Account, ...]
    sites: tuple[Place, ...]
    evenings: tuple[Evening, ...]

    def evening(self, key: str) -> Evening:
        """An evening by its key."""
        return next(e for e in self.evenings if e.key == key)

    def name_of(self, user: str) -> str:
        """The name of an account."""
        return next(u.name for u in self.users if u.id == user)

    def authority_of(self, user: str) -> str:
        """The authority of an account."""
        return next(u.authority for u in self.users if u.id == user)

    def site(self, key: str) -> Place:
        """A site by its key."""
        return next(s for s in self.sites if s.id == key)


@cache
def demo() -> Demo:
    """The project's own demo evenings."""
    content = resources.files("app.operations.demo").joinpath("evenings.yaml").read_bytes()
    return Demo.model_validate(_LOADER(content).get_single_data())


def dated(evening: Evening, now: int) -> Evening:
    """The evening with `today` made the server's date."""
    today = datetime.fromtimestamp(now / 1000, UTC).astimezone().date().isoformat()
    if evening.date != TODAY:
        return evening
    return evening.model_copy(update={"date": today, "planned": today})


def instant(day: str, time: str, utc_offset: int) -> int:
    """Milliseconds since 1970 of a local day and time."""
    zone = timezone(timedelta(minutes=utc_offset))
    hours, minutes = map(int, time.split(":"))
    start = datetime.combine(date.fromisoformat(day), datetime.min.time(), zone)
    return round((start + timedelta(hours=hours, minutes=minutes)).timestamp()) * 1000


def fixed_id(at: int, name: str) -> str:
    """A UUIDv7 of an instant whose random part is made of a name: the same at every call."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    text = f"{at:012x}7{digest[:3]}{'89ab'[int(digest[3], 16) % 4]}{digest[4:19]}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

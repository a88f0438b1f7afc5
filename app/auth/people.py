"""Accounts as administrators keep them: who there is, letting in, closing, ending sessions; every act is written down.

Whoever may not do something to an account is answered as if there were none of that id.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final, get_args

from sqlalchemy import Connection, case, delete, func, select, update

from app.auth import lost, service
from app.auth import tables as t
from app.auth.accounts import close, distrust, end_sessions, note
from app.auth.service import Person
from app.auth.setup import new_account
from app.domain import codes
from app.domain.permissions import SYSTEM_ADMINISTRATOR, Act, Allow, decide_administer
from app.errors import NotFound
from app.sets import among

INVITE_MS: Final = 86_400_000
"""How long an invitation works."""
MOST_PEOPLE: Final = 2_000
MOST_TABLETS: Final = 2_000
MOST_ACTS: Final = 200
"""What one page shows; of the acts the newest."""

_user, _session, _device, _code = t.user.c, t.session.c, t.device.c, t.enrolment_code.c


@dataclass(frozen=True)
class Invitation:
    """A fresh one-time code and whose it is; `expires` in ms."""

    person: Person
    code: str
    expires: int


def may(caller: Person, act: Act, subject: Person) -> bool:
    """Whether the caller may do this; nobody closes the account they use."""
    if act == "close" and caller.id == subject.id:
        return False
    return isinstance(
        decide_administer(act, caller.role, caller.authority, subject.role, subject.authority), Allow
    )


def choices(caller: Person) -> dict[str, list[str]]:
    """The roles that the caller may give, by authority; empty for whoever may let nobody in.

    A role that the code list knows of one authority only is given in no other.
    """
    roles = {
        authority: [
            role["id"]
            for role in codes.items("roles")
            if role["org"] in ("ANY", authority)
            and may(caller, "invite", Person("", "", authority, role["id"]))
        ]
        for authority in (item["id"] for item in codes.items("authorities"))
    }
    return {authority: found for authority, found in roles.items() if found}


def overview(conn: Connection, caller: Person, now: int) -> dict[str, Any]:
    """What an administrator's page shows: `people` by name, `tablets`, `acts` newest first, and the roles that may be given.

    Of each person `seen` is when they were last known to be there (ms), `invited` until when a link is open, `may` what the
    caller may do. NotFound for whoever is no administrator.
    """
    rows = _people(conn, caller)
    shown = [person for person, _ in rows if may(caller, "see", person)]
    if not shown:
        raise NotFound
    ids = [person.id for person in shown]
    active = {person.id: is_active for person, is_active in rows}
    sessions, invited = _sessions(conn, ids, now), _invited(conn, ids, now)
    people = [
        asdict(person)
        | {
            "active": active[person.id],
            "seen": max((each["seen"] for each in sessions[person.id]), default=None),
            "invited": invited.get(person.id),
            "sessions": sessions[person.id],
            "may": [act for act in get_args(Act) if active[person.id] and may(caller, act, person)],
        }
        for person in shown
    ]
    may_block = {p.id for p in shown if may(caller, "block-tablet", p)}
    tablets = _tablets(conn, ids, may_block, now)
    return {"people": people, "tablets": tablets, "acts": _acts(conn, caller), "choices": choices(caller)}


def invite(
    conn: Connection, caller: Person, authority: str, short: str, name: str, role: str, now: int
) -> Invitation:
    """Make an account and a link for it. NotFound where the caller may not; Malformed and Taken as `new_account`."""
    if role not in choices(caller).get(authority, []):
        raise NotFound
    user = new_account(conn, authority, short, name, role)
    note(conn, "invite", user, authority, now, by=caller.id, detail=role)
    return _link(conn, Person(user, name, authority, role), now)


def link(conn: Connection, caller: Person, user: str, now: int) -> Invitation:
    """A new link for an account that is there; the ones before it end. NotFound where there is none that is open and for which
    the caller may make one."""
    person, is_open = _subject(conn, caller, "invite", user)
    if not is_open:
        raise NotFound
    note(conn, "link", user, person.authority, now, by=caller.id)
    return _link(conn, person, now)


def close_account(conn: Connection, caller: Person, user: str, now: int) -> None:
    """Close an account; a second time changes nothing. NotFound where there is none that the caller may close."""
    person, _ = _subject(conn, caller, "close", user)
    if close(conn, user, now):
        note(conn, "close", user, person.authority, now, by=caller.id)


def end_session(conn: Connection, caller: Person, user: str, device: str, now: int) -> None:
    """End what an account can do from a tablet; a second time changes nothing. NotFound where there is no account whose
    sessions the caller may end."""
    person, _ = _subject(conn, caller, "end-session", user)
    if end_own_session(conn, user, device, now):
        label = conn.execute(select(_device.label).where(_device.id == device)).scalar()
        note(conn, "end-session", user, person.authority, now, by=caller.id, detail=label)


def own_sessions(conn: Connection, user: str, now: int) -> list[dict[str, Any]]:
    """Where a person is signed in, the newest contact first."""
    return _sessions(conn, [user], now)[user]


def end_own_session(conn: Connection, user: str, device: str, now: int) -> bool:
    """End a person's sessions on a tablet; False where there are none. What it still holds of theirs is delivered and held."""
    distrust(conn, (t.actor.c.user == user) & (t.actor.c.device == device))
    return end_sessions(conn, (_session.user == user) & (_session.device == device), now)


def block_tablet(conn: Connection, caller: Person, device: str, now: int) -> None:
    """A tablet that was lost or stolen may only deliver from now on, whoever used it; a second time changes nothing.

    NotFound where there is none that enrolled and whose last user's sessions the caller may end.
    """
    query = (
        select(_user.id, _user.name, _user.authority, _user.role, _device.label, _device.blocked)
        .join_from(t.device, t.user, _user.id == _device.user)
        .where(_device.id == device, _device.enrolled.is_not(None))
    )
    row = conn.execute(query).first()
    if row is None or not may(caller, "block-tablet", person := Person(*row[:4])):
        raise NotFound
    if row.blocked is None:
        conn.execute(update(t.device).where(_device.id == device).values(blocked=now))
        distrust(conn, t.actor.c.device == device)
        end_sessions(conn, _session.device == device, now)
        note(conn, "block-tablet", person.id, person.authority, now, by=caller.id, detail=row.label)


def _subject(conn: Connection, caller: Person, act: Act, user: str) -> tuple[Person, bool]:
    """The account, and whether it is open."""
    query = select(_user.id, _user.name, _user.authority, _user.role, _user.active).where(_user.id == user)
    row = conn.execute(query).first()
    if row is None or not may(caller, act, Person(*row[:4])):
        raise NotFound
    return Person(*row[:4]), bool(row.active)


def _link(conn: Connection, person: Person, now: int) -> Invitation:
    conn.execute(delete(t.enrolment_code).where(_code.user == person.id))
    return Invitation(person, service.mint_code(conn, person.id, now, INVITE_MS), now + INVITE_MS)


def _people(conn: Connection, caller: Person) -> list[tuple[Person, bool]]:
    """Accounts to choose from, open ones first; whom the caller sees is decided for each."""
    query = select(_user.id, _user.name, _user.authority, _user.role, _user.active)
    if caller.role != SYSTEM_ADMINISTRATOR:
        query = query.where(_user.authority == caller.authority)
    found = query.order_by(_user.active.desc(), func.lower(_user.name), _user.id).limit(MOST_PEOPLE)
    return [(Person(*row[:4]), bool(row.active)) for row in conn.execute(found)]


def _sessions(conn: Connection, users: Iterable[str], now: int) -> defaultdict[str, list[dict[str, Any]]]:
    """The living sessions of people by tablet. One that somebody else has used since was seen when the session began."""
    since = func.max(_session.created)
    seen = case((_device.user == _session.user, _device.last_seen), else_=since)
    query = (
        select(
            _session.user, _device.id.label("device"), _device.label, since.label("since"), seen.label("seen")
        )
        .join_from(t.session, t.device, _device.id == _session.device)
        .where(among(_session.user, "users"), _session.expires > now, _session.ended.is_(None))
        .group_by(_session.user, _device.id, _device.label, _device.user, _device.last_seen)
        .order_by(seen.desc(), _device.id)
    )
    found = defaultdict(list)
    for row in conn.execute(query, {"users": sorted(users)}).mappings():
        facts = dict(row)
        found[facts.pop("user")].append(facts)
    return found


def _tablets(
    conn: Connection, users: Iterable[str], may_block: Collection[str], now: int
) -> list[dict[str, Any]]:
    """The tablets that these people used last, by label: never what is recorded, only how much of it waits.

    `oldest` is the age in seconds of the oldest change that is not here, `blocked` since when it may only deliver (ms).
    """
    query = (
        select(_device.id, _device.label, _device.app, _device.blocked, _device.enrolled)
        .add_columns(_device.last_seen.label("seen"), _device.free, _device.oldest)
        .add_columns(_device.pending_changes, _device.pending_blobs)
        .add_columns(_device.lost_at, _device.lost_changes, _device.lost_blobs)
        .add_columns(_user.id.label("user"), _user.name.label("name"), _user.authority)
        .join_from(t.device, t.user, _user.id == _device.user)
        .where(among(_device.user, "users"), _device.enrolled.is_not(None))
        .order_by(func.lower(_device.label), _device.id)
        .limit(MOST_TABLETS)
    )
    return [
        lost.told(
            {
                **row,
                "oldest": service.age_s(row["oldest"], now),
                "may": ["block"] if row["blocked"] is None and row["user"] in may_block else [],
            }
        )
        for row in conn.execute(query, {"users": sorted(users)}).mappings()
    ]


def _invited(conn: Connection, users: Iterable[str], now: int) -> dict[str, int]:
    open_until = func.max(_code.expires)
    query = (
        select(_code.user, open_until)
        .where(among(_code.user, "users"), _code.used.is_(None), _code.expires > now)
        .group_by(_code.user)
    )
    return {row[0]: row[1] for row in conn.execute(query, {"users": sorted(users)})}


def _acts(conn: Connection, caller: Person) -> list[dict[str, Any]]:
    """The newest acts on accounts that the caller sees, with the names of today."""
    a, subject, actor = t.administration.c, t.user.alias(), t.user.alias()
    query = (
        select(a.id, a.at, a.act, a.user, a.authority, a.detail, a.by)
        .add_columns(subject.c.name.label("name"), actor.c.name.label("by_name"))
        .join_from(t.administration, subject, subject.c.id == a.user)
        .outerjoin(actor, actor.c.id == a.by)
        .order_by(a.id.desc())
        .limit(MOST_ACTS)
    )
    if caller.role != SYSTEM_ADMINISTRATOR:
        query = query.where(a.authority == caller.authority)
    return [dict(row) for row in conn.execute(query).mappings()]

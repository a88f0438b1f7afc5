"""Reading what is held: the desk of those who decide, and what authors are told about their own."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import orjson
from sqlalchemy import Connection, bindparam, select

from app.auth.tables import Actor, User
from app.database import table
from app.domain import admission
from app.domain.kinds import kind_of
from app.domain.merge import ID
from app.domain.permissions import DECIDERS, Allow, Membership, decide_admission
from app.sets import among
from app.sync.tables import Commit, Entity, Entry, Held, Retired, Stream

_held, _stream, _actor, _user = table(Held), table(Stream), table(Actor), table(User)
_commit, _entry, _entity, _retired = table(Commit), table(Entry), table(Entity), table(Retired)

Key: TypeAlias = tuple[str, str]
"""Commit and change."""

LISTED = 200
TOLD = 500


def open_for(conn: Connection, user: str, role: str, memberships: Mapping[str, str]) -> dict[str, Any]:
    """`{held, more}`: what this user may decide, the oldest first, at most LISTED; empty for who decides nothing.

    `memberships` are the user's streams and roles.
    """
    writes = sorted(name for name, part in memberships.items() if part == "writer")
    if role not in DECIDERS or not writes:
        return {"held": [], "more": False}
    query = (
        select(_held, _stream.c.name, _actor.c.user, _user.c.name.label("person"), _user.c.authority)
        .join(_stream, _stream.c.id == _held.c.stream)
        .join(_actor, _actor.c.id == _held.c.actor)
        .join(_user, _user.c.id == _actor.c.user)
        .where(among(_stream.c.name, writes), _held.c.decided.is_(None), _actor.c.user != user)
        .order_by(_held.c.received, _held.c.actor, _held.c.n, _held.c.line)
    )
    found: list[dict[str, Any]] = []
    with conn.execute(query, execution_options={"yield_per": LISTED}) as rows:
        for row in rows:
            change = orjson.loads(row.text)
            if not _may_decide(role, change["e"]):
                continue
            if len(found) == LISTED:
                return {"held": found, "more": True}
            found.append(_as_told(row, change))
    return {"held": found, "more": False}


def _may_decide(role: str, entity: str) -> bool:
    decision = decide_admission(role, "active", Membership("writer"), kind_of(entity), is_own=False)
    return isinstance(decision, Allow)


def _as_told(row: Any, change: dict[str, Any]) -> dict[str, Any]:
    return {
        "stream": row.name,
        "commit": row.commit,
        "actor": row.actor,
        "user": {"id": row.user, "name": row.person, "authority": row.authority},
        "n": row.n,
        "received": row.received,
        "change": {name: change[name] for name in ("id", "e", "f", "v", "at")},
        "code": row.code,
    }


_TOLD = (
    select(
        *(_held.c[name] for name in ("actor", "n", "commit", "change", "decided", "reason")), _stream.c.name
    )
    .join(_actor, _actor.c.id == _held.c.actor)
    .join(_stream, _stream.c.id == _held.c.stream)
    .where(
        _actor.c.user == bindparam("person"),
        _actor.c.device == bindparam("tablet"),
        _held.c.decided.is_not(None),
    )
    .order_by(_held.c.decision.desc(), _held.c.change.desc())
    .limit(bindparam("most"))
)


def told_to(conn: Connection, user: str, device: str) -> list[dict[str, Any]]:
    """What was decided about the changes of a user on a device, the newest decision first, at most TOLD.

    Membership does not count: who lost a stream still learns what became of what was recorded for it.
    """
    return [
        {
            "actor": row.actor,
            "stream": row.name,
            "n": row.n,
            "commit": row.commit,
            "change": row.change,
            "verdict": row.decided,
            "reason": row.reason,
        }
        for row in conn.execute(_TOLD, {"person": user, "tablet": device, "most": TOLD})
    ]


def faults(conn: Connection) -> list[str]:
    """What in the table of held changes is not what custody and the log say, one line each; empty when all is well."""
    query = select(_held, _stream.c.name).join(_stream, _stream.c.id == _held.c.stream)
    listed = {(row.commit, row.change): row for row in conn.execute(query)}
    return [*_unlisted(conn, listed), *_unmerged(conn, listed), *_baseless(conn, listed)]


def _unlisted(conn: Connection, listed: Mapping[Key, Any]) -> Iterator[str]:
    """Verdicts of custody and rows that do not belong together."""
    names = ("hash", "stream", "actor", "n", "received", "exceptions")
    query = select(*(_commit.c[n] for n in names)).where(_commit.c.exceptions.contains('"held"'))
    found: set[Key] = set()
    for commit in conn.execute(query):
        for change, told in orjson.loads(commit.exceptions).items():
            if told["verdict"] != "held":
                continue
            found.add((commit.hash, change))
            row, wanted = listed.get((commit.hash, change)), (*commit[1:5], told["code"])
            if row is None or (row.stream, row.actor, row.n, row.received, row.code) != wanted:
                yield f"held {change} of {commit.hash}: its row is not what custody says"
    yield from (
        f"held {change} of {commit}: custody has no such verdict" for commit, change in listed.keys() - found
    )


def _unmerged(conn: Connection, listed: Mapping[Key, Any]) -> Iterator[str]:
    """What the log says was admitted and the rows do not."""
    for r in conn.execute(select(_entry.c.r).where(_entry.c.r.contains('"only":'))).scalars():
        entry = orjson.loads(r)
        for change in entry.get("only", ()):
            row = listed.get((entry["commit"], change))
            if row is None or row.decided != "admitted":
                yield f"held {change} of {entry['commit']}: {entry['stream']} has it admitted"


def _baseless(conn: Connection, listed: Mapping[Key, Any]) -> Iterator[str]:
    """Rows whose decision nobody made."""
    query = select(_entity.c.stream, _entity.c.heads).where(_entity.c.kind == admission.KIND)
    made = {
        (row.stream, head[ID])
        for row in conn.execute(query)
        for head in orjson.loads(row.heads).get(admission.FIELD, ())
    }
    gone = select(_retired.c.stream, _retired.c.change).where(_retired.c.field == admission.FIELD)
    made |= {(row.stream, row.change) for row in conn.execute(gone)}
    for (commit, change), row in listed.items():
        if row.decided is not None and (row.stream, row.decision) not in made:
            yield f"held {change} of {commit}: nobody decided about it"

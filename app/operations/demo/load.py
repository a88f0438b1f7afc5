"""Loading the demo: accounts, plans and what happened, by the same write path as tablets.

Each account has one device and, for this one load, a key that is then thrown away: nobody can ever sign as a demo
user's first device again. An evening is planned in one transaction and recorded in another; what is there already
is left alone, so a second load changes nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from app.auth.accounts import add_user, grant
from app.auth.tables import Actor, User
from app.database import Database, table
from app.domain.commit import actor_id, b64, point_of
from app.operations import planning
from app.operations.demo import evidence, photos, story
from app.operations.demo.evenings import TODAY, Demo, Evening, Place, dated, demo
from app.operations.demo.photos import Photo, Picture
from app.operations.demo.story import Act
from app.operations.readmodels import refresh
from app.operations.staff import REF, prepare, publish_actors, register_device
from app.photos.store import BlobStore
from app.sync.author import Author, Draft
from app.sync.identity import ServerKey, server_key
from app.sync.tables import Entity, Stream

Stage: TypeAlias = Literal["recorded", "planned"]
Cast: TypeAlias = Mapping[str, Author]

LATEST = "OP3"
"""The evening that can be left to play."""

_actor, _user = table(Actor), table(User)
_entity, _stream = table(Entity), table(Stream)


@dataclass(frozen=True)
class Loaded:
    """What a load added: evenings planned, evenings recorded, photos drawn."""

    planned: int = 0
    recorded: int = 0
    photos: int = 0


def load_demo(
    db: Database, data_dir: Path, now: int, stage: Stage = "recorded", *, exercise: bool = False
) -> Loaded:
    """Load the demo evenings into a migrated store; blocks for some seconds at the first call.

    At stage `planned` the third evening is only planned and under way, for somebody to record. `exercise` adds one
    dated today with the same seven sites.
    """
    tale, key = demo(), server_key(data_dir)
    prepare(db, key, now)
    db.write_now(lambda conn: _accounts(conn, tale, now))
    work = [
        _Work(db, data_dir, key, tale, dated(e, now), now)
        for e in tale.evenings
        if exercise or e.date != TODAY
    ]
    unplanned = [w for w in work if not w.is_planned()]
    unrecorded = [w for w in work if w.is_recordable(stage) and not w.is_recorded()]
    if not unplanned and not unrecorded:
        return Loaded()
    cast = db.write_now(lambda conn: _cast(conn, tale, now))
    taken = 0
    for w in work:  # in the order of time: a plan tells what earlier evenings shared
        if w in unplanned:
            w.plan(cast)
        if w in unrecorded:
            taken += w.record(cast)
        elif w in unplanned:
            w.begin(cast)
    return Loaded(len(unplanned), len(unrecorded), taken)


def _accounts(conn: Connection, tale: Demo, now: int) -> None:
    """Accounts that are there already stay as they are: somebody may have closed or changed them."""
    present = set(conn.execute(select(_user.c.id)).scalars())
    for user in tale.users:
        if user.id not in present:
            add_user(conn, user.id, user.name, user.authority, user.role)
            grant(conn, REF, user.id, "reader", now)
            register_device(conn, f"demo-{user.id}", user.device, user.id, now)


def _cast(conn: Connection, tale: Demo, now: int) -> Cast:
    """An author for every account, by a key of this process alone."""
    keys = {user.id: ec.generate_private_key(ec.SECP256R1()) for user in tale.users}
    points = {user: point_of(key.public_key()) for user, key in keys.items()}
    rows = [
        {
            "id": actor_id(p),
            "key": b64(p),
            "user": u,
            "device": f"demo-{u}",
            "status": "active",
            "created": now,
        }
        for u, p in points.items()
    ]
    conn.execute(insert(_actor), rows)
    return {user: Author(key, [refresh]) for user, key in keys.items()}


@dataclass(frozen=True)
class _Work:
    """One evening to load."""

    db: Database
    data_dir: Path
    key: ServerKey
    tale: Demo
    evening: Evening
    now: int

    def is_planned(self) -> bool:
        return self._has("shared", f"operation_{self.evening.id}")

    def is_recordable(self, stage: Stage) -> bool:
        return bool(self.evening.reports) and (stage == "recorded" or self.evening.key != LATEST)

    def is_recorded(self) -> bool:
        return self._has(evidence.POLICE, evidence.report_id(self.evening, 0))

    def _has(self, part: str, entity: str) -> bool:
        stream = f"op/{self.evening.id}/{part}"
        query = select(_entity.c.id).join(_stream, _stream.c.id == _entity.c.stream)
        found = query.where(_stream.c.name == stream, _entity.c.id == entity)
        return self.db.read_now(lambda conn: conn.execute(found).first()) is not None

    def plan(self, cast: Cast) -> None:
        at = min(self.evening.at("10:00", self.evening.planned), self.now)
        author, operation = cast[self.evening.coordinator], planned(self.tale, self.evening)
        self.db.write_now(lambda conn: planning.plan(conn, self.key, author, operation, self.now, at))

    def begin(self, cast: Cast) -> None:
        """Under way and nothing recorded: for somebody to play."""
        at = min(self.evening.at(self.evening.start), self.now)
        cells = [(f"operation_{self.evening.id}", "status", "PAGAR")]
        author, stream = cast[self.evening.coordinator], planning.shared(self.evening.id)
        self.db.write_now(lambda conn: planning.write(conn, author, stream, cells, at, self.now))

    def record(self, cast: Cast) -> int:
        taken = photos.photos(self.tale, self.evening)
        pictures = photos.draw(taken)
        acts = sorted(happened(self.tale, self.evening, taken, pictures), key=lambda a: a.at)

        def work(conn: Connection) -> None:
            publish_actors(conn, self.key, planning.shared(self.evening.id), self.now)
            self._keep(conn, taken, pictures)
            for each in acts:
                perform(conn, cast, self.evening, each, self.now)

        self.db.write_now(work)
        return len(taken)

    def _keep(self, conn: Connection, taken: Sequence[Photo], pictures: Mapping[str, Picture]) -> None:
        blobs = BlobStore(self.data_dir)
        for photo in taken:
            for data in (pictures[photo.key].original, pictures[photo.key].thumb):
                blobs.add(conn, data, photos.MIME, self.now, photo.user)


def happened(
    tale: Demo, evening: Evening, taken: Sequence[Photo], pictures: Mapping[str, Picture]
) -> list[Act]:
    """Everything that was recorded of an evening."""
    return [
        *story.progress(evening),
        *story.visits(tale, evening),
        *story.log(evening),
        *evidence.counts(evening),
        *evidence.exhibits(tale, evening),
        *evidence.reports(tale, evening),
        *evidence.decisions(evening),
        *photos.recorded(evening, taken, pictures),
    ]


def perform(conn: Connection, cast: Cast, evening: Evening, act: Act, now: int) -> None:
    """One commit of one demo user, who sees what is in the stream by then."""
    stream = f"op/{evening.id}/{act.part}"
    seen = planning.heads_of(conn, stream, {e for _, e, _, _ in act.cells})
    drafts = [Draft(e, f, v, at, seen.get((e, f), ())) for at, e, f, v in act.cells]
    cast[act.user].write(conn, stream, drafts, now)


def planned(tale: Demo, evening: Evening) -> planning.Operation:
    """The plan of an evening."""
    return planning.Operation(
        id=evening.id,
        number=evening.number,
        title=evening.title,
        date=evening.date,
        authorities=evening.authorities,
        status="BESLUT",
        facts=_facts(tale, evening),
        sites=tuple(_site(tale.site(v.site)) for v in evening.visits),
        visits=tuple(
            planning.Visit(
                evening.visit_id(v.key), f"site_{v.site}", v.order, v.team, tuple(story.parties(evening, v))
            )
            for v in evening.visits
        ),
        targets=tuple(_target(tale, evening, key) for key in evening.reserve),
    )


def _facts(tale: Demo, evening: Evening) -> dict[str, planning.Json]:
    teams = [
        {
            "id": t.id,
            "leader": tale.name_of(t.leader),
            "members": [tale.name_of(m) for m in t.members],
            "vehicle": t.vehicle,
        }
        for t in evening.teams
    ]
    facts: dict[str, planning.Json] = {"start": evening.start, "end": evening.end, "teams": teams}
    if evening.staging is not None:
        s = evening.staging
        facts["staging"] = {
            "name": s.name,
            "lat": planning.microdegrees(s.lat),
            "lon": planning.microdegrees(s.lon),
        }
    optional = {"purpose": evening.purpose, "on_call": list(evening.on_call) or None}
    return facts | {name: value for name, value in optional.items() if value is not None}


def _site(place: Place) -> planning.Site:
    return planning.Site(
        f"site_{place.id}",
        place.name,
        place.type,
        place.address,
        place.area,
        planning.microdegrees(place.lat),
        planning.microdegrees(place.lon),
        place.fictitious,
    )


def _target(tale: Demo, evening: Evening, key: str) -> planning.Target:
    place = tale.site(key)
    note = f"{place.name}, {place.address}"
    return planning.Target(evening.own_id("target", key), f"site_{key}", "RESERV", note)

"""What the endpoints do, without the web: greet, take commits, give pages, snapshots and pokes."""

import asyncio
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, and_, bindparam, select

from app.auth.tables import Actor, Membership
from app.clock import now_ms
from app.database import Database, table
from app.domain import merge
from app.domain.change import canonical
from app.domain.commit import Envelope, b64, sha256
from app.domain.streams import operation_of, stream_class
from app.errors import CATALOGUE, Malformed, NotFound, Problem, Reset
from app.sets import among
from app.settings import Limits
from app.sync import custody, decisions, pages, pull, store
from app.sync.author import Author
from app.sync.bell import Bell
from app.sync.handing import handing_over
from app.sync.identity import ServerKey, seal_key
from app.sync.live import Live
from app.sync.push import Projection, Pushed, push_together
from app.sync.tables import Chain, Entity, ServerFact, Stream
from app.together import Together

_member, _chain, _stream = table(Membership), table(Chain), table(Stream)
_entity, _fact, _actor = table(Entity), table(ServerFact), table(Actor)

PROTOCOL = 1
THREAD_ABOVE = 131_072
"""Bytes of a push above which it is checked off the event loop: below, a few milliseconds."""
TOGETHER = 10_000
"""Changes that one transaction may merge for several requests: some 200 ms, for which each of them waits. With 2,000 the
last of a crowd waited longer for five such transactions than all of it does for one."""
POINTS_KEPT = 10_000
"""Keys of actors that a worker remembers."""


@dataclass(frozen=True)
class Caller:
    """Who asks: the account, the actor it has named (None before it registered one), its device ("" for the server), and
    whether it may read or only deliver."""

    user: str
    role: str
    actor: str | None
    device: str = ""
    reads: bool = True


@dataclass(frozen=True)
class _Brought:
    """The commits of a request, and who brought them."""

    user: str
    commits: list[custody.Checked]
    reads: bool


@dataclass(frozen=True)
class _Kept:
    """What became of them; `readable` are those of the moved streams whose heads the bringer may be told."""

    pushed: Pushed
    epoch: str
    readable: set[str]


@dataclass(frozen=True)
class _Seen:
    """Who of `users` reads which of `streams`, as (user, stream): what the push that moved these streams found."""

    users: set[str]
    streams: set[str]
    readers: set[tuple[str, str]]

    def answers(self, user: str, names: Collection[str]) -> bool:
        """Whether it says of this user and each of these streams if the one reads the other."""
        return user in self.users and self.streams.issuperset(names)


class Sync:
    """The engine of one worker: a store, the server's key and the listeners."""

    def __init__(
        self, db: Database, key: ServerKey, data: Path, limits: Limits, projections: Sequence[Projection]
    ) -> None:
        """`projections` are the read models that every push refreshes."""
        self.db = db
        self.key = key
        self.seal = seal_key(data)
        self.limits = limits
        self.projections = projections
        self._hand_over = handing_over(Author(key.private, projections))
        self.live = Live()
        self.bell = None if db.is_sqlite else Bell(db.url)
        self._pages = pages.Pages()
        self._snapshots = pull.Snapshots(data / "snapshots")
        self._building: dict[str, asyncio.Lock] = {}
        self._points: dict[str, bytes] = {}
        self._pushes = Together(
            self._push_together, TOGETHER, lambda one: sum(len(commit.lines) for commit in one.commits)
        )
        self._seen: _Seen | None = None
        self._readers: asyncio.Task[set[tuple[str, str]]] | None = None

    async def hello(self, caller: Caller) -> dict[str, Any]:
        """What a client needs to know before it moves (docs/sync.md, `GET /hello`) but for its user and actor."""
        facts = await self.db.read(lambda conn: _greet(conn, caller))
        return {
            "epoch": facts["epoch"],
            "now": now_ms(),
            "protocol": {"min_pull": PROTOCOL, "max": PROTOCOL},
            "limits": self.limits.model_dump(),
            "server": {**self.key.public(), "seal": b64(self.seal.point)},
            "streams": facts["streams"],
            "chains": facts["chains"],
            "decisions": facts["decisions"],
            "day": facts["day"],
        }

    async def push(self, caller: Caller, body: bytes) -> dict[str, Any]:
        """Take the commits of a request into custody and merge them; what it answers is durable.

        Malformed where nothing of the request can be read.
        """
        try:
            opened, faults = custody.open_lines(body.removesuffix(b"\n").split(b"\n"))
        except custody.NotNdjson as error:
            raise Malformed(str(error)) from None
        keys = await self._points_of({envelope.actor for _, envelope in opened})
        checked = await _check(opened, keys, self.key, in_thread=len(body) > THREAD_ABOVE)
        kept = await self._pushes.ask(_Brought(caller.user, checked, caller.reads))
        return self._answer(kept.pushed, faults, kept.epoch, kept.readable)

    async def _push_together(self, brought: Sequence[_Brought]) -> list[_Kept]:
        """One transaction for the requests of a moment, and one poke."""
        now = now_ms()
        users = self.live.users().union(each.user for each in brought)

        def work(conn: Connection) -> tuple[list[Pushed], str, set[tuple[str, str]]]:
            loads = [each.commits for each in brought]
            pushed = push_together(
                conn, loads, now=now, projections=self.projections, hand_over=self._hand_over
            )
            heads = {name for each in pushed for name in each.heads}
            return pushed, *_epoch_and_readers(conn, users, heads)

        done, epoch, readers = await self.db.write(work)
        heads = {name: head for each in done for name, head in each.heads.items()}
        self._poke(heads, _Seen(users, set(heads), readers))
        if self.bell is not None and heads:
            self.bell.ring()
        return [
            _Kept(
                pushed, epoch, {name for name in pushed.heads if each.reads and (each.user, name) in readers}
            )
            for each, pushed in zip(brought, done, strict=True)
        ]

    async def _points_of(self, actors: set[str]) -> dict[str, bytes]:
        """The keys of registered actors. An actor's id is the hash of its key, so what was read once is right for ever."""
        known = {actor: self._points[actor] for actor in actors & self._points.keys()}
        if len(known) == len(actors):
            return known
        found = await self.db.read(lambda conn: store.actor_keys(conn, actors - known.keys()))
        if len(self._points) + len(found) > POINTS_KEPT:
            self._points.clear()
        self._points |= found
        return known | found

    def _answer(
        self, pushed: Pushed, faults: list[custody.Fault], epoch: str, readable: set[str]
    ) -> dict[str, Any]:
        named = [{**r, "changes": sha256(canonical(r["changes"]))} for r in pushed.results]
        return {
            "epoch": epoch,
            "results": pushed.results,
            "errors": [_problem(fault) for fault in sorted([*faults, *pushed.faults], key=lambda f: f.line)],
            "receipt": self.key.receipt({"epoch": epoch, "results": named}),
            "heads": {name: head for name, head in pushed.heads.items() if name in readable},
        }

    async def page(
        self, states: Mapping[str, pull.StreamState], after: Mapping[str, int], *, is_packed: bool
    ) -> bytes:
        """One page for each stream of `after` (name -> cursor), as `readable` found them, all as one gzip member if so wanted.

        Reset where a cursor lies above the head or so far below it that the snapshot is the shorter way.
        """
        share = self.limits.page_bytes // len(after)
        for name, cursor in after.items():
            head = states[name].head
            if cursor > head or head - cursor > self.limits.lag_entries:
                raise Reset(stream=name, head=head)

        def read(conn: Connection) -> bytes:
            found = [self._pages.page(conn, states[name], at, share) for name, at in after.items()]
            return pages.packed(found) if is_packed else pages.plain(found)

        return await self.db.read(read)

    async def snapshot(self, caller: Caller, name: str) -> int:
        """The sequence number of a snapshot of the stream, built if none is fresh enough."""
        state = (await self.readable(caller, [name]))[name]
        found = await self.db.read(lambda conn: self._snapshots.newest(conn, state))
        if found is not None:
            return found
        async with self._building.setdefault(name, asyncio.Lock()):
            found = await self.db.read(lambda conn: self._snapshots.newest(conn, state))
            if found is not None:
                return found
            return await self.db.read(lambda conn: self._snapshots.build(conn, name))

    async def snapshot_file(self, caller: Caller, name: str, seq: int) -> Path:
        """The gzip file of an immutable snapshot; NotFound where it was never built or is gone."""
        state = (await self.readable(caller, [name]))[name]
        path = await self.db.read(lambda conn: self._snapshots.find(conn, state, seq))
        if path is None:
            raise NotFound
        return path

    async def held(self, caller: Caller) -> dict[str, Any]:
        """The held changes that the caller may decide about (docs/sync.md, `GET /held`)."""

        def read(conn: Connection) -> dict[str, Any]:
            return decisions.open_for(conn, caller.user, caller.role, memberships(conn, caller.user))

        return await self.db.read(read)

    async def digest(self, caller: Caller, name: str) -> dict[str, str | int]:
        """The digest of a stream."""
        await self.readable(caller, [name])
        return await self.db.read(lambda conn: pull.stream_digest(conn, name))

    def _poke(self, heads: Mapping[str, int], seen: _Seen) -> None:
        """Wake the listeners; those who wait are told of it by what the push has seen, in this turn of the event loop."""
        self._seen = seen
        self.live.tell(heads)
        asyncio.get_running_loop().call_soon(self._forget)

    def _forget(self) -> None:
        self._seen = None  # whoever comes later, being slow, needs a later look

    async def readers(self, user: str, names: Collection[str]) -> set[tuple[str, str]]:
        """(user, stream) of those who may read, as it is now, for this listener and these streams at least.

        What the push that has just woken the listener found out itself; else one read for everybody who is woken together.
        """
        if self._seen is not None and self._seen.answers(user, names):
            return self._seen.readers
        if self._readers is None:
            self._readers = asyncio.create_task(self._read_readers())
        return await asyncio.shield(self._readers)

    async def _read_readers(self) -> set[tuple[str, str]]:
        self._readers = None  # whoever is woken from now on needs a later look than this one
        users = self.live.users()
        return await self.db.read(lambda conn: _readers_among(conn, users))

    async def readable(self, caller: Caller, names: Collection[str]) -> dict[str, pull.StreamState]:
        """Where these streams stand. NotFound where the caller may not read one of them."""
        parts = await self.db.read(lambda conn: parts_of(conn, caller.user))
        if not parts.keys() >= set(names):
            raise NotFound
        return {name: parts[name].state for name in names}


def version(states: Mapping[str, pull.StreamState], after: Mapping[str, int]) -> str:
    """An entity tag that changes when there is something new for this question, or another past."""
    return '"' + ",".join(f"{states[n].id}.{c}.{states[n].chain[:16]}" for n, c in after.items()) + '"'


async def _check(
    opened: list[tuple[int, Envelope]], keys: Mapping[str, bytes], server: ServerKey, *, in_thread: bool
) -> list[custody.Checked]:
    if not in_thread:
        return custody.check(opened, keys, server.received_in)
    return await asyncio.to_thread(custody.check, opened, keys, server.received_in)


@dataclass(frozen=True)
class Part:
    """What a user is in a stream, and where it stands."""

    role: str
    state: pull.StreamState


_PARTS = (
    select(_member.c.stream.label("name"), _member.c.role, _stream.c.id, _stream.c.head, _stream.c.chain)
    .outerjoin_from(_member, _stream, _stream.c.name == _member.c.stream)
    .where(_member.c.user == bindparam("reader"), _member.c.revoked.is_(None))
    .order_by(_member.c.stream)
)


def parts_of(conn: Connection, user: str) -> dict[str, Part]:
    """Everything a user may read, by the name of the stream; one that nobody has written to has no row yet and is empty."""
    rows = conn.execute(_PARTS, {"reader": user})
    return {row.name: Part(row.role, _state_of(row)) for row in rows}


def memberships(conn: Connection, user: str) -> dict[str, str]:
    """Stream name -> role of everything a user may read."""
    return {name: part.role for name, part in parts_of(conn, user).items()}


def _state_of(row: Any) -> pull.StreamState:
    return pull.empty(row.name) if row.id is None else pull.StreamState(row.id, row.name, row.head, row.chain)


_EPOCH_AND_READERS = (
    select(_fact.c.value, _member.c.user, _member.c.stream)
    .outerjoin_from(
        _fact,
        _member,
        and_(
            among(_member.c.user, "users"),
            among(_member.c.stream, "streams"),
            _member.c.revoked.is_(None),
        ),
    )
    .where(_fact.c.name == "epoch")
)


def _epoch_and_readers(
    conn: Connection, users: Iterable[str], streams: Iterable[str]
) -> tuple[str, set[tuple[str, str]]]:
    """The name of this life of the store, and (user, stream) for each of these streams that one of these users may read: one
    statement for every push.
    """
    rows = conn.execute(_EPOCH_AND_READERS, {"users": sorted(users), "streams": sorted(streams)}).all()
    return rows[0].value, {(row.user, row.stream) for row in rows if row.stream is not None}


_READERS = select(_member.c.user, _member.c.stream).where(
    among(_member.c.user, "users"), _member.c.revoked.is_(None)
)


def _readers_among(conn: Connection, users: Iterable[str]) -> set[tuple[str, str]]:
    return {(row.user, row.stream) for row in conn.execute(_READERS, {"users": sorted(users)})}


_EPOCH = select(_fact.c.value).where(_fact.c.name == "epoch")


def epoch_of(conn: Connection) -> str:
    """The name of this life of the store; a restore mints another."""
    epoch: str = conn.execute(_EPOCH).scalar_one()
    return epoch


def _greet(conn: Connection, caller: Caller) -> dict[str, Any]:
    parts = parts_of(conn, caller.user) if caller.reads else {}
    chains = _own_chains(conn, caller.actor)
    streams = {
        name: {"head": part.state.head, "role": part.role, "chain": f"sha256:{part.state.chain}"}
        | chains.get(part.state.id, {})
        for name, part in parts.items()
    }
    return {
        "epoch": epoch_of(conn),
        "streams": streams,
        "chains": _chains_of(conn, caller),
        "decisions": decisions.told_to(conn, caller.user, caller.device),
        "day": _days(conn, {name: part.state for name, part in parts.items()}),
    }


_OWN_CHAINS = select(_chain).where(_chain.c.actor == bindparam("author"))


def _own_chains(conn: Connection, actor: str | None) -> dict[int, dict[str, Any]]:
    return {
        row.stream: {"mine": {"n": row.n, "head": row.head, "stable": row.stable}}
        for row in conn.execute(_OWN_CHAINS, {"author": actor})
    }


_CHAINS = (
    select(_chain.c.actor, _stream.c.name, _chain.c.n, _chain.c.stable)
    .join(_actor, _actor.c.id == _chain.c.actor)
    .join(_stream, _stream.c.id == _chain.c.stream)
    .where(_actor.c.user == bindparam("person"), _actor.c.device == bindparam("tablet"))
    .order_by(_chain.c.actor, _stream.c.name)
)


def _chains_of(conn: Connection, caller: Caller) -> list[dict[str, Any]]:
    """How far each chain of this user on this device is here and in a backup: of former keys too, and of lost streams."""
    rows = conn.execute(_CHAINS, {"person": caller.user, "tablet": caller.device})
    return [{"actor": row.actor, "stream": row.name, "n": row.n, "stable": row.stable} for row in rows]


_EVENINGS = select(_entity.c.stream, _entity.c.kind, _entity.c.heads).where(
    among(_entity.c.stream, "streams"), _entity.c.kind.in_(("operation", "visit"))
)


def _days(conn: Connection, states: Mapping[str, pull.StreamState]) -> list[dict[str, Any]]:
    """The evenings this caller takes part in, newest first."""
    shared = {state.id: name for name, state in states.items() if stream_class(name) == "shared"}
    days: dict[int, dict[str, Any]] = {
        stream: {"operation": operation_of(name), "visits": 0} for stream, name in shared.items()
    }
    for row in conn.execute(_EVENINGS, {"streams": sorted(shared)}):
        cells = orjson.loads(row.heads)
        if row.kind == "operation":
            days[row.stream] |= {f: merge.value_of(cells, f) for f in ("date", "title", "status")}
        elif not merge.is_void(cells):
            days[row.stream]["visits"] += 1
    return sorted((d for d in days.values() if d.get("date")), key=lambda d: str(d["date"]), reverse=True)


def _problem(fault: custody.Fault) -> dict[str, Any]:
    kind: type[Problem] = CATALOGUE[fault.code]
    extra = {k: v for k, v in asdict(fault).items() if k not in ("code", "detail") and v is not None}
    return {
        "type": f"urn:insats:{kind.code}",
        "title": kind.title(),
        "status": kind.status,
        "detail": fault.detail,
        **extra,
    }

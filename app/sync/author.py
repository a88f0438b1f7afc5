"""A writer inside the server: its jobs, the demo and imports use the same write path as a tablet."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, select

from app.database import table
from app.domain.change import Change, line_of, new_id
from app.domain.commit import GENESIS, LIMIT_BYTES, LIMIT_CHANGES, Envelope, actor_id, point_of, seal
from app.sync.custody import check
from app.sync.push import Projection, Pushed, push
from app.sync.store import lock_streams
from app.sync.tables import Chain, Stream

_chain, _stream = table(Chain), table(Stream)

APP = "insats-server"
_HEADER = 2_048
"""Bytes that a header takes at most."""


@dataclass(frozen=True)
class Draft:
    """A change before it has an id, unless it is to have a certain one; `replaces` are the ids its author saw in the cell."""

    e: str
    f: str
    v: Any
    at: int
    replaces: tuple[str, ...] = ()
    id: str = ""


class NotApplied(ValueError):
    """The merge did not apply everything that a server-side author wrote; the message lists what and why."""


class Author:
    """An actor whose private key this process holds. Its user and actor rows must exist."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, projections: Sequence[Projection]) -> None:
        """`projections` are the read models to refresh, as for every push."""
        self._key = key
        self._point = point_of(key.public_key())
        self._projections = projections
        self._last = ""
        self.actor = actor_id(self._point)

    def write(self, conn: Connection, stream: str, drafts: Sequence[Draft], now: int) -> Pushed:
        """Seal drafts into as few commits as the limit allows and push them, all or nothing.

        NotApplied if any change was not applied now or before: the caller's transaction must then be rolled back.
        """
        # Before its own chain is read: two workers that write as the server at once would fork it.
        lock_streams(conn, [stream])
        changes = [self._change(draft) for draft in drafts]
        envelopes = self._seal(conn, stream, changes, now)
        checked = check(list(enumerate(envelopes, 1)), {self.actor: self._point})
        pushed = push(conn, checked, now=now, projections=self._projections)
        told = [x for result in pushed.results for x in result["changes"].items()]
        refused = [x for x in told if x[1]["verdict"] != "duplicate"]
        if refused or pushed.faults:
            raise NotApplied(f"{stream}: {refused[:5] or pushed.faults[:5]}")
        return pushed

    def _change(self, draft: Draft) -> Change:
        if draft.id:
            return Change(draft.id, draft.e, draft.f, draft.v, draft.at, draft.replaces)
        # Ids rise within one author whatever the clock does, so that later drafts can replace earlier ones.
        self._last = new_id(max(draft.at, 0), (self._last, *draft.replaces) if self._last else draft.replaces)
        return Change(self._last, draft.e, draft.f, draft.v, draft.at, draft.replaces)

    def _seal(self, conn: Connection, stream: str, changes: list[Change], now: int) -> list[Envelope]:
        query = (
            select(_chain.c.n, _chain.c.head)
            .join(_stream, _stream.c.id == _chain.c.stream)
            .where(_chain.c.actor == self.actor, _stream.c.name == stream)
        )
        row = conn.execute(query).first()
        n, prev = (row.n, row.head) if row else (0, GENESIS)
        envelopes = []
        for part in _parts(changes):
            envelope = seal(self._key, stream, n + 1, prev, part, app=APP, sent=now)
            n, prev = n + 1, envelope.hash
            envelopes.append(envelope)
        return envelopes


def _parts(changes: Sequence[Change]) -> Iterator[list[Change]]:
    """Changes by the commit: each within the limits, with room for its header."""
    part: list[Change] = []
    size = 0
    for change in changes:
        length = len(line_of(change).encode())
        if part and (len(part) == LIMIT_CHANGES or size + length > LIMIT_BYTES - _HEADER):
            yield part
            part, size = [], 0
        part.append(change)
        size += length
    if part:
        yield part

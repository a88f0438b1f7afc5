"""A tablet's copy of streams, by the rules of docs/sync.md alone: what tests compare the server with.

It trusts nothing: pages must be dense, entries must hash to their commits and into the chain, signatures must verify.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from app.domain.commit import (
    FIRST_CHAIN,
    actor_id,
    is_authentic,
    next_chain,
    open_envelope,
    public_key,
    unb64,
)
from app.domain.merge import Cells, Head, digest


@dataclass
class Stream:
    """One stream as far as it was pulled."""

    cursor: int = 0
    head: int = 0
    chain: bytes = FIRST_CHAIN
    entities: dict[str, Cells] = field(default_factory=dict)
    commits: list[str] = field(default_factory=list)

    def digest(self) -> str:
        """As the server tells it for the same sequence number."""
        return digest(self.entities.items())


class Broken(AssertionError):
    """The server sent what a tablet must refuse."""


@dataclass
class Replica:
    """Streams by name; `keys` are the public points that first commits brought, by actor."""

    streams: dict[str, Stream] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)

    def after(self, names: Iterable[str]) -> str:
        """The question `GET /changes` is asked."""
        return ",".join(f"{name}:{self.stream(name).cursor}" for name in names)

    def stream(self, name: str) -> Stream:
        """The copy of a stream, empty at first."""
        return self.streams.setdefault(name, Stream())

    def apply(self, page: bytes) -> bool:
        """Take an answer of `GET /changes`; whether a stream in it has more than it brought."""
        is_behind = False
        last: str | None = None
        for line in map(orjson.loads, page.splitlines()):
            if not line.get("end"):
                last = self._entry(line)
                continue
            _insist(last in (None, line["stream"]), "the end line is that of another stream")
            is_behind |= self._end(line)
            last = None
        _insist(last is None, "the page has no end line")
        return is_behind

    def _entry(self, line: Mapping[str, str]) -> str:
        r = orjson.loads(line["r"])
        name: str = r["stream"]
        stream = self.stream(name)
        _insist(r["seq"] == stream.cursor + 1, f"{name}: {r['seq']} follows {stream.cursor}")
        envelope = open_envelope({k: line[k] for k in "hbs"})
        _insist(envelope.hash == r["commit"], "the commit does not hash to its name")
        _insist(envelope.stream == name, "the commit is for another stream")
        header = orjson.loads(envelope.h)
        if "key" in header:
            point = unb64(header["key"])
            _insist(actor_id(point) == envelope.actor, "the key is not the actor's")
            self.keys[envelope.actor] = point
        _insist(
            is_authentic(envelope, public_key(self.keys[envelope.actor])), "the signature does not verify"
        )
        for change in _changes(envelope.b, set(r["skip"]), r.get("only")):
            t = min(change["at"] + envelope.off, r["received"])
            head = [change["id"], change["v"], envelope.actor, change["at"], t, r["seq"]]
            _place(
                stream.entities.setdefault(change["e"], {}), change, head, is_dead=change["id"] in r["dead"]
            )
        stream.chain = next_chain(stream.chain, line["r"])
        stream.cursor = r["seq"]
        stream.commits.append(envelope.hash)
        return name

    def _end(self, line: Mapping[str, Any]) -> bool:
        stream = self.stream(line["stream"])
        _insist(line["chain"] == f"sha256:{stream.chain.hex()}", "the chain is another one")
        _insist(line["head"] >= stream.cursor, "the head is below what was sent")
        stream.head = line["head"]
        return stream.head > stream.cursor

    def load(self, name: str, snapshot: bytes) -> Stream:
        """Begin a stream from a snapshot."""
        *lines, end = map(orjson.loads, snapshot.splitlines())
        _insist(bool(end.get("end")) and end["stream"] == name, "the snapshot has no end line")
        told, _, _ = snapshot.rpartition(b',"digest":')
        _insist(
            end["digest"] == f"sha256:{hashlib.sha256(told).hexdigest()}",
            "the digest is not of what stands before it",
        )
        names = [line["e"] for line in lines]
        _insist(names == sorted(set(names)), "the entities are not in order")
        chain = bytes.fromhex(end["chain"].removeprefix("sha256:"))
        entities = {line["e"]: line["h"] for line in lines}
        self.streams[name] = Stream(end["seq"], end["seq"], chain, entities)
        return self.streams[name]


def _changes(body: str, skip: set[str], only: list[str] | None) -> Iterable[dict[str, Any]]:
    """The changes that an entry applies: all but `skip`, or those that a person admitted."""
    lines = [line for n, line in enumerate(body.split("\n")[:-1], 1) if f"#{n}" not in skip]
    for line in lines:
        change = orjson.loads(line) if only is None or any(i in line for i in only) else {"id": ""}
        if change["id"] and (change["id"] not in skip if only is None else change["id"] in only):
            yield change


def _place(cells: Cells, change: Mapping[str, Any], head: Head, *, is_dead: bool) -> None:
    gone = {r for r in change.get("replaces", ()) if r < change["id"]}
    kept = [h for h in cells.get(change["f"], []) if h[0] not in gone]
    cells[change["f"]] = kept if is_dead else sorted([*kept, head], key=lambda h: str(h[0]))


def _insist(holds: bool, otherwise: str) -> None:
    if not holds:
        raise Broken(otherwise)

"""What makes a store whole: every commit signed and in its chain, every log dense and chained to its head.

A backup and `insats check` read rows in the same order and ask the same questions here. Memory does not grow with bodies or
photos: per commit 16 bytes are kept, the rest is bound to streams and actors.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Select, Table, select

from app.database import metadata
from app.domain.commit import FIRST_CHAIN, GENESIS, is_authentic, next_chain, open_envelope, public_key, unb64

Row: TypeAlias = Mapping[str, Any]

_LAST = {"commit": 1, "entry": 2}
_ORDER = {"commit": ("stream", "actor", "n", "hash"), "entry": ("stream", "seq")}
_WHOLE = 2**64 - 1


def in_order() -> Iterator[tuple[Table, Select[Any]]]:
    """Every table with the query of its rows: each after those it refers to, custody after them, the logs last."""
    for source in sorted(metadata.sorted_tables, key=lambda t: _LAST.get(t.name, 0)):
        columns = _ORDER.get(source.name) or [c.name for c in source.primary_key.columns]
        yield source, select(source).order_by(*(source.c[name] for name in columns))


class Ledger:
    """Takes the rows of a store in the order of `in_order` and says what does not hold, a line for each fault.

    ValueError, LookupError, TypeError and AttributeError leave it where a row is not even of the right form.
    """

    def __init__(self) -> None:
        """Nothing has been read."""
        self.streams: dict[int, Row] = {}
        self.chains: dict[tuple[int, str], Row] = {}
        self.facts: dict[str, str] = {}
        self.commits = 0
        self.changes = 0
        self.entries = 0
        self._keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self._ended: set[tuple[int, str]] = set()
        self._level: tuple[tuple[int, str] | None, int] = (None, 0)
        self._before: frozenset[str] | set[str] = frozenset({GENESIS})
        self._here: set[str] = set()
        self._hashes = array("Q")
        self._placed: dict[int, array[int]] = {}
        self._is_sorted = False
        self._log: tuple[int, int, bytes] | None = None
        self._logged: set[int] = set()

    def take(self, name: str, row: Row) -> Iterator[str]:
        """One row of a table."""
        if name == "commit":
            yield from self._commit(row)
        elif name == "entry":
            yield from self._entry(row)
        elif name == "stream":
            self.streams[row["id"]] = row
        elif name == "chain":
            self.chains[row["stream"], row["actor"]] = row
        elif name == "actor":
            self._keys[row["id"]] = public_key(unb64(row["key"]))
        elif name == "server_fact":
            self.facts[row["name"]] = row["value"]

    def finish(self) -> Iterator[str]:
        """What only the end shows."""
        yield from self._end_log()
        for number, stream in self.streams.items():
            if number not in self._logged and (stream["head"], stream["chain"]) != (0, FIRST_CHAIN.hex()):
                yield f"{stream['name']}: its head is {stream['head']} and its log is empty"
        for key, chain in self.chains.items():
            name = self.streams[key[0]]["name"]
            if key not in self._ended:
                yield f"{name}: commit {chain['n']} of {key[1]}, the last of its chain, is missing"
            if chain["stable"] > chain["n"]:
                yield f"{name}: more commits of {key[1]} count as backed up than there are"

    # Custody -------------------------------------------------------------------------------------------------------

    def _commit(self, row: Row) -> Iterator[str]:
        self.commits += 1
        name = self.streams[row["stream"]]["name"]
        where = f"{name}: commit {row['n']} of {row['actor']} ({row['hash'][:19]})"
        self._step(row)
        if row["prev"] not in self._before:
            yield f"{where}: the commit before it is missing"
        chain = self.chains.get((row["stream"], row["actor"]))
        if chain is None:
            yield f"{where}: its actor has no chain in this stream"
        elif (chain["n"], chain["head"]) == (row["n"], row["hash"]):
            self._ended.add((row["stream"], row["actor"]))
        yield from self._place(row, where)
        yield from self._authentic(row, name, where)

    def _step(self, row: Row) -> None:
        """Move on to the next number of a chain, or to the next chain; those of one number are forks."""
        key, n = (row["stream"], row["actor"]), row["n"]
        if self._level != (key, n):
            follows = self._level == (key, n - 1)
            self._before = frozenset({GENESIS}) if n == 1 else self._here if follows else frozenset()
            self._level, self._here = (key, n), set()
        self._here.add(row["hash"])

    def _place(self, row: Row, where: str) -> Iterator[str]:
        short = _short(row["hash"])
        self._hashes.append(short)
        seq = row["seq"]
        if seq is None:
            return
        head = self.streams[row["stream"]]["head"]
        placed = self._placed.setdefault(row["stream"], array("Q", bytes(8 * head)))
        if not 1 <= seq <= head:
            yield f"{where}: entry {seq} lies beyond the head {head}"
        elif placed[seq - 1]:
            yield f"{where}: another commit stands at entry {seq}"
        else:
            placed[seq - 1] = short

    def _authentic(self, row: Row, name: str, where: str) -> Iterator[str]:
        try:
            envelope = open_envelope({"h": row["header"], "b": row["body"], "s": row["signature"]})
        except ValueError as error:
            yield f"{where}: {error}"
            return
        told = (envelope.hash, envelope.stream, envelope.actor, envelope.n, envelope.prev)
        self.changes += envelope.changes
        if told != (row["hash"], name, row["actor"], row["n"], row["prev"]):
            yield f"{where}: its header is not what its row says"
        elif row["actor"] not in self._keys:
            yield f"{where}: nobody has registered its actor"
        elif not is_authentic(envelope, self._keys[row["actor"]]):
            yield f"{where}: it is not what its actor signed"

    # The logs ------------------------------------------------------------------------------------------------------

    def _entry(self, row: Row) -> Iterator[str]:
        self.entries += 1
        if self._log is None or self._log[0] != row["stream"]:
            yield from self._end_log()
            self._log = (row["stream"], 0, FIRST_CHAIN)
        _, last, chain = self._log
        name, seq = self.streams[row["stream"]]["name"], row["seq"]
        if seq != last + 1:
            yield f"{name}: entry {last + 1} is missing"
        elif next_chain(chain, row["r"]).hex() != row["chain"]:
            yield f"{name}: entry {seq} does not hash into the chain"
        self._log = (row["stream"], seq, bytes.fromhex(row["chain"]))
        yield from self._named(row, name)

    def _named(self, row: Row, name: str) -> Iterator[str]:
        seq, r = row["seq"], orjson.loads(row["r"])
        if (r["stream"], r["seq"], r["commit"]) != (name, seq, row["commit"]):
            yield f"{name}: entry {seq} is not what its row says"
        short, placed = _short(row["commit"]), self._placed.get(row["stream"], ())
        at = placed[seq - 1] if 1 <= seq <= len(placed) else 0
        if not self._is_here(short):
            yield f"{name}: the commit of entry {seq} is missing"
        elif "only" not in r and at != short:
            yield f"{name}: the commit of entry {seq} stands elsewhere by its own row"

    def _is_here(self, short: int) -> bool:
        if not self._is_sorted:
            self._hashes, self._is_sorted = array("Q", sorted(self._hashes)), True
        at = bisect_left(self._hashes, short)
        return at < len(self._hashes) and self._hashes[at] == short

    def _end_log(self) -> Iterator[str]:
        if self._log is None:
            return
        number, last, chain = self._log
        stream = self.streams[number]
        self._logged.add(number)
        if last != stream["head"]:
            yield f"{stream['name']}: its head is {stream['head']}, its log ends at {last}"
        elif chain.hex() != stream["chain"]:
            yield f"{stream['name']}: its chain does not lead to its head"


def _short(commit: str) -> int:
    """Eight bytes of a hash: enough to miss what is not there. That it is the right one its header's hash proves."""
    return int(commit.removeprefix("sha256:")[:16], 16) & _WHOLE

"""Pages of a log, read and packed once for all who ask for the same one: a crowd that comes back stands at the same place."""

import struct
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from threading import Lock

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import table
from app.sync.pull import StreamState, chain_at, stored_chain
from app.sync.tables import Commit, Entry

_entry, _commit = table(Entry), table(Commit)

PAGE_ENTRIES = 2_000
KEPT_BYTES = 8 << 20
"""What is kept, in memory alone: what is not there is read."""
OVERHEAD = 1_024
"""Bytes that a stretch takes beside its lines: each poke of an evening leaves one, of a line or two."""
TURNS = 16
LEVEL = 5


@dataclass(frozen=True)
class Stretch:
    """Entries of a log from some number on, as lines: where they end, and whether a page holds no more.

    `packed` are the lines as deflate writes them, ending at a whole byte.
    """

    lines: bytes
    packed: bytes
    last: int
    chain: str
    is_full: bool

    @property
    def size(self) -> int:
        """Bytes that it takes, roughly."""
        return len(self.lines) + len(self.packed) + OVERHEAD


_STRETCH = (
    select(_entry.c.seq, _entry.c.r, _entry.c.chain, _commit.c.header, _commit.c.body, _commit.c.signature)
    .join(_commit, _commit.c.hash == _entry.c.commit)
    .where(_entry.c.stream == bindparam("stream"), _entry.c.seq > bindparam("after"))
    .order_by(_entry.c.seq)
    .limit(PAGE_ENTRIES)
)


@dataclass(frozen=True)
class Page:
    """What a reader gets of one stream: a stretch of its log, and the line that says where the log stands."""

    stretch: Stretch
    end: bytes


class Pages:
    """What was read lately. Kept entries count for a reader who finds their last chain hash in the store: it stands for all
    that they say, so nobody is given what a restored store has lost or what they could not read themselves."""

    def __init__(self) -> None:
        """Nothing is kept yet."""
        self._kept: OrderedDict[tuple[int, int, int], Stretch] = OrderedDict()
        self._bytes = 0
        self._lock = Lock()
        # Whoever asks for what is just being read waits for it.
        self._turns = tuple(Lock() for _ in range(TURNS))

    def page(self, conn: Connection, stream: StreamState, after: int, limit_bytes: int) -> "Page":
        """The entries after a sequence number, at least one where there is one, and the line that ends them."""
        stretch = self.read(conn, stream, after, limit_bytes)
        # The stream may have moved since its state was read.
        end = {"end": True, "stream": stream.name, "head": max(stream.head, stretch.last)}
        return Page(stretch, orjson.dumps(end | {"chain": f"sha256:{stretch.chain}"}) + b"\n")

    def read(self, conn: Connection, stream: StreamState, after: int, limit_bytes: int) -> Stretch:
        """The entries alone."""
        key = (stream.id, after, limit_bytes)
        with self._turns[hash(key) % TURNS]:
            with self._lock:
                kept = self._kept.get(key)
            if kept is not None and _counts(conn, stream, kept):
                return kept
            found = _read(conn, stream, after, limit_bytes)
            if found.last > after:
                self._keep(key, found)
            return found

    def _keep(self, key: tuple[int, int, int], found: Stretch) -> None:
        with self._lock:
            old = self._kept.pop(key, None)
            self._kept[key] = found
            self._bytes += found.size - (old.size if old else 0)
            while self._bytes > KEPT_BYTES and len(self._kept) > 1:
                self._bytes -= self._kept.popitem(last=False)[1].size


def _counts(conn: Connection, stream: StreamState, kept: Stretch) -> bool:
    is_whole = kept.is_full or kept.last >= stream.head
    return is_whole and stored_chain(conn, stream, kept.last) == kept.chain


def _read(conn: Connection, stream: StreamState, after: int, limit_bytes: int) -> Stretch:
    lines: list[bytes] = []
    size, chain, last, is_full = 0, chain_at(conn, stream, after), after, False
    wanted = {"stream": stream.id, "after": after}
    with conn.execute(_STRETCH, wanted, execution_options={"yield_per": 100}) as rows:
        for row in rows:
            line = orjson.dumps({"r": row.r, "h": row.header, "b": row.body, "s": row.signature}) + b"\n"
            is_full = bool(lines) and size + len(line) > limit_bytes
            if is_full:
                break
            lines.append(line)
            size += len(line)
            chain, last = row.chain, row.seq
    whole = b"".join(lines)
    return Stretch(whole, _deflated(whole), last, chain, is_full or len(lines) == PAGE_ENTRIES)


def plain(pages: Iterable[Page]) -> bytes:
    """Pages as NDJSON."""
    return b"".join(part for page in pages for part in (page.stretch.lines, page.end))


def packed(pages: Iterable[Page]) -> bytes:
    """The same as one gzip member (RFC 1952), without packing kept entries again."""
    check, size, parts = 0, 0, [_GZIP]
    for page in pages:
        check = zlib.crc32(page.end, zlib.crc32(page.stretch.lines, check))
        size += len(page.stretch.lines) + len(page.end)
        parts += (page.stretch.packed, _deflated(page.end))
    return b"".join((*parts, _LAST_BLOCK, struct.pack("<II", check, size & 0xFFFFFFFF)))


_GZIP = b"\x1f\x8b\x08" + bytes(6) + b"\xff"
_LAST_BLOCK = b"\x03\x00"


def _deflated(data: bytes) -> bytes:
    work = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return work.compress(data) + work.flush(zlib.Z_FULL_FLUSH)

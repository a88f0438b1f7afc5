"""Reading a stream: where it stands, its snapshot and its digest. Permission is the caller's business."""

import gzip
import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import orjson
from sqlalchemy import Connection, bindparam, select

from app.database import table
from app.domain.commit import FIRST_CHAIN
from app.domain.merge import digest
from app.sets import among
from app.sync.tables import Entity, Entry, Stream

_stream, _entry, _entity = table(Stream), table(Entry), table(Entity)

SNAPSHOT_LAG = 500
"""A snapshot this many entries behind is still served: the log brings the rest, and many tablets share one build."""


SNAPSHOT_AGE_S = 3_600.0
"""How long a snapshot that has a successor is kept at least."""
ENDING = ".3.ndjson.gz"
"""The number is that of the form: files of another one are not read, and go like old ones."""


@dataclass(frozen=True)
class StreamState:
    """A stream as a reader meets it; `chain` is hex."""

    id: int
    name: str
    head: int
    chain: str


def empty(name: str) -> StreamState:
    """A stream that nobody has written to."""
    return StreamState(0, name, 0, FIRST_CHAIN.hex())


_STATES = select(_stream).where(among(_stream.c.name, "names"))


def stream_states(conn: Connection, names: Sequence[str]) -> dict[str, StreamState]:
    """These streams; one that nobody has written to has no row yet and is empty."""
    rows = conn.execute(_STATES, {"names": sorted(names)})
    return {name: empty(name) for name in names} | {
        row.name: StreamState(row.id, row.name, row.head, row.chain) for row in rows
    }


_CHAIN_AT = select(_entry.c.chain).where(
    _entry.c.stream == bindparam("stream"), _entry.c.seq == bindparam("seq")
)


def chain_at(conn: Connection, stream: StreamState, seq: int) -> str:
    """The chain hash (hex) of a log at a sequence number; that of the beginning where there is no such entry."""
    if seq == stream.head:
        return stream.chain
    return stored_chain(conn, stream, seq) or FIRST_CHAIN.hex()


def stored_chain(conn: Connection, stream: StreamState, seq: int) -> str | None:
    """The chain hash (hex) of an entry as this transaction finds it; None where it finds none."""
    return conn.execute(_CHAIN_AT, {"stream": stream.id, "seq": seq}).scalar()


class Snapshots:
    """Immutable snapshots as gzip files, one build for all readers; old ones go when a new one is made.

    Their names hold the chain hash, so that after a restore none of another past is served.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first snapshot is."""
        self._folder = folder

    def find(self, conn: Connection, stream: StreamState, seq: int) -> Path | None:
        """The file of the snapshot at a sequence number, if it is here."""
        if not 0 <= seq <= stream.head:
            return None
        path = self._path(stream.name, seq, chain_at(conn, stream, seq))
        return path if path.exists() else None

    def newest(self, conn: Connection, stream: StreamState) -> int | None:
        """The sequence number of the newest snapshot that is fresh enough to serve."""
        fresh = (s for s in self._existing(stream.name) if stream.head - s <= min(SNAPSHOT_LAG, s))
        return next((seq for seq in fresh if self.find(conn, stream, seq)), None)

    def build(self, conn: Connection, name: str) -> int:
        """Write the snapshot of a stream as this transaction sees it; its sequence number."""
        state = stream_states(conn, [name])[name]
        path = self._path(name, state.head, state.chain)
        if path.exists():
            return state.head
        path.parent.mkdir(parents=True, exist_ok=True)
        draft = path.with_suffix(f".{os.getpid()}.{os.urandom(4).hex()}")
        try:
            _write_through(draft, _snapshot_lines(conn, state))
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
        self._tidy(path)
        return state.head

    def _tidy(self, kept: Path) -> None:
        """Forget what is old; a reader, or another worker's, may be on its way to what is not."""
        made = kept.stat().st_mtime
        for path in kept.parent.glob("*.ndjson.gz"):
            with suppress(FileNotFoundError):
                if made - path.stat().st_mtime > SNAPSHOT_AGE_S:
                    path.unlink()

    def _path(self, name: str, seq: int, chain: str) -> Path:
        return self._folder / name / f"{seq}-{chain[:16]}{ENDING}"

    def _existing(self, name: str) -> list[int]:
        """The sequence numbers of a stream's files, the newest first."""
        files = (self._folder / name).glob(f"*{ENDING}")
        return sorted({int(path.name.partition("-")[0]) for path in files}, reverse=True)


def _write_through(path: Path, lines: Iterable[bytes]) -> None:
    """A gzip file that is on the disk: a power cut must not leave an empty one under a snapshot's name."""
    with path.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=5, mtime=0) as file:
            for line in lines:
                file.write(line)
        raw.flush()
        os.fsync(raw.fileno())


def _snapshot_lines(conn: Connection, stream: StreamState) -> Iterator[bytes]:
    query = select(_entity.c.id, _entity.c.heads).where(_entity.c.stream == stream.id).order_by(_entity.c.id)
    told = hashlib.sha256()
    with conn.execute(query, execution_options={"yield_per": 500}) as rows:
        for row in rows:
            # The stored heads are the wire form: no parsing on the way out.
            line = b'{"e":%s,"h":%s}\n' % (orjson.dumps(row.id), row.heads.encode())
            told.update(line)
            yield line
    end = orjson.dumps(
        {"end": True, "stream": stream.name, "seq": stream.head, "chain": f"sha256:{stream.chain}"}
    )
    told.update(end[:-1])
    yield b'%s,"digest":"sha256:%s"}\n' % (end[:-1], told.hexdigest().encode())


def stream_digest(conn: Connection, name: str) -> dict[str, str | int]:
    """The digest over all heads of a stream, and where the stream stood."""
    state = stream_states(conn, [name])[name]
    query = select(_entity.c.id, _entity.c.heads).where(_entity.c.stream == state.id)
    cells = ((row.id, orjson.loads(row.heads)) for row in conn.execute(query))
    return {"stream": name, "seq": state.head, "digest": digest(cells)}


_HEADS = select(_stream.c.name, _stream.c.head)


def heads_of(conn: Connection) -> dict[str, int]:
    """Every stream and its head: what the poke backstop compares."""
    return {row.name: row.head for row in conn.execute(_HEADS)}

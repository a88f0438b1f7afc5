"""`insats check`: is everything in this store still what people recorded? Each fault is one line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import orjson
from sqlalchemy import Connection, func, select

from app.database import Database, metadata, table
from app.domain.change import Change, read_line
from app.operations import readmodels
from app.photos import checking
from app.photos.store import BlobStore
from app.sync import decisions, versions
from app.sync.backup import store_rows
from app.sync.keeping import wrong_keys
from app.sync.ledger import Ledger, Row
from app.sync.rebuild import stream_differences, streams_with_entries
from app.sync.tables import Commit, Entity, Entry, Stream

_stream, _entry, _commit, _entity = table(Stream), table(Entry), table(Commit), table(Entity)

UNREADABLE = (ValueError, LookupError, TypeError, AttributeError)
"""What a row raises that is not even of the right form."""


@dataclass
class Report:
    """What was read, and a line for each fault in the order in which they were found."""

    streams: int = 0
    commits: int = 0
    changes: int = 0
    entries: int = 0
    entities: int = 0
    photos: int = 0
    faults: list[str] = field(default_factory=list)

    def counted(self) -> str:
        """What was read, in a sentence."""
        return (
            f"{self.streams} streams, {self.commits} commits with {self.changes} changes, {self.entries} entries, "
            f"{self.entities} entities and {self.photos} photo files"
        )


def check(db: Database, data: Path, say: Callable[[str], None] = lambda _: None) -> Report:
    """Read a store and its photos to the last byte, as one moment shows them; `say` is told each fault as it is found."""
    report = Report()

    def note(faults: Iterable[str]) -> None:
        for fault in faults:
            report.faults.append(fault)
            say(fault)

    def work(conn: Connection) -> None:
        ledger = Ledger()
        note(_custody_and_logs(conn, ledger))
        note(_verdicts(conn))
        note(_refusals(conn))
        note(_merged_state(conn))
        note(_read(decisions.faults, conn, "what is held"))
        note(_read(versions.faults, conn, "what was approved"))
        note(_photos(conn, data, report))
        note(wrong_keys(data, ledger.facts))
        report.streams, report.entries = len(ledger.streams), ledger.entries
        report.commits, report.changes = ledger.commits, ledger.changes
        report.entities = conn.execute(select(func.count()).select_from(_entity)).scalar_one()

    db.read_now(work)
    return report


def _custody_and_logs(conn: Connection, ledger: Ledger) -> Iterator[str]:
    for name, row in store_rows(conn):
        try:
            yield from ledger.take(name, row)
        except UNREADABLE as error:
            yield f"{_named(name, row)}: it cannot be read: {error!r}"
    yield from ledger.finish()


def _named(name: str, row: Row) -> str:
    key = (str(row[column.name]) for column in metadata.tables[name].primary_key.columns)
    return f"{name} {' '.join(key)}"


def _verdicts(conn: Connection) -> Iterator[str]:
    """What an entry leaves out is what its commit's verdicts say."""
    query = (
        select(_stream.c.name, _entry.c.seq, _entry.c.r, _commit.c.exceptions)
        .join_from(_entry, _commit, _commit.c.hash == _entry.c.commit)
        .join(_stream, _stream.c.id == _entry.c.stream)
        .order_by(_entry.c.stream, _entry.c.seq)
    )
    with conn.execute(query, execution_options={"yield_per": 500}) as rows:
        for row in rows:
            try:
                r = orjson.loads(row.r)
                if "only" not in r and sorted(orjson.loads(row.exceptions)) != r["skip"]:
                    yield f"{row.name}: entry {row.seq} leaves out other changes than the verdicts of its commit say"
            except UNREADABLE as error:
                yield f"{row.name}: the verdicts of entry {row.seq} cannot be read: {error!r}"


def _refusals(conn: Connection) -> Iterator[str]:
    """A commit without an entry has a verdict for each of its changes."""
    c = _commit.c
    query = select(c.hash, c.actor, c.n, c.body, c.exceptions).where(c.seq.is_(None)).order_by(c.hash)
    with conn.execute(query, execution_options={"yield_per": 500}) as rows:
        for row in rows:
            try:
                told = orjson.loads(row.exceptions).keys()
            except UNREADABLE:
                told = set()
            if told != set(_names_in(row.body)):
                yield f"commit {row.n} of {row.actor} ({row.hash[:19]}): its verdicts are not about its changes"


def _names_in(body: str) -> Iterator[str]:
    for number, line in enumerate(body.encode().split(b"\n")[:-1], 1):
        read = read_line(line, number, None)
        yield read.id if isinstance(read, Change) else read.key


def _merged_state(conn: Connection) -> Iterator[str]:
    for stream, name in streams_with_entries(conn):
        try:
            yield from stream_differences(conn, stream, name, readmodels.differences)
        except UNREADABLE as error:
            yield f"{name}: the merged state cannot be compared with the log: {error!r}"


def _read(faults: Callable[[Connection], list[str]], conn: Connection, what: str) -> list[str]:
    try:
        return faults(conn)
    except UNREADABLE as error:
        return [f"{what} cannot be read: {error!r}"]


def _photos(conn: Connection, data: Path, report: Report) -> Iterator[str]:
    for fault in checking.faults(conn, BlobStore(data)):
        report.photos += 1
        if fault is not None:
            yield fault

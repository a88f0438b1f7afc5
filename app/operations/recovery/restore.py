"""A store from a backup: all of it or nothing, in a new life that every stream tells of.

Rows are verified as they are written, inside one transaction: where a backup turns out to be broken at its last byte, or the
process is killed before, the store is as empty as it was. Files come first and hurt nobody where the rows do not follow.
"""

import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Connection, Table, func, select, text, update

from app.database import Database, metadata, migrate, table
from app.domain.change import new_id
from app.operations.recovery.check import Report, check
from app.operations.staff import prepare_in, server_author
from app.photos.tables import Blob
from app.sets import Upsert, among
from app.sync.author import Draft
from app.sync.backup import BackupBroken, verified_rows
from app.sync.identity import seal_key, server_key
from app.sync.keeping import copy_photos, fetch_keys, place_of, sync_folders
from app.sync.ledger import Ledger
from app.sync.tables import Chain, ServerFact, Stream

_stream, _chain, _fact, _blob = table(Stream), table(Chain), table(ServerFact), table(Blob)

BATCH_ROWS = 500
BATCH_BYTES = 4_000_000


class NotEmpty(Exception):
    """Something is in the store already; a restore replaces nothing."""


@dataclass(frozen=True)
class Restored:
    """A restored store: rows and commits that came, the new life's name, and a line for each photo that did not come."""

    rows: int
    commits: int
    photos: int
    epoch: str
    faults: tuple[str, ...]


def restore(db: Database, data: Path, backup: Path, now: int) -> Restored:
    """Fill an empty, migrated store and its data folder.

    NotEmpty, BackupBroken, KeyMissing and OSError leave the store empty. A photo whose bytes are damaged in the backup is
    left out and named; a tablet that still holds it sends it again.
    """
    db.read_now(_insist_on_empty)
    photos = copy_photos(backup.parent / "blobs", data / "blobs", verify=True)
    if (data / "blobs").is_dir():
        sync_folders(data / "blobs")
    ledger = Ledger()
    restored = db.write_now(lambda conn: _fill(conn, data, backup, ledger, photos.kept, now))
    shutil.rmtree(data / "snapshots", ignore_errors=True)
    missing = db.read_now(lambda conn: list(_without_bytes(conn, data)))
    named = {fault.split()[1].rstrip(":") for fault in photos.faults}
    faults = [
        *photos.faults,
        *(f"photo {h}: the backup does not hold its bytes" for h in missing if h not in named),
    ]
    return Restored(restored[0], ledger.commits, len(photos.kept), restored[1], tuple(faults))


def verify_restored(backup: Path, now: int) -> tuple[Restored, Report]:
    """Restore into a store of its own that is thrown away, and check all of it there."""
    with TemporaryDirectory(prefix="insats-verify-") as folder:
        data, url = Path(folder), f"sqlite:///{folder}/insats.db"
        migrate(url)
        db = Database(url)
        try:
            restored = restore(db, data, backup, now)
            return restored, check(db, data)
        finally:
            db.close()


def _insist_on_empty(conn: Connection) -> None:
    for source in metadata.sorted_tables:
        if conn.execute(select(func.count()).select_from(source)).scalar():
            raise NotEmpty(f"the table {source.name} holds rows: a backup is restored into an empty store")


def _fill(
    conn: Connection, data: Path, backup: Path, ledger: Ledger, photos: Sequence[str], now: int
) -> tuple[int, str]:
    _insist_on_empty(conn)
    rows = 0
    for target, batch in _batches(backup, ledger):
        _insert(conn, target, batch)
        rows += len(batch)
    fetch_keys(backup.parent, data, ledger.facts)
    _settle(conn, photos)
    old, epoch = ledger.facts.get("epoch", ""), os.urandom(6).hex()
    conn.execute(update(_fact).where(_fact.c.name == "epoch").values(value=epoch))
    key = server_key(data)
    prepare_in(conn, key, now, seal=seal_key(data))
    author = server_author(key)
    for stream in sorted(ledger.streams.values(), key=lambda s: str(s["name"])):
        if stream["head"] > 0:
            came = {"head": stream["head"], "chain": f"sha256:{stream['chain']}", "epoch": old}
            told = came | {"backup": backup.name, "at": now}
            author.write(conn, stream["name"], [Draft(f"restore_{new_id(now)}", "from", told, now)], now)
    return rows, epoch


def _batches(backup: Path, ledger: Ledger) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    """The backup's rows, those of one table at a time, in batches that fit in memory."""
    at, size = "", 0
    batch: list[dict[str, Any]] = []
    for line, (name, row) in enumerate(verified_rows(backup, ledger), 1):
        if name != at or len(batch) >= BATCH_ROWS or size >= BATCH_BYTES:
            if batch:
                yield metadata.tables[at], batch
            at, batch, size = name, [], 0
        batch.append(_whole(f"{backup.name}, line {line}", name, row))
        size += len(row.get("body", "")) + len(row.get("heads", ""))
    if batch:
        yield metadata.tables[at], batch


def _whole(where: str, name: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with a value for each column that its release did not have yet."""
    if name not in metadata.tables or row.keys() - metadata.tables[name].columns.keys():
        raise BackupBroken(
            f"{where}: {name} holds what this release does not know; restore it with a newer one"
        )
    return _BLANKS[name] | row


def _blank(source: Table) -> dict[str, Any]:
    """What a column is filled with that an older backup lacks: nothing, 0 or false."""
    return {c.name: None if c.nullable else c.type.python_type() for c in source.columns if not c.primary_key}


_BLANKS = {source.name: _blank(source) for source in metadata.sorted_tables}
_INSERTS = {source.name: Upsert(source) for source in metadata.sorted_tables}


def _insert(conn: Connection, target: Table, batch: list[dict[str, Any]]) -> None:
    _INSERTS[target.name].write(conn, batch)


def _settle(conn: Connection, photos: Sequence[str]) -> None:
    """What the backup covers is stable, nothing else; on PostgreSQL new numbers follow those that came."""
    conn.execute(update(_chain).values(stable=_chain.c.n))
    conn.execute(update(_blob).values(stable=among(_blob.c.sha256, photos)))
    if conn.dialect.name == "postgresql":
        last = "(SELECT coalesce(max(id), 1) FROM stream)"
        conn.execute(text(f"SELECT setval(pg_get_serial_sequence('stream', 'id'), {last})"))


def _without_bytes(conn: Connection, data: Path) -> Iterator[str]:
    for row in conn.execute(select(_blob.c.sha256).order_by(_blob.c.sha256)):
        if not place_of(data / "blobs", row.sha256).exists():
            yield row.sha256

"""A backup that counts: written, read back, re-verified; only then does `stable` move.

One file holds every row of the store as NDJSON, the same for SQLite and PostgreSQL; photo bytes and the server's keys are
copied beside it. A tablet keeps its own copy of a commit until `stable` covers it, and of a photo until its blob is stable.
"""

import gzip
import os
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, false, select, update

from app.database import Database, metadata, table
from app.sets import among
from app.sync.keeping import alone, copy_photos, keep_keys, place_of, sync_folders
from app.sync.ledger import Ledger, Row, in_order
from app.sync.tables import Chain

_chain = table(Chain)

KEEP = 48
"""Backup files that are kept."""
ENDING = ".ndjson.gz"
VOLATILE = frozenset({"enrolment_code", "upload"})
"""Tables that no backup holds: codes that live for minutes, uploads that start again. Sessions are kept, as hashes: without
them no tablet in the field could deliver to the restored server (decisions/0007)."""
BATCH = 5_000


class BackupBroken(Exception):
    """What was written or is to be read back does not hold; the message says where. `stable` has not moved."""


@dataclass(frozen=True)
class Backup:
    """A verified backup; `faults` names photos of the store that it could not hold."""

    file: Path
    rows: int
    blobs: int
    faults: tuple[str, ...] = ()


def back_up(db: Database, data: Path, folder: Path, now: int) -> Backup:
    """Write, verify, then move `stable`. BackupBroken, Busy or OSError leave `stable` where it was.

    The file has its name only once it is verified. A photo whose bytes are lost stops nothing else.
    """
    with alone(folder):
        file = folder / f"insats-{now}{ENDING}"
        draft = file.with_suffix(".part")
        rows, photos_known = db.read_now(lambda conn: (_write(conn, draft), _digests(conn)))
        photos = copy_photos(data / "blobs", folder / "blobs")
        ledger = verify(draft)
        keep_keys(data, folder)
        draft.replace(file)
        sync_folders(folder)
        db.write_now(lambda conn: _move_stable(conn, ledger.chains.values(), photos.kept))
        for old in sorted(folder.glob(f"insats-*{ENDING}"))[:-KEEP]:
            old.unlink()
    damaged = {fault.split()[1].rstrip(":") for fault in photos.faults}
    lost = (h for h in photos_known if h not in damaged and not place_of(folder / "blobs", h).exists())
    faults = [*photos.faults, *(f"photo {sha256}: its bytes are missing" for sha256 in lost)]
    return Backup(file, rows, len(photos.kept), tuple(faults))


def _write(conn: Connection, file: Path) -> int:
    count = 0
    with file.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=5, mtime=0) as out:
            for name, row in store_rows(conn):
                if name not in VOLATILE:
                    out.write(orjson.dumps({"t": name, "r": row}) + b"\n")
                    count += 1
            out.write(orjson.dumps({"end": count}) + b"\n")
        raw.flush()
        os.fsync(raw.fileno())
    return count


def store_rows(conn: Connection) -> Iterator[tuple[str, Row]]:
    """Every row of the store with its table's name, in the order of the ledger."""
    for source, query in in_order():
        with conn.execute(query, execution_options={"yield_per": 500}) as rows:
            for row in rows.mappings():
                yield source.name, dict(row)


def _digests(conn: Connection) -> list[str]:
    """Photos whose bytes this store has verified; the table belongs to a layer above and is known by its name."""
    return list(conn.execute(select(metadata.tables["blob"].c.sha256)).scalars())


def verify(file: Path) -> Ledger:
    """Read a backup from its first byte to its last: every commit is signed, every log and chain is whole.

    What the ledger learnt; BackupBroken where something does not hold.
    """
    ledger = Ledger()
    for _ in verified_rows(file, ledger):
        pass
    return ledger


def verified_rows(file: Path, ledger: Ledger) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows of a backup, each after the ledger found nothing wrong with it. BackupBroken ends it, at the latest at the
    end: only whoever came that far has a whole backup."""
    line = 0
    try:
        for line, name, row in _read(file):
            _raise_first(file, line, ledger.take(name, row))
            yield name, row
        _raise_first(file, line, ledger.finish())
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BackupBroken(f"{file.name}, after line {line}: cannot be read: {error!r}") from error


def _raise_first(file: Path, line: int, faults: Iterable[str]) -> None:
    for fault in faults:
        raise BackupBroken(f"{file.name}, line {line}: {fault}")


def _read(file: Path) -> Iterator[tuple[int, str, dict[str, Any]]]:
    """The rows with their lines. The file is read to its end even so, where the checksum of the whole stands."""
    count, end = 0, None
    with gzip.open(file, "rb") as lines:
        for text in lines:
            data = orjson.loads(text)
            if end is not None:
                raise BackupBroken(f"{file.name}: goes on after its end")
            if "end" in data:
                end = data["end"]
                continue
            count += 1
            yield count, data["t"], data["r"]
    if end != count:
        raise BackupBroken(f"{file.name}: {count} rows of {end}")


_COVER = (
    update(_chain)
    .where(_chain.c.actor == bindparam("an_actor"), _chain.c.stream == bindparam("a_stream"))
    .where(_chain.c.stable < bindparam("covered"))
    .values(stable=bindparam("covered"))
)


def _move_stable(conn: Connection, chains: Iterable[Row], photos: list[str]) -> None:
    covered = [{"an_actor": c["actor"], "a_stream": c["stream"], "covered": c["n"]} for c in chains]
    if covered:
        conn.execute(_COVER, covered)
    blob = metadata.tables["blob"]
    loose = set(conn.execute(select(blob.c.sha256).where(blob.c.stable == false())).scalars())
    safe = sorted(loose.intersection(photos))
    for start in range(0, len(safe), BATCH):
        part = safe[start : start + BATCH]
        conn.execute(update(blob).where(among(blob.c.sha256, part)).values(stable=True))

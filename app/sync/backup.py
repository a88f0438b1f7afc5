"""A backup that counts: written, read back, re-verified; only then does `stable` move.

One file holds every row of the store as NDJSON, the same for SQLite and PostgreSQL; photo bytes are copied beside it by
their hash. A tablet keeps its own copy of a commit until `stable` covers it.
"""

import gzip
import hashlib
import os
import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, bindparam, select, update

from app.database import Database, metadata, table
from app.domain.commit import FIRST_CHAIN, next_chain, sha256
from app.sync.tables import Chain

_chain = table(Chain)

KEEP = 48
"""Backup files that are kept."""
VOLATILE = frozenset({"session", "enrolment_code", "upload"})
"""Tables that a restore must not bring back: secrets of people who are to log in again, uploads that start again."""


class BackupBroken(Exception):
    """What was written could not be verified; the message says where. `stable` has not moved."""


@dataclass(frozen=True)
class Backup:
    """A verified backup."""

    file: Path
    rows: int
    blobs: int


def back_up(db: Database, data: Path, folder: Path, now: int) -> Backup:
    """Write, verify, then move `stable`. BackupBroken or OSError leave `stable` where it was."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"insats-{now}.ndjson.gz"
    rows = db.read_now(lambda conn: _write(conn, file))
    blobs = _copy_blobs(data / "blobs", folder / "blobs")
    chains = verify(file)
    db.write_now(lambda conn: _move_stable(conn, chains))
    for old in sorted(folder.glob("insats-*.ndjson.gz"))[:-KEEP]:
        old.unlink()
    return Backup(file, rows, blobs)


def _write(conn: Connection, file: Path) -> int:
    count = 0
    draft = file.with_suffix(".part")
    with draft.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=5, mtime=0) as out:
            for name, row in _rows(conn):
                out.write(orjson.dumps({"t": name, "r": row}) + b"\n")
                count += 1
            out.write(orjson.dumps({"end": count}) + b"\n")
        raw.flush()
        os.fsync(raw.fileno())
    draft.replace(file)
    return count


def _rows(conn: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    for source in metadata.sorted_tables:
        if source.name in VOLATILE:
            continue
        with conn.execute(select(source), execution_options={"yield_per": 500}) as rows:
            for row in rows.mappings():
                yield source.name, dict(row)


def verify(file: Path) -> list[dict[str, Any]]:
    """Read a backup from its first byte: every commit hashes to its name, every chain to its head.

    The rows of the `chain` table that it covers; BackupBroken where something does not hold.
    """
    commits: set[str] = set()
    chains: list[dict[str, Any]] = []
    streams: dict[int, dict[str, Any]] = {}
    entries: dict[int, dict[int, str]] = defaultdict(dict)
    for name, row in _read(file):
        if name == "commit":
            _check_commit(row)
            commits.add(row["hash"])
        elif name == "entry":
            entries[row["stream"]][row["seq"]] = row["r"]
        elif name == "stream":
            streams[row["id"]] = row
        elif name == "chain":
            chains.append(row)
    for row in streams.values():
        _check_stream(row, entries[row["id"]])
    if missing := [c["head"] for c in chains if c["head"] not in commits]:
        raise BackupBroken(f"{file.name}: commit {missing[0]} is missing")
    return chains


def _read(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    count = 0
    with gzip.open(file, "rb") as lines:
        for line in lines:
            data = orjson.loads(line)
            if "end" in data:
                if data["end"] != count:
                    raise BackupBroken(f"{file.name}: {count} rows of {data['end']}")
                return
            count += 1
            yield data["t"], data["r"]
    raise BackupBroken(f"{file.name}: ends early")


def _check_commit(row: dict[str, Any]) -> None:
    header = orjson.loads(row["header"])
    if sha256(row["header"]) != row["hash"] or sha256(row["body"]) != header["body"]:
        raise BackupBroken(f"commit {row['hash']} does not hash to its name")


def _check_stream(row: dict[str, Any], entries: dict[int, str]) -> None:
    if sorted(entries) != list(range(1, row["head"] + 1)):
        raise BackupBroken(f"{row['name']}: its log is not dense")
    chain = FIRST_CHAIN
    for seq in range(1, row["head"] + 1):
        chain = next_chain(chain, entries[seq])
    if chain.hex() != row["chain"]:
        raise BackupBroken(f"{row['name']}: its chain does not lead to its head")


def _move_stable(conn: Connection, chains: list[dict[str, Any]]) -> None:
    if chains:
        statement = (
            update(_chain)
            .where(_chain.c.actor == bindparam("an_actor"), _chain.c.stream == bindparam("a_stream"))
            .where(_chain.c.stable < bindparam("covered"))
            .values(stable=bindparam("covered"))
        )
        conn.execute(
            statement, [{"an_actor": c["actor"], "a_stream": c["stream"], "covered": c["n"]} for c in chains]
        )


def _copy_blobs(source: Path, target: Path) -> int:
    """Copy what is not there yet and hash what was copied; the number of files in the backup."""
    count = 0
    for path in source.rglob("*") if source.is_dir() else ():
        if not path.is_file() or len(path.name) != 64:
            continue
        copy = target / path.relative_to(source)
        count += 1
        if copy.exists():
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        draft = copy.with_suffix(".part")
        shutil.copyfile(path, draft)
        with draft.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != path.name:
                raise BackupBroken(f"photo {path.name} does not hash to its name")
            os.fsync(file.fileno())
        draft.replace(copy)
    return count

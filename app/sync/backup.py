"""A backup that counts: written, read back, re-verified; only then does `stable` move.

One file holds every row of the store as NDJSON, the same for SQLite and PostgreSQL; photo bytes are copied beside it by
their hash. A tablet keeps its own copy of a commit until `stable` covers it.
"""

import gzip
import hashlib
import os
import shutil
import zlib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import Connection, bindparam, select, update

from app.database import Database, metadata, table
from app.domain.commit import FIRST_CHAIN, GENESIS, is_authentic, next_chain, open_envelope, public_key, unb64
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
    """Write, verify, then move `stable`. BackupBroken or OSError leave `stable` where it was.

    The file has its name only once it is verified.
    """
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"insats-{now}.ndjson.gz"
    draft = file.with_suffix(".part")
    rows = db.read_now(lambda conn: _write(conn, draft))
    blobs = _copy_blobs(data / "blobs", folder / "blobs")
    chains = verify(draft)
    draft.replace(file)
    _sync_folders(folder)
    db.write_now(lambda conn: _move_stable(conn, chains))
    for old in sorted(folder.glob("insats-*.ndjson.gz"))[:-KEEP]:
        old.unlink()
    return Backup(file, rows, blobs)


def _write(conn: Connection, file: Path) -> int:
    count = 0
    with file.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=5, mtime=0) as out:
            for name, row in _rows(conn):
                out.write(orjson.dumps({"t": name, "r": row}) + b"\n")
                count += 1
            out.write(orjson.dumps({"end": count}) + b"\n")
        raw.flush()
        os.fsync(raw.fileno())
    return count


def _rows(conn: Connection) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every row, those of a table after those it refers to; commits last, since it takes the actors to verify them."""
    for source in sorted(metadata.sorted_tables, key=lambda t: t.name == "commit"):
        if source.name in VOLATILE:
            continue
        with conn.execute(select(source), execution_options={"yield_per": 500}) as rows:
            for row in rows.mappings():
                yield source.name, dict(row)


def verify(file: Path) -> list[dict[str, Any]]:
    """Read a backup from its first byte to its last: every commit is signed, every log and chain is whole.

    The rows of the `chain` table that it covers; BackupBroken where something does not hold.
    """
    held = _Held()
    try:
        for name, row in _read(file):
            held.take(name, row)
        for stream in held.streams.values():
            held.check_log(stream)
        for chain in held.chains:
            held.check_chain(chain)
    except (OSError, EOFError, zlib.error, ValueError, LookupError, TypeError, AttributeError) as error:
        raise BackupBroken(f"{file.name} cannot be read: {error!r}") from error
    return held.chains


def _read(file: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The rows. The file is read to its end even so, where the checksum of the whole stands."""
    count, end = 0, None
    with gzip.open(file, "rb") as lines:
        for line in lines:
            data = orjson.loads(line)
            if end is not None:
                raise BackupBroken(f"{file.name}: goes on after its end")
            if "end" in data:
                end = data["end"]
                continue
            count += 1
            yield data["t"], data["r"]
    if end != count:
        raise BackupBroken(f"{file.name}: {count} rows of {end}")


class _Held:
    """What a backup holds, as far as it takes to verify it."""

    def __init__(self) -> None:
        self.streams: dict[int, dict[str, Any]] = {}
        self.chains: list[dict[str, Any]] = []
        self._keys: dict[str, ec.EllipticCurvePublicKey] = {}
        self._entries: dict[int, dict[int, dict[str, Any]]] = defaultdict(dict)
        self._commits: dict[str, tuple[str, int, int, str]] = {}

    def take(self, name: str, row: dict[str, Any]) -> None:
        if name == "commit":
            self._check_commit(row)
            self._commits[row["hash"]] = (row["actor"], row["stream"], row["n"], row["prev"])
        elif name == "entry":
            self._entries[row["stream"]][row["seq"]] = row
        elif name == "stream":
            self.streams[row["id"]] = row
        elif name == "chain":
            self.chains.append(row)
        elif name == "actor":
            self._keys[row["id"]] = public_key(unb64(row["key"]))

    def _check_commit(self, row: dict[str, Any]) -> None:
        envelope = open_envelope({"h": row["header"], "b": row["body"], "s": row["signature"]})
        told = (envelope.hash, envelope.actor, envelope.n, envelope.prev)
        if told != (row["hash"], row["actor"], row["n"], row["prev"]):
            raise BackupBroken(f"commit {row['hash']} is not what its row says")
        if not is_authentic(envelope, self._keys[row["actor"]]):
            raise BackupBroken(f"commit {row['hash']} is not what its actor signed")

    def check_log(self, stream: dict[str, Any]) -> None:
        """Dense, chained to its head, and every entry's commit is here."""
        chain, entries = FIRST_CHAIN, self._entries[stream["id"]]
        if sorted(entries) != list(range(1, stream["head"] + 1)):
            raise BackupBroken(f"{stream['name']}: its log is not dense")
        for seq in sorted(entries):
            entry, r = entries[seq], orjson.loads(entries[seq]["r"])
            if (r["stream"], r["seq"], r["commit"]) != (stream["name"], seq, entry["commit"]):
                raise BackupBroken(f"{stream['name']}: entry {seq} is not what its row says")
            if entry["commit"] not in self._commits:
                raise BackupBroken(f"{stream['name']}: the commit of entry {seq} is missing")
            chain = next_chain(chain, entry["r"])
        if chain.hex() != stream["chain"]:
            raise BackupBroken(f"{stream['name']}: its chain does not lead to its head")

    def check_chain(self, chain: dict[str, Any]) -> None:
        """Every commit of an actor from the last to the first."""
        head = chain["head"]
        for n in range(chain["n"], 0, -1):
            commit = self._commits.get(head)
            if commit is None or commit[:3] != (chain["actor"], chain["stream"], n):
                raise BackupBroken(f"commit {n} of {chain['actor']} is missing")
            head = commit[3]
        if head != GENESIS:
            raise BackupBroken(f"the chain of {chain['actor']} does not begin at its beginning")


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


def _sync_folders(folder: Path) -> None:
    """Make the names that were given below a folder survive a power cut."""
    for each in [folder, *(path for path in folder.rglob("*") if path.is_dir())]:
        handle = os.open(each, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

"""`insats deliver`: what a file holds and a living store lacks goes the way that everything goes.

A backup brings commits with the time they were first received, the accounts and keys behind them, and photo bytes. What is
there already is a duplicate and stays as it is.
"""

import asyncio
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson
from sqlalchemy import Connection, select
from sqlalchemy.dialects.postgresql import insert

from app.auth import tables as auth
from app.database import Database, metadata, table
from app.domain.commit import open_envelope
from app.domain.permissions import SYSTEM
from app.errors import Problem
from app.operations.readmodels import refresh
from app.operations.staff import SERVER, server_author
from app.photos.courier import carry
from app.photos.store import BlobStore
from app.photos.tables import Blob, BlobHolder
from app.sets import among
from app.settings import Settings
from app.sync.backup import verified_rows, verify
from app.sync.courier import unpack
from app.sync.custody import check
from app.sync.handing import handing_over
from app.sync.identity import server_key
from app.sync.keeping import copy_photos
from app.sync.ledger import Ledger
from app.sync.push import HandOver, push
from app.sync.service import Caller, Sync
from app.sync.store import actor_keys
from app.sync.tables import Commit

_commit, _blob, _holder = table(Commit), table(Blob), table(BlobHolder)

PEOPLE = (auth.authority, auth.user, auth.device, auth.actor, auth.membership)
"""Whose rows come along, in the order in which they refer to each other; one that is there stays as it is."""
BATCH = 200
CALLER = Caller(SERVER, SYSTEM, None)


@dataclass
class Delivered:
    """What a file brought: commits and photo files that were not here, and a line for each that was refused."""

    commits: int = 0
    photos: int = 0
    frames: int = 0
    refused: list[str] = field(default_factory=list)

    def told(self) -> str:
        """What came, in a sentence."""
        if self.frames:
            return f"{self.frames} frames opened, {self.commits} commits and pieces of photos taken or here already"
        return f"{self.commits} commits and {self.photos} photo files that were not here"


# A backup -----------------------------------------------------------------------------------------------------------


def deliver_backup(db: Database, data: Path, backup: Path, now: int) -> Delivered:
    """Bring what a verified backup holds and this store lacks. BackupBroken before anything is written."""
    verify(backup)
    done = Delivered()
    with TemporaryDirectory(prefix="insats-deliver-") as folder:
        missing = sqlite3.connect(Path(folder) / "missing.db")
        try:
            photos = _sort_out(db, backup, missing)
            _push_all(db, missing, done, handing_over(server_author(server_key(data))), now)
        finally:
            missing.close()
    _bring_photos(db, data, backup, photos, done)
    return done


def _sort_out(db: Database, backup: Path, missing: sqlite3.Connection) -> dict[str, list[dict[str, Any]]]:
    """Put the commits that this store lacks aside in a file of their own and make their people known; rows of photos."""
    missing.execute(
        "CREATE TABLE line(received INTEGER, n INTEGER, actor TEXT, hash TEXT PRIMARY KEY, row BLOB)"
    )
    people: dict[str, list[dict[str, Any]]] = {source.name: [] for source in PEOPLE}
    photos: dict[str, list[dict[str, Any]]] = {"blob": [], "blob_holder": []}
    batch: list[dict[str, Any]] = []
    for name, row in verified_rows(backup, Ledger()):
        for kept in (people, photos):
            if name in kept:
                kept[name].append(row)
        if name == "commit":
            batch.append(row)
        if len(batch) >= BATCH or (batch and name != "commit"):
            _put_aside(db, missing, batch)
            batch = []
    _put_aside(db, missing, batch)
    db.write_now(lambda conn: _make_known(conn, people))
    return photos


def _put_aside(db: Database, missing: sqlite3.Connection, batch: Sequence[dict[str, Any]]) -> None:
    query = select(_commit.c.hash).where(among(_commit.c.hash, [row["hash"] for row in batch]))
    here = set(db.read_now(lambda conn: conn.execute(query).scalars().all()))
    rows = [
        (row["received"], row["n"], row["actor"], row["hash"], orjson.dumps(row))
        for row in batch
        if row["hash"] not in here
    ]
    missing.executemany("INSERT INTO line VALUES (?, ?, ?, ?, ?)", rows)


def _make_known(conn: Connection, people: dict[str, list[dict[str, Any]]]) -> None:
    for source in PEOPLE:
        for row in people[source.name]:
            conn.execute(insert(source).values(row).on_conflict_do_nothing())


def _push_all(
    db: Database, missing: sqlite3.Connection, done: Delivered, hand_over: HandOver, now: int
) -> None:
    """In the order in which they came the first time; what waits for one that came later is tried again."""
    faults: list[str] = ["first round"]
    while faults:
        faults, before = [], done.commits
        for rows in _waiting(missing):
            results, told = db.write_now(lambda conn, rows=rows: _push(conn, rows, hand_over, now))  # type: ignore[misc]
            missing.executemany("DELETE FROM line WHERE hash = ?", [(h,) for h in results])
            done.commits += len(results)
            faults += told
        if done.commits == before:
            break
    done.refused += faults


def _waiting(missing: sqlite3.Connection) -> Iterator[list[dict[str, Any]]]:
    # In the order of arrival, and of the chain where two came in the same millisecond.
    hashes = missing.execute("SELECT hash FROM line ORDER BY received, actor, n").fetchall()
    for start in range(0, len(hashes), BATCH):
        part = hashes[start : start + BATCH]
        query = "SELECT row FROM line WHERE hash = ?"
        yield [orjson.loads(missing.execute(query, one).fetchone()[0]) for one in part]


def _push(
    conn: Connection, rows: Sequence[dict[str, Any]], hand_over: HandOver, now: int
) -> tuple[list[str], list[str]]:
    """Hashes that were taken, and a line for each fault."""
    lines = ({"h": row["header"], "b": row["body"], "s": row["signature"]} for row in rows)
    opened = [(n, open_envelope(line)) for n, line in enumerate(lines, 1)]
    checked = check(opened, actor_keys(conn, [envelope.actor for _, envelope in opened]))
    for commit, row in zip(checked, rows, strict=True):
        commit.received = row["received"]
    pushed = push(conn, checked, now=now, projections=[refresh], hand_over=hand_over)
    taken = [result["hash"] for result in pushed.results]
    return taken, [f"{f.stream}: commit {f.n} of {f.actor}: {f.detail}" for f in pushed.faults]


def _bring_photos(
    db: Database, data: Path, backup: Path, photos: dict[str, list[dict[str, Any]]], done: Delivered
) -> None:
    """Bytes first, then the rows of those that are here."""
    store = BlobStore(data)
    before = {row["sha256"] for row in photos["blob"] if store.has(row["sha256"], row["size"])}
    done.refused += copy_photos(backup.parent / "blobs", data / "blobs").faults
    here = {row["sha256"] for row in photos["blob"] if store.has(row["sha256"], row["size"])}
    done.photos = len(here - before)

    def work(conn: Connection) -> None:
        for name, rows in photos.items():
            for row in rows:
                if row["sha256"] in here:
                    row = row | ({"stable": False} if name == "blob" else {})
                    conn.execute(insert(metadata.tables[name]).values(row).on_conflict_do_nothing())

    db.write_now(work)


# A courier's file ---------------------------------------------------------------------------------------------------


def deliver_courier(db: Database, settings: Settings, file: Path) -> Delivered:
    """Take in a courier's file. NotOurs where it is none or was cut; what stands before the cut is taken."""
    sync = Sync(db, server_key(settings.data), settings.data, settings.limits, [refresh])
    return asyncio.run(_carry_all(sync, settings, file))


async def _carry_all(sync: Sync, settings: Settings, file: Path) -> Delivered:
    done, store = Delivered(), BlobStore(settings.data)
    with file.open("rb") as frames:
        for number, frame in enumerate(unpack(frames), 1):
            done.frames += 1
            try:
                told = await carry(sync, store, CALLER, frame, upload_ms=settings.upload_days * 86_400_000)
            except Problem as problem:
                done.refused.append(f"frame {number}: {problem}")
                continue
            done.commits += told["taken"]
            done.refused += [f"frame {number}: {kind}" for kind in told["refused"]]
    return done

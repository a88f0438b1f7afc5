"""The commands by which a store is kept, checked and brought back; `app.cli` adds them to the others."""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import SQLAlchemyError

from app.clock import now_ms
from app.database import Database, migrate
from app.errors import Unavailable
from app.operations.recovery.check import check
from app.operations.recovery.deliver import deliver_backup, deliver_courier
from app.operations.recovery.doctor import examine
from app.operations.recovery.restore import NotEmpty, restore, verify_restored
from app.operations.staff import prepare
from app.settings import Settings
from app.sync.backup import ENDING, BackupBroken, back_up
from app.sync.courier import NotOurs
from app.sync.identity import seal_key, server_key
from app.sync.keeping import BUSY, Busy, KeyMissing

GENTLY = 10
"""How far a backup beside a running server steps back (`nice`)."""
DISK = (OSError, SQLAlchemyError, Unavailable)
"""What a full disk, or a store out of reach, makes itself known by."""


class AddCommand(Protocol):
    """Adds a command by its name, what runs it and its help."""

    def __call__(self, name: str, run: object, help_text: str) -> argparse.ArgumentParser:
        """The command's own parser."""


def add(command: AddCommand) -> None:
    """Add the commands of this file."""
    save = command("backup", _backup, "Write a backup, verify it, and only then let tablets rely on it.")
    save.add_argument("--gently", action="store_true", help="let every other program go first")
    back = command(
        "restore", _restore, "Fill an empty store from a backup; its tablets find a new life of the server."
    )
    back.add_argument("backup", type=Path)
    back.add_argument("--verify", action="store_true", help="into a scratch store, checked and thrown away")
    bring = command(
        "deliver", _deliver, "Bring in what a backup or a courier's file holds and this store lacks."
    )
    bring.add_argument("file", type=Path)
    command(
        "check",
        _check,
        "Verify every signature, log, merged state and photo; each fault is a line, exit status 1.",
    )
    command("doctor", _doctor, "Name every unsafe setting and what to do about it; exit status 1.")


def open_store(settings: Settings) -> Database:
    """The store in this release's form, ready to serve."""
    db = _open_as_it_is(settings)
    prepare(db, server_key(settings.data), now_ms(), seal=seal_key(settings.data))
    return db


def _open_as_it_is(settings: Settings) -> Database:
    """The store in this release's form, with nothing written into it."""
    migrate(settings.store_url())
    return Database(settings.store_url())


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    os.nice(GENTLY if options.gently else 0)
    db = open_store(settings)
    try:
        done = back_up(db, settings.data, settings.backup_folder(), now_ms())
    except Busy as busy:
        return _refuse(busy, BUSY)
    except (BackupBroken, *DISK) as broken:
        return _refuse(f"the backup could not be made or verified: {broken}")
    finally:
        db.close()
    print(f"{done.rows} rows and {done.blobs} photo files in {done.file}, verified")
    return _warn(done.faults)


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    if options.verify:
        return _verify(options.backup)
    db = _open_as_it_is(settings)
    try:
        done = restore(db, settings.data, options.backup, now_ms())
    except (NotEmpty, BackupBroken, KeyMissing, *DISK) as refused:
        return _refuse(f"nothing was restored: {refused}")
    finally:
        db.close()
    print(
        f"{done.rows} rows with {done.commits} commits and {done.photos} photo files restored; epoch {done.epoch}"
    )
    return _warn(done.faults)


def _verify(backup: Path) -> int:
    try:
        done, report = verify_restored(backup, now_ms())
    except (BackupBroken, KeyMissing, *DISK) as broken:
        return _refuse(f"the backup does not hold: {broken}")
    print(f"restored into a scratch store and checked: {report.counted()}")
    return _warn([*done.faults, *(fault for fault in report.faults if fault not in done.faults)])


def _deliver(settings: Settings, options: argparse.Namespace) -> int:
    db = open_store(settings)
    try:
        if options.file.name.endswith(ENDING):
            done = deliver_backup(db, settings.data, options.file, now_ms())
        else:
            done = deliver_courier(db, settings, options.file)
    except (BackupBroken, NotOurs, *DISK) as refused:
        return _refuse(f"{options.file}: {refused}")
    finally:
        db.close()
    print(done.told())
    return _warn(done.refused)


def _check(settings: Settings, _: argparse.Namespace) -> int:
    db = _open_as_it_is(settings)
    try:
        report = check(db, settings.data, say=print)
    finally:
        db.close()
    if report.faults:
        return _refuse(f"{len(report.faults)} faults in {report.counted()}")
    print(f"Everything holds: {report.counted()}.")
    return 0


def _doctor(settings: Settings, _: argparse.Namespace) -> int:
    db = _open_as_it_is(settings)
    try:
        found = examine(db, settings, now_ms())
    finally:
        db.close()
    for finding in found:
        print(finding.line())
    if all(finding.weight == "warning" for finding in found):
        print("No setting is unsafe.")
        return 0
    return 1


def _warn(faults: Sequence[str]) -> int:
    """Name what is wrong with something that was done all the same."""
    for fault in faults:
        _refuse(fault)
    return 1 if faults else 0


def _refuse(reason: object, status: int = 1) -> int:
    print(f"insats: {reason}", file=sys.stderr)
    return status

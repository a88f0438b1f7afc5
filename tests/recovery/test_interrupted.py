"""Backups and restores while people push, and when they are killed or the disk is full: nothing or all."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from app.database import Database
from tests.recovery.camp import Camp, restored, rows_in
from tests.recovery.conftest import Fresh
from tests.sync.world import ALCOHOL, NOW, POLICE

STORES = ("sqlite", "postgresql")


def test_a_backup_that_is_taken_while_people_push_is_one_moment(
    camp: Camp, fresh: Fresh, tmp_path: Path
) -> None:
    world, stop = camp.world, threading.Event()

    def write(person: str, stream: str) -> None:
        someone, n = getattr(world, person), 0
        while not stop.is_set():
            n += 1
            world.push(someone.seal(stream, someone.change(f"note_{person}{n % 5}", "text", str(n))))
            time.sleep(0.005)

    writers = [threading.Thread(target=write, args=args) for args in (("alva", POLICE), ("cia", ALCOHOL))]
    for writer in writers:
        writer.start()
    try:
        backups = [camp.back_up(NOW + n) for n in range(3)]
    finally:
        stop.set()
        for writer in writers:
            writer.join()
    assert camp.check().faults == []
    for n, backup in enumerate(backups[::2]):
        again, _ = restored(camp, backup, fresh("sqlite"), tmp_path / f"again-{n}")
        assert again.check().faults == []
        again.db.close()


PROGRAM = """
import sys, time
from pathlib import Path
import app.operations.readmodels
from app.database import Database
from app.operations.recovery.restore import restore
from app.sync.backup import back_up
what, url, data, file = sys.argv[1:]
db = Database(url)
print("ready", flush=True)
if what == "back up":
    back_up(db, Path(data), Path(file), time.time_ns() // 1_000_000)
else:
    restore(db, Path(data), Path(file), 1)
print("done", flush=True)
"""


def killed(after_s: float, *arguments: str) -> bool:
    """Run a backup or a restore and kill it after so long; whether it was done before."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *arguments], stdout=subprocess.PIPE, text=True, env=os.environ
    )
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(after_s)
    process.send_signal(signal.SIGKILL)
    told, _ = process.communicate(timeout=30)
    return "done" in told


def many(camp: Camp, count: int = 300) -> None:
    """Enough to be killed in the middle of it."""
    alva = camp.world.alva
    for start in range(0, count, 50):
        camp.world.push(
            *(
                alva.seal(POLICE, alva.change(f"note_{n}", "text", "x" * 500))
                for n in range(start, start + 50)
            )
        )


def test_a_backup_that_is_killed_leaves_no_file_and_moves_nothing(camp: Camp) -> None:
    many(camp)
    unmoved = dict.fromkeys(camp.stable(), 0)
    for n in range(6):
        done = killed(0.02 * n, "back up", camp.db.url, str(camp.data), str(camp.backups))
        files = list(camp.backups.glob("insats-*.gz"))
        if done or files:
            break
        assert {key: covered for key, (covered, _) in camp.stable().items()} == unmoved
    assert camp.back_up(NOW + 1).exists()
    assert not list(camp.backups.rglob("*.part"))
    assert all(covered == n for covered, n in camp.stable().values())


@pytest.mark.parametrize("kind", STORES)
def test_a_restore_that_is_killed_leaves_nothing_or_all(
    camp: Camp, fresh: Fresh, tmp_path: Path, kind: str
) -> None:
    many(camp)
    backup, url, data = camp.back_up(), fresh(kind), tmp_path / "again" / "data"
    for n in range(8):
        if killed(0.03 * n, "restore", url, str(data), str(backup)) or rows_in(url):
            break
    if rows_in(url) == 0:
        again, _ = restored(camp, backup, url, tmp_path / "again")
    else:
        again = camp_over(camp, url, tmp_path / "again")
    report = again.check()
    assert report.faults == []
    assert report.commits >= len(camp.world.in_custody())
    again.db.close()


def test_a_full_disk_leaves_the_store_empty(camp: Camp, fresh: Fresh, tmp_path: Path) -> None:
    many(camp)
    backup, url, data = camp.back_up(), fresh("sqlite"), tmp_path / "again" / "data"
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (900_000, 900_000))\n"
    done = subprocess.run(
        [sys.executable, "-c", limit + PROGRAM, "restore", url, str(data), str(backup)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Unavailable" in done.stderr or "sqlite3" in done.stderr
    assert rows_in(url) == 0
    again, _ = restored(camp, backup, url, tmp_path / "again")
    assert again.check().faults == []
    again.db.close()


def camp_over(camp: Camp, url: str, home: Path) -> Camp:
    """The store at an address with what is there."""
    other = object.__new__(Camp)
    other.world, other.data, other.backups = object.__new__(type(camp.world)), home / "data", home / "backups"
    other.world.db = Database(url)
    return other

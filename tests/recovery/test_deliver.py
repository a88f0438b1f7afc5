"""`insats deliver`: what a file holds and a living store lacks comes back by the way that everything goes."""

import os
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select, text

from app.database import Database, table
from app.operations.recovery.deliver import deliver_backup, deliver_courier
from app.photos.store import BlobStore
from app.settings import Settings
from app.sync.backup import BackupBroken
from app.sync.courier import NotOurs, pack, seal_frame
from app.sync.identity import seal_key
from app.sync.tables import Commit
from tests.api.evening import ndjson
from tests.recovery.camp import DIGEST, PHOTO, Camp, cells_of, restored
from tests.recovery.conftest import Fresh
from tests.sync.world import ALCOHOL, NOW, POLICE, SHARED, VISIT


def in_custody(db: Database) -> dict[str, int]:
    """Hash -> received of every commit."""
    c = table(Commit).c
    return {
        row.hash: row.received
        for row in db.read_now(lambda conn: conn.execute(select(c.hash, c.received)).all())
    }


def go_on(camp: Camp) -> None:
    """An hour after the older backup: people, a tablet that enrolled since, a verdict that depends on the order."""
    world = camp.world
    world.push(
        world.bo.seal(SHARED, world.bo.change(VISIT, "team", "after the approval")), now=NOW + 3_600_000
    )
    world.eva = world.enrol("eva", "POL", "INSP", SHARED, POLICE)  # type: ignore[attr-defined]
    for n in range(3):
        envelope = world.eva.seal(POLICE, world.eva.change("note_5", "text", str(n)))  # type: ignore[attr-defined]
        world.push(envelope, now=NOW + 3_700_000 + n)
    world.push(world.cia.seal(ALCOHOL, world.cia.change("note_9", "text", "more")), now=NOW + 3_800_000)


def test_a_newer_backup_brings_back_what_a_rolled_back_store_lacks(
    camp: Camp, fresh: Fresh, tmp_path: Path
) -> None:
    older = camp.back_up()
    go_on(camp)
    newer = camp.back_up(NOW + 4_000_000)
    back, _ = restored(camp, older, fresh("sqlite"), tmp_path / "back")
    done = deliver_backup(back.db, back.data, newer, NOW + 5_000_000)
    assert (done.refused, done.commits) == ([], 5)
    before, after = in_custody(camp.db), in_custody(back.db)
    assert before.items() <= after.items(), "each with the time it was first received"
    for name in (SHARED, POLICE, ALCOHOL):
        kept = {e: c for e, c in cells_of(back.db, name).items() if not e.startswith("restore_")}
        assert times(kept) == times(cells_of(camp.db, name))
    assert back.value(text("SELECT count(*) FROM held")) == camp.value(text("SELECT count(*) FROM held"))
    assert back.check().faults == []
    again = deliver_backup(back.db, back.data, newer, NOW + 5_000_001)
    assert (again.commits, again.photos, again.refused) == (0, 0, [])
    back.db.close()


def times(cells: dict[str, dict[str, list[list[object]]]]) -> dict[str, object]:
    """Heads without their places in the log."""
    return {e: {f: [h[:5] for h in heads] for f, heads in c.items()} for e, c in cells.items()}


def test_a_copied_back_database_file_gets_what_it_lacks(migrated_file: Path, tmp_path: Path) -> None:
    """Somebody put yesterday's file back: the same epoch, lower heads, and tablets that have pruned."""
    store = Path(shutil.copyfile(migrated_file, tmp_path / "store.db"))
    camp = Camp(f"sqlite:///{store}", tmp_path / "home")
    camp.record()
    yesterday = tmp_path / "yesterday.db"
    with closing(sqlite3.connect(store)) as now, closing(sqlite3.connect(yesterday)) as copy:
        now.backup(copy)
    go_on(camp)
    newer, epoch, wanted = camp.back_up(), camp.epoch(), in_custody(camp.db)
    camp.db.close()
    for left in tmp_path.glob("store.db-*"):
        left.unlink()
    shutil.copyfile(yesterday, store)
    db = Database(f"sqlite:///{store}")
    camp.world.db = db
    assert len(in_custody(db)) == len(wanted) - 5
    assert deliver_backup(db, camp.data, newer, NOW + 9).refused == []
    assert in_custody(db) == wanted
    assert camp.epoch() == epoch
    assert camp.check().faults == []
    db.close()


def test_photos_come_back_too(camp: Camp) -> None:
    backup = camp.back_up()
    camp.world.execute("DELETE FROM blob_holder")
    camp.world.execute("DELETE FROM blob")
    BlobStore(camp.data).path(DIGEST).unlink()
    done = deliver_backup(camp.db, camp.data, backup, NOW + 9)
    assert (done.photos, done.commits) == (1, 0)
    assert BlobStore(camp.data).path(DIGEST).read_bytes() == PHOTO
    assert camp.value(text("SELECT count(*) FROM blob_holder")) == 1
    assert camp.check().faults == []


def test_a_broken_backup_brings_nothing(camp: Camp, fresh: Fresh, tmp_path: Path) -> None:
    older = camp.back_up()
    go_on(camp)
    newer = camp.back_up(NOW + 4_000_000)
    data = bytearray(newer.read_bytes())
    data[len(data) // 2] ^= 1
    newer.write_bytes(data)
    back, _ = restored(camp, older, fresh("sqlite"), tmp_path / "back")
    before = in_custody(back.db)
    with pytest.raises(BackupBroken):
        deliver_backup(back.db, back.data, newer, NOW + 5_000_000)
    assert in_custody(back.db) == before
    back.db.close()


# A courier's file ---------------------------------------------------------------------------------------------------


def courier_file(camp: Camp, file: Path, *plains: bytes) -> Path:
    ephemeral = ec.generate_private_key(ec.SECP256R1())
    point = seal_key(camp.data).point
    file.write_bytes(b"".join(pack(seal_frame(point, ephemeral, os.urandom(12), plain) for plain in plains)))
    return file


def test_a_couriers_file_is_taken_from_the_disk(camp: Camp, tmp_path: Path) -> None:
    cia = camp.world.cia
    sent = [cia.seal(ALCOHOL, cia.change("note_6", "text", str(n))) for n in range(3)]
    file = courier_file(
        camp, tmp_path / "x.insats", b'{"kind":"commits"}\n' + ndjson(sent), b'{"kind":"tea"}\n'
    )
    settings = Settings(data=camp.data, database_url=camp.db.url)
    for _ in range(2):
        done = deliver_courier(camp.db, settings, file)
        assert (done.frames, done.commits) == (2, 3)
        assert len(done.refused) == 1
        assert done.refused[0].startswith("frame 2: ")
    assert {envelope.hash for envelope in sent} <= in_custody(camp.db).keys()
    assert camp.check().faults == []


def test_what_stands_before_a_cut_is_taken(camp: Camp, tmp_path: Path) -> None:
    cia = camp.world.cia
    sent = cia.seal(ALCOHOL, cia.change("note_6", "text", "x"))
    line = b'{"kind":"commits"}\n' + ndjson([sent])
    file = courier_file(camp, tmp_path / "x.insats", line, line)
    file.write_bytes(file.read_bytes()[:-5])
    with pytest.raises(NotOurs, match="frame 2"):
        deliver_courier(camp.db, Settings(data=camp.data, database_url=camp.db.url), file)
    assert sent.hash in in_custody(camp.db)

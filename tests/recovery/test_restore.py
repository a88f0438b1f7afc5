"""A store comes back from a backup: all of it or nothing, in a new life that its streams tell of."""

import gzip
from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import Connection, func, select, text

from app.auth import service
from app.auth.accounts import note
from app.auth.codes import token_hash
from app.auth.setup import mint_setup
from app.auth.tables import administration, enrolment_code
from app.database import Database, table
from app.operations.recovery.restore import NotEmpty, restore, verify_restored
from app.photos.store import BlobStore
from app.photos.tables import Blob
from app.sync.backup import BackupBroken
from app.sync.identity import server_key
from app.sync.keeping import KeyMissing
from tests.recovery.camp import DIGEST, PHOTO, Camp, cells_of, restored, rows_in
from tests.recovery.conftest import Fresh
from tests.sync.packed import text_of
from tests.sync.world import ALCOHOL, NOW, POLICE, SHARED, VISIT

STORES = ("sqlite", "postgresql")
STREAMS = (SHARED, POLICE, ALCOHOL)


@pytest.fixture(params=STORES)
def empty(request: pytest.FixtureRequest, fresh: Fresh) -> str:
    """An empty store to restore into: every pair of stores comes together with `camp`."""
    return fresh(request.param)


def with_restores(entities: dict[str, object]) -> list[str]:
    return [e for e in entities if e.startswith("restore_")]


# All of it ----------------------------------------------------------------------------------------------------------


def test_everything_comes_back_and_holds(camp: Camp, empty: str, tmp_path: Path) -> None:
    before, heads = camp.everything(), {name: camp.head(name) for name in STREAMS}
    cells = {name: cells_of(camp.db, name) for name in STREAMS}
    again, done = restored(camp, camp.back_up(), empty, tmp_path / "again")
    assert done.faults == ()
    assert done.commits == len(camp.world.in_custody())
    assert again.check().faults == []
    after = again.everything()
    for name, rows in before.items():
        assert not set(rows) - set(after[name]) or empty.split(":")[0] != camp.db.url.split(":")[0], name
        assert len(rows) <= len(after[name])
    for name in STREAMS:
        now = cells_of(again.db, name)
        (came,) = with_restores(now)
        assert {e: c for e, c in now.items() if e != came} == cells[name]
        assert now[came]["from"][0][1]["head"] == heads[name] == again.head(name) - 1
    again.db.close()


def test_the_new_life_has_a_name_and_each_stream_tells_of_the_old_one(
    camp: Camp, empty: str, tmp_path: Path
) -> None:
    backup, epoch = camp.back_up(), camp.epoch()
    chain = camp.value(text(f"SELECT chain FROM stream WHERE name = '{SHARED}'"))
    again, done = restored(camp, backup, empty, tmp_path / "again", NOW + 7)
    assert again.epoch() == done.epoch != epoch
    cells = cells_of(again.db, SHARED)
    (came,) = with_restores(cells)
    ((_, value, actor, at, *_),) = cells[came]["from"]
    assert value == {
        "head": camp.head(SHARED),
        "chain": f"sha256:{chain}",
        "epoch": epoch,
        "backup": backup.name,
        "at": NOW + 7,
    }
    assert (actor, at) == (server_key(camp.data).kid, NOW + 7)
    again.db.close()


def test_what_the_backup_covers_is_stable_and_nothing_else(camp: Camp, empty: str, tmp_path: Path) -> None:
    again, _ = restored(camp, camp.back_up(), empty, tmp_path / "again")
    own = server_key(again.data).kid
    stable = again.stable()
    assert all(covered == n for (actor, _), (covered, n) in stable.items() if actor != own)
    assert all(covered == n - 1 for (actor, _), (covered, n) in stable.items() if actor == own)
    c = table(Blob).c
    assert again.value(select(c.stable).where(c.sha256 == DIGEST)) in (True, 1)
    assert BlobStore(again.data).path(DIGEST).read_bytes() == PHOTO
    again.db.close()


def test_people_go_on_writing_where_they_were(camp: Camp, empty: str, fresh: Fresh, tmp_path: Path) -> None:
    """New streams get new numbers, chains go on, and a second backup restores what came since."""
    again, _ = restored(camp, camp.back_up(), empty, tmp_path / "again")
    bo, dan = again.world.bo, again.world.dan
    told = again.world.push(bo.seal(SHARED, bo.change("visit_3", "persons", 4)))
    assert (told.faults, told.results[0]["forked"]) == ([], False)
    plan = SHARED.replace("shared", "plan")
    assert again.world.push(dan.seal(plan, dan.change("target_1", "note", "held"))).faults == []
    third, _ = restored(again, again.back_up(NOW + 3), fresh("sqlite"), tmp_path / "third", NOW + 4)
    assert third.check().faults == []
    assert len(with_restores(cells_of(third.db, SHARED))) == 2
    for each in (again, third):
        each.db.close()


def test_a_tablet_in_the_field_can_go_on_with_its_token(camp: Camp, empty: str, tmp_path: Path) -> None:
    """Else nobody could deliver to the restored server before everybody had got a new code."""
    tablet = service.NewDevice("tablet-x", "X")

    def enrol(conn: Connection) -> str:
        code = service.mint_code(conn, "alva", NOW, 1000)
        return service.redeem(conn, code, tablet, NOW, 10_000)[0]

    token = camp.db.write_now(enrol)
    backup = camp.back_up()
    assert token.encode() not in gzip.decompress(backup.read_bytes())
    again, _ = restored(camp, backup, empty, tmp_path / "again")
    asked = [service.Asked(token_hash(token))]
    (session,) = again.db.read_now(lambda conn: service.find_sessions(conn, asked, NOW + 5))
    assert session is not None
    assert (session.person.id, session.device) == ("alva", "tablet-x")
    assert again.value(text("SELECT count(*) FROM enrolment_code")) == 0
    again.db.close()


def test_old_snapshots_go(camp: Camp, fresh: Fresh, tmp_path: Path) -> None:
    old = tmp_path / "again" / "data" / "snapshots" / "ref" / "1-0.ndjson.gz"
    old.parent.mkdir(parents=True)
    old.write_bytes(b"of another life")
    again, _ = restored(camp, camp.back_up(), fresh("sqlite"), tmp_path / "again")
    assert not old.exists()
    again.db.close()


def test_a_backup_of_an_older_release_gets_the_columns_it_lacks(
    camp: Camp, fresh: Fresh, tmp_path: Path
) -> None:
    backup = camp.back_up()
    rewrite(backup, lambda rows: [r["r"].pop("stable", None) for r in rows if r["t"] == "blob"])
    rewrite(backup, lambda rows: [r["r"].pop("lost_at", None) for r in rows if r["t"] == "device"])
    again, _ = restored(camp, backup, fresh("sqlite"), tmp_path / "again")
    assert again.check().faults == []
    again.db.close()


# Tablets bring back what a backup did not hold -------------------------------------------------------------------------


def test_what_came_after_the_backup_is_sent_again_with_its_receipt(
    camp: Camp, empty: str, tmp_path: Path
) -> None:
    """I12: acknowledged, lost with the disk, sent again by the tablets: nothing is missing and every time is as it was."""
    backup = camp.back_up()
    bo, cia = camp.world.bo, camp.world.cia
    later = [
        bo.seal(SHARED, bo.change(VISIT, "team", "B")),
        cia.seal(ALCOHOL, cia.change("note_9", "text", "after the backup")),
        bo.seal(SHARED, bo.change("visit_4", "persons", 9)),
    ]
    first = camp.world.push(*later, now=NOW + 60_000).results
    again, _ = restored(camp, backup, empty, tmp_path / "again")
    second = again.world.push(*later, now=NOW + 99_000)
    assert second.faults == []
    assert [r["forked"] for r in second.results] == [False] * 3
    assert [r["changes"] for r in second.results] == [r["changes"] for r in first]
    for name in STREAMS:
        heads = {e: c for e, c in cells_of(again.db, name).items() if not e.startswith("restore_")}
        wanted = cells_of(camp.db, name)
        assert unplaced(heads) == unplaced(wanted)
    assert again.check().faults == []
    again.db.close()


def unplaced(cells: dict[str, dict[str, list[list[object]]]]) -> dict[str, object]:
    """Heads without their times and places in the log, which differ without the receipts."""
    return {e: {f: [h[:4] for h in heads] for f, heads in c.items()} for e, c in cells.items()}


# Or nothing ---------------------------------------------------------------------------------------------------------


def test_nothing_is_restored_over_something(camp: Camp) -> None:
    backup, before = camp.back_up(), camp.everything()
    with pytest.raises(NotEmpty):
        restore(camp.db, camp.data, backup, NOW)
    assert camp.everything() == before


def rewrite(file: Path, change: Callable[[list[dict[str, Any]]], object]) -> None:
    *rows, _ = [orjson.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    change(rows)
    body = b"".join(orjson.dumps(row) + b"\n" for row in [*rows, {"end": len(rows)}])
    file.write_bytes(gzip.compress(body))


@pytest.mark.parametrize("kind", STORES)
def test_a_flipped_bit_anywhere_is_refused_with_its_place_and_leaves_nothing(
    camp: Camp, fresh: Fresh, tmp_path: Path, kind: str
) -> None:
    backup, url = camp.back_up(), fresh(kind)
    genuine = backup.read_bytes()
    start = genuine.index(0, 10) + 1
    db = Database(url)
    for n, at in enumerate([*range(start, len(genuine), max(1, len(genuine) // 40)), len(genuine) - 6]):
        damaged = bytearray(genuine)
        damaged[at] ^= 1 << (n % 8)
        if text_of(bytes(damaged)) == text_of(genuine):
            continue
        backup.write_bytes(damaged)
        with pytest.raises(BackupBroken, match=r"line \d+|rows of|after its end"):
            restore(db, tmp_path / "again", backup, NOW)
    db.close()
    assert rows_in(url) == 0
    backup.write_bytes(genuine)
    again, _ = restored(camp, backup, url, tmp_path / "again")
    assert again.check().faults == []
    again.db.close()


def test_a_commit_that_was_changed_in_a_well_formed_backup_is_named(
    camp: Camp, fresh: Fresh, tmp_path: Path
) -> None:
    backup, url = camp.back_up(), fresh("sqlite")

    def change(rows: list[dict[str, Any]]) -> None:
        commit = next(r["r"] for r in rows if r["t"] == "commit" and "gång 2" in r["r"]["body"])
        commit["body"] = commit["body"].replace("gång 2", "gång 3")

    rewrite(backup, change)
    with pytest.raises(BackupBroken, match=f"{POLICE}: commit 4 of {camp.world.alva.id}"):
        restored(camp, backup, url, tmp_path / "again")
    assert rows_in(url) == 0


def test_rows_of_a_newer_release_are_refused(camp: Camp, fresh: Fresh, tmp_path: Path) -> None:
    backup = camp.back_up()
    rewrite(backup, lambda rows: rows[-1]["r"].update(mood="good"))
    with pytest.raises(BackupBroken, match="newer"):
        restored(camp, backup, fresh("sqlite"), tmp_path / "again")


def test_without_the_keys_nothing_is_restored(camp: Camp, fresh: Fresh, tmp_path: Path) -> None:
    """A server with another key would be refused by every tablet that has pinned this one."""
    backup, url = camp.back_up(), fresh("sqlite")
    key = camp.backups / "keys" / f"{server_key(camp.data).kid}.pem"
    aside = key.rename(tmp_path / "safe.pem")
    with pytest.raises(KeyMissing):
        restored(camp, backup, url, tmp_path / "again")
    assert rows_in(url) == 0
    aside.rename(key)
    again, _ = restored(camp, backup, url, tmp_path / "again")
    assert server_key(again.data).kid == server_key(camp.data).kid
    assert (again.data / "seal.key").read_bytes() == (camp.data / "seal.key").read_bytes()
    again.db.close()


def test_a_key_that_is_another_is_not_replaced(camp: Camp, fresh: Fresh, tmp_path: Path) -> None:
    other = server_key(tmp_path / "again" / "data").kid
    with pytest.raises(KeyMissing):
        restored(camp, camp.back_up(), fresh("sqlite"), tmp_path / "again")
    assert server_key(tmp_path / "again" / "data").kid == other


def test_a_photo_that_is_damaged_in_the_backup_is_left_out_and_named(
    camp: Camp, empty: str, tmp_path: Path
) -> None:
    backup = camp.back_up()
    copy = next((camp.backups / "blobs").rglob(DIGEST))
    copy.write_bytes(PHOTO[:-1] + b"?")
    again, done = restored(camp, backup, empty, tmp_path / "again")
    assert [fault.split(":")[0] for fault in done.faults] == [f"photo {DIGEST}"]
    assert not BlobStore(again.data).path(DIGEST).exists()
    c = table(Blob).c
    assert again.value(select(c.stable).where(c.sha256 == DIGEST)) in (False, 0)
    assert again.check().faults == [f"photo {DIGEST}: its bytes are missing"]
    again.db.close()


def test_a_backup_can_be_verified_without_touching_anything(camp: Camp) -> None:
    backup = camp.back_up()
    before = (camp.everything(), sorted(camp.backups.rglob("*")), sorted(camp.data.rglob("*")))
    done, report = verify_restored(backup, NOW + 1)
    assert (done.faults, report.faults) == ((), [])
    assert report.commits > len(camp.world.in_custody())
    assert (camp.everything(), sorted(camp.backups.rglob("*")), sorted(camp.data.rglob("*"))) == before


def test_what_administrators_did_comes_back_and_no_code_does(camp: Camp, empty: str, tmp_path: Path) -> None:
    def act(conn: Connection) -> None:
        note(conn, "invite", "bo", "POL", NOW, by="alva", detail="INSP")
        note(conn, "close", "bo", "POL", NOW + 1)
        assert mint_setup(conn, NOW) is not None

    camp.db.write_now(act)
    acts = select(administration).order_by(administration.c.id)
    before = camp.db.read_now(lambda conn: conn.execute(acts).all())
    assert len(before) == 2
    again, _ = restored(camp, camp.back_up(), empty, tmp_path / "again")
    assert again.db.read_now(lambda conn: conn.execute(acts).all()) == before
    assert again.value(select(func.count()).select_from(enrolment_code)) == 0
    again.db.close()

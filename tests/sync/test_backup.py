"""A backup counts only after it was read back and verified; only then may a tablet forget what it covers."""

import gzip
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import select

from app.database import table
from app.domain.commit import actor_id
from app.photos.tables import Blob
from app.sync import backup
from app.sync.backup import KEEP, VOLATILE, BackupBroken, back_up, verify
from app.sync.identity import seal_key, server_key
from app.sync.keeping import Busy, alone
from app.sync.tables import Chain
from tests.sync.packed import text_of
from tests.sync.world import ALCOHOL, NOW, POLICE, SHARED, VISIT, World

PHOTO = b"\xff\xd8 a photo"
DIGEST = sha256(PHOTO).hexdigest()


@dataclass
class Shop:
    """A world with a data folder and a place for backups."""

    world: World
    data: Path
    folder: Path

    def back_up(self, now: int = NOW) -> Path:
        """One verified backup; its file."""
        return back_up(self.world.db, self.data, self.folder, now).file

    def stable(self) -> dict[tuple[str, int], int]:
        """What tablets are told: (actor, stream) -> the last commit that is safe."""
        c = table(Chain).c
        rows = self.world.db.read_now(lambda conn: conn.execute(select(c.actor, c.stream, c.stable)).all())
        return {(row.actor, row.stream): row.stable for row in rows}

    def hold(self, digest: str) -> None:
        """A row that says: this photo's bytes were verified here."""
        row = {"sha256": digest, "size": len(PHOTO), "mime": "image/jpeg", "received": NOW, "stable": False}
        self.world.db.write_now(lambda conn: conn.execute(table(Blob).insert().values(row)))

    def stable_photos(self) -> list[str]:
        """Digests whose bytes tablets may forget."""
        c = table(Blob).c
        query = select(c.sha256).where(c.stable).order_by(c.sha256)
        return list(self.world.db.read_now(lambda conn: conn.execute(query).scalars().all()))

    def write(self, count: int = 2) -> None:
        """Some commits in three streams, the last of which has two actors."""
        world = self.world
        for n in range(count):
            world.push(world.alva.seal(POLICE, world.alva.change("note_1", "text", f"å {n}")))
            world.push(world.cia.seal(ALCOHOL, world.cia.change("note_1", "text", f"b {n}")))
            world.push(
                world.bo.seal(SHARED, world.bo.change(VISIT, "persons", n)),
                world.alva.seal(SHARED, world.alva.change(VISIT, "team", "A")),
            )


@pytest.fixture
def shop(world: World, tmp_path: Path) -> Shop:
    """Something recorded, one photo on the disk, nothing backed up."""
    made = Shop(world, tmp_path / "data", tmp_path / "backups")
    photo = made.data / "blobs" / DIGEST[:2] / DIGEST
    photo.parent.mkdir(parents=True)
    photo.write_bytes(PHOTO)
    made.write()
    return made


def lines_of(file: Path) -> list[dict[str, Any]]:
    return [orjson.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]


def rewrite(file: Path, lines: list[dict[str, Any]]) -> None:
    """The lines as a whole, well-formed file with a fitting count."""
    rows = [line for line in lines if "end" not in line]
    body = b"".join(orjson.dumps(line) + b"\n" for line in [*rows, {"end": len(rows)}])
    file.write_bytes(gzip.compress(body))


# A good one -------------------------------------------------------------------------------------------------


def test_nothing_is_stable_before_the_first_backup(shop: Shop) -> None:
    assert set(shop.stable().values()) == {0}


def test_a_verified_backup_moves_stable_to_what_it_covers(shop: Shop) -> None:
    shop.back_up()
    assert set(shop.stable().values()) == {2}
    shop.write(1)
    assert set(shop.stable().values()) == {2}
    shop.back_up(NOW + 1)
    assert set(shop.stable().values()) == {3}


def test_a_backup_holds_every_row_but_secrets(shop: Shop) -> None:
    made = back_up(shop.world.db, shop.data, shop.folder, NOW)
    *rows, end = lines_of(made.file)
    assert end == {"end": made.rows} == {"end": len(rows)}
    names = {row["t"] for row in rows}
    assert names >= {"commit", "entry", "entity", "stream", "chain", "user", "actor", "membership", "visit"}
    assert not names & VOLATILE
    assert len([r for r in rows if r["t"] == "commit"]) == 8
    told = [r["r"]["head"] for r in rows if r["t"] == "chain"]
    assert sorted(c["head"] for c in verify(made.file).chains.values()) == sorted(told)


def test_photos_are_copied_by_their_hash_and_once(shop: Shop) -> None:
    assert back_up(shop.world.db, shop.data, shop.folder, NOW).blobs == 1
    copy = shop.folder / "blobs" / DIGEST[:2] / DIGEST
    assert copy.read_bytes() == PHOTO
    before = copy.stat().st_mtime_ns
    assert back_up(shop.world.db, shop.data, shop.folder, NOW + 1).blobs == 1
    assert copy.stat().st_mtime_ns == before


def test_only_the_newest_backups_are_kept(shop: Shop) -> None:
    for n in range(KEEP + 2):
        shop.folder.mkdir(exist_ok=True)
        (shop.folder / f"insats-{NOW - 1000 + n}.ndjson.gz").write_bytes(b"")
    newest = shop.back_up()
    files = sorted(shop.folder.glob("insats-*"))
    assert len(files) == KEEP
    assert files[-1] == newest


def test_an_empty_store_can_be_backed_up(store_url: str, tmp_path: Path) -> None:
    world = World(store_url)
    assert back_up(world.db, tmp_path / "data", tmp_path / "backups", NOW).blobs == 0
    world.db.close()


# A broken one -----------------------------------------------------------------------------------------------


def flip(file: Path, at: int) -> None:
    data = bytearray(file.read_bytes())
    data[at] ^= 1
    file.write_bytes(data)


def test_a_flipped_bit_of_the_file_is_refused_unless_the_file_says_the_same(shop: Shop) -> None:
    file = shop.back_up()
    genuine = file.read_bytes()
    refused = 0
    # The header says when, how and under which name it was packed, which nobody relies on.
    start = genuine.index(0, 10) + 1
    for at in [*range(start, len(genuine), 97), *range(len(genuine) - 12, len(genuine))]:
        file.write_bytes(genuine)
        flip(file, at)
        if text_of(file.read_bytes()) == text_of(genuine):
            continue
        refused += 1
        with pytest.raises(BackupBroken):
            verify(file)
    assert refused > 30


@pytest.mark.parametrize("cut", [0, 1, 5, 100, 1_000])
def test_a_file_that_was_cut_is_refused(shop: Shop, cut: int) -> None:
    file = shop.back_up()
    data = file.read_bytes()
    file.write_bytes(data[: len(data) - max(cut, 1)] if cut else b"")
    with pytest.raises(BackupBroken):
        verify(file)


@pytest.mark.parametrize("name", ["commit", "entry"])
def test_every_missing_commit_and_entry_is_refused(shop: Shop, name: str) -> None:
    nowhere = shop.world.cia.change("note_1", "text", "hej")
    shop.world.push(shop.world.cia.seal(POLICE, nowhere))  # held: in custody without an entry
    file = shop.back_up()
    lines = lines_of(file)
    for at, line in enumerate(lines):
        if line.get("t") == name:
            rewrite(file, lines[:at] + lines[at + 1 :])
            with pytest.raises(BackupBroken):
                verify(file)


def test_a_missing_line_is_refused_by_the_count(shop: Shop) -> None:
    file = shop.back_up()
    rows = gzip.decompress(file.read_bytes()).splitlines(keepends=True)
    file.write_bytes(gzip.compress(b"".join(rows[1:])))
    with pytest.raises(BackupBroken):
        verify(file)


def test_lines_after_the_end_are_refused(shop: Shop) -> None:
    file = shop.back_up()
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()) + b'{"t":"stream","r":{}}\n'))
    with pytest.raises(BackupBroken):
        verify(file)


def altered(name: str, change: Callable[[dict[str, Any]], None]) -> Callable[[list[dict[str, Any]]], None]:
    def alter(lines: list[dict[str, Any]]) -> None:
        change(next(line["r"] for line in lines if line.get("t") == name))

    return alter


@pytest.mark.parametrize(
    "alter",
    [
        altered("commit", lambda r: r.update(body=r["body"].replace('"text"', '"visit"'))),
        altered("commit", lambda r: r.update(header=r["header"].replace('"test"', '"best"'))),
        altered("commit", lambda r: r.update(header="not json")),
        altered("commit", lambda r: r.update(signature="A" * 86)),
        altered("entry", lambda r: r.update(r=r["r"].replace('"skip":[]', '"skip":["x"]'))),
        altered("entry", lambda r: r.update(commit="sha256:" + "0" * 64)),
        altered("stream", lambda r: r.update(head=r["head"] + 1)),
        altered("stream", lambda r: r.update(chain="00" * 32)),
        altered("chain", lambda r: r.update(head="sha256:" + "0" * 64)),
        altered("chain", lambda r: r.update(n=r["n"] + 1)),
        lambda lines: lines[0].pop("t"),
        lambda lines: lines.insert(0, {"x": 1}),
    ],
    ids=[
        "body",
        "header",
        "no header",
        "signature",
        "r",
        "entry's commit",
        "head",
        "chain",
        "chain head",
        "chain n",
        "no table",
        "no row",
    ],
)
def test_a_row_that_does_not_hold_is_refused(
    shop: Shop, alter: Callable[[list[dict[str, Any]]], None]
) -> None:
    file = shop.back_up()
    lines = lines_of(file)
    alter(lines)
    rewrite(file, lines)
    with pytest.raises(BackupBroken):
        verify(file)


# What a broken one leaves -----------------------------------------------------------------------------------


def test_a_backup_that_is_damaged_on_its_way_to_the_disk_leaves_stable(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.back_up()
    shop.write(1)
    write = backup._write

    def damage(conn: Any, file: Path) -> int:
        count = write(conn, file)
        flip(file, file.stat().st_size // 2)
        return count

    monkeypatch.setattr(backup, "_write", damage)
    with pytest.raises(BackupBroken):
        shop.back_up(NOW + 1)
    assert set(shop.stable().values()) == {2}
    assert [file.name for file in shop.folder.glob("insats-*.gz")] == [f"insats-{NOW}.ndjson.gz"]


@pytest.mark.parametrize("damage", ["DELETE FROM entry WHERE seq = 1", 'DELETE FROM "commit" WHERE n = 1'])
def test_a_store_that_has_lost_something_gets_no_backup(shop: Shop, damage: str) -> None:
    shop.world.execute(damage)
    with pytest.raises(BackupBroken):
        shop.back_up()
    assert set(shop.stable().values()) == {0}


def test_a_photo_that_no_longer_is_what_it_was_is_named_and_stops_nothing_else(shop: Shop) -> None:
    """One damaged photo must not end the protection of everything else; it alone stays unstable."""
    shop.hold(DIGEST)
    shop.hold("0" * 64)
    (shop.data / "blobs" / DIGEST[:2] / DIGEST).write_bytes(PHOTO + b"!")
    made = back_up(shop.world.db, shop.data, shop.folder, NOW)
    assert [fault.split(":")[0] for fault in made.faults] == [f"photo {DIGEST}", f"photo {'0' * 64}"]
    assert set(shop.stable().values()) == {2}
    assert shop.stable_photos() == []
    assert not list(shop.folder.rglob(DIGEST))


def test_a_photo_is_stable_once_a_verified_backup_has_its_bytes(shop: Shop) -> None:
    shop.hold(DIGEST)
    assert shop.stable_photos() == []
    shop.back_up()
    assert shop.stable_photos() == [DIGEST]


def test_the_keys_are_kept_beside_the_backup_once_and_for_the_owner_alone(shop: Shop) -> None:
    key, seal = server_key(shop.data), seal_key(shop.data)
    shop.back_up()
    kept = {path.name: path for path in (shop.folder / "keys").iterdir()}
    assert set(kept) == {f"{key.kid}.pem", f"{actor_id(seal.point)}.pem"}
    assert {path.stat().st_mode & 0o777 for path in kept.values()} == {0o600}
    (shop.data / "server.key").unlink()
    other = server_key(shop.data)
    shop.back_up(NOW + 1)
    assert (shop.folder / "keys" / f"{key.kid}.pem").exists(), "the key of before is never replaced"
    assert (shop.folder / "keys" / f"{other.kid}.pem").exists()


def test_a_second_backup_at_the_same_time_is_refused(shop: Shop) -> None:
    with alone(shop.folder), pytest.raises(Busy):
        shop.back_up()
    assert set(shop.stable().values()) == {0}
    assert shop.back_up().exists()


def test_what_a_killed_backup_left_is_cleared_away(shop: Shop) -> None:
    left = [shop.folder / "insats-1.ndjson.part", shop.folder / "blobs" / "ab" / "x.part"]
    for path in left:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"half")
    shop.back_up()
    assert not any(path.exists() for path in left)


def test_a_full_disk_leaves_stable_where_it_was(shop: Shop) -> None:
    """The limit of a process on the size of its files is a full disk that needs no mount."""
    program = (
        "import resource, sys; from pathlib import Path; from app.database import Database; "
        "import app.operations.readmodels; from app.sync.backup import back_up; "
        "resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000)); "
        "back_up(Database(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]), 1)"
    )
    places = (shop.world.db.url, str(shop.data), str(shop.folder))
    done = subprocess.run(
        [sys.executable, "-c", program, *places], capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "File too large" in done.stderr
    assert set(shop.stable().values()) == {0}
    assert not list(shop.folder.glob("insats-*.gz"))


def test_stable_never_moves_back(shop: Shop) -> None:
    """A slow backup that began earlier ends after a newer one."""
    older = verify(shop.back_up()).chains.values()
    shop.write(1)
    shop.back_up(NOW + 1)
    shop.world.db.write_now(lambda conn: backup._move_stable(conn, older, []))
    assert set(shop.stable().values()) == {3}

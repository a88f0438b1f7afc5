"""A store with something of every sort in it, its files and its backups: what tests of recovery are told in."""

import hashlib
import random
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select, text

from app.database import Database, table
from app.domain import versions
from app.operations.recovery.check import Report, check
from app.operations.recovery.restore import Restored, restore
from app.operations.staff import current_cells, prepare
from app.photos.store import BlobStore
from app.sync.backup import back_up
from app.sync.identity import seal_key, server_key
from app.sync.tables import Chain, ServerFact, Stream
from tests.sync.world import ALCOHOL, NOW, POLICE, SHARED, VISIT, World

PHOTO = b"\xff\xd8\xff\xe0" + random.Random(3).randbytes(2_000)
DIGEST = hashlib.sha256(PHOTO).hexdigest()
APPROVAL = f"approval_{VISIT.partition('_')[2]}"


class Camp:
    """A world with a data folder and a folder of backups."""

    def __init__(self, url: str, home: Path) -> None:
        """The server's account and keys are there; nothing is recorded."""
        self.world, self.data, self.backups = World(url), home / "data", home / "backups"
        prepare(self.world.db, server_key(self.data), NOW, seal=seal_key(self.data))

    @property
    def db(self) -> Database:
        """The store."""
        return self.world.db

    def record(self) -> None:
        """Changes that apply, replace, conflict, delete, are dead on arrival, held and rejected; a photo; an approval."""
        world = self.world
        alva, bo, cia, dan = world.alva, world.bo, world.cia, world.dan
        first = bo.change(VISIT, "persons", 1)
        world.push(bo.seal(SHARED, first, bo.change(VISIT, "team", "A")))
        second = alva.change(VISIT, "persons", 2, first.id)
        world.push(alva.seal(SHARED, second, alva.change("visit_2", "persons", 7)))
        world.push(bo.seal(SHARED, bo.change(VISIT, "persons", 3, first.id)))
        unseen = cia.change("note_9", "text", "dead on arrival")
        world.push(cia.seal(ALCOHOL, cia.change("note_9", "text", "later", unseen.id), off=-3))
        world.push(cia.seal(ALCOHOL, unseen))
        entry = {"visit": VISIT, "of": "seizure", "code": "SPRIT", "qty": 3, "unit": "ST"}
        world.push(bo.seal(SHARED, bo.change("tally_1", "entry", entry)))
        void = {"void": True, "reason": "fel", "of": "x"}
        world.push(alva.seal(SHARED, alva.change("visit_2", "@", void)))
        blob = {"sha256": DIGEST, "size": len(PHOTO), "mime": "image/jpeg"}
        self.db.write_now(lambda conn: BlobStore(self.data).add(conn, PHOTO, "image/jpeg", NOW, "alva"))
        world.push(
            alva.seal(POLICE, alva.change("photo_1", "blob", blob), alva.change("note_1", "text", "å"))
        )
        for n in range(4):
            world.push(alva.seal(POLICE, alva.change("note_1", "text", f"gång {n}")))
        world.push(cia.seal(POLICE, cia.change("note_2", "text", "held: not hers")))
        world.push(dan.seal(SHARED, dan.change(VISIT, "persons", "rejected: no number")))
        self.approve()

    def approve(self) -> None:
        """Dan approves the visit as it is."""
        dan = self.world.dan
        cells = self.world.cells(SHARED)
        digest = versions.version_hash(versions.lines_of(cells.items(), VISIT))
        said = {"visit": VISIT, "seq": self.head(SHARED), "hash": digest}
        results = self.world.push(dan.seal(SHARED, dan.change(APPROVAL, "of", said))).results
        assert results[0]["changes"] == {}, results

    def head(self, name: str) -> int:
        """The last entry of a stream."""
        c = table(Stream).c
        return int(self.value(select(c.head).where(c.name == name)))

    def epoch(self) -> str:
        """The name of this life of the store."""
        c = table(ServerFact).c
        return str(self.value(select(c.value).where(c.name == "epoch")))

    def value(self, query: Any) -> Any:
        """One value."""
        return self.db.read_now(lambda conn: conn.execute(query).scalar_one())

    def back_up(self, now: int = NOW) -> Path:
        """One verified backup; its file."""
        return back_up(self.db, self.data, self.backups, now).file

    def check(self) -> Report:
        """What `insats check` finds."""
        return check(self.db, self.data)

    def stable(self) -> dict[tuple[str, int], tuple[int, int]]:
        """(actor, stream) -> what is backed up of how many commits."""
        c = table(Chain).c
        query = select(c.actor, c.stream, c.stable, c.n)
        rows = self.db.read_now(lambda conn: conn.execute(query).all())
        return {(row.actor, row.stream): (row.stable, row.n) for row in rows}

    def everything(self) -> dict[str, list[str]]:
        """Every row of the store by table, but for what a restore must change."""
        return self.db.read_now(_everything)


def _everything(conn: Connection) -> dict[str, list[str]]:
    names = (
        "entity",
        "retired",
        "held",
        '"commit"',
        "entry",
        '"user"',
        "device",
        "actor",
        "visit",
        "blob_ref",
    )
    queries = {name: f"SELECT * FROM {name}" for name in names}
    # The server's own part is granted anew at every start.
    queries["membership"] = "SELECT * FROM membership WHERE \"user\" <> 'server'"
    return {name: sorted(map(repr, conn.execute(text(query)))) for name, query in queries.items()}


def restored(camp: Camp, backup: Path, url: str, home: Path, now: int = NOW + 1) -> tuple[Camp, Restored]:
    """A store made from a backup, with the people of the camp."""
    db = Database(url)
    try:
        done = restore(db, home / "data", backup, now)
    except Exception:
        db.close()
        raise
    other = object.__new__(Camp)
    other.world, other.data, other.backups = object.__new__(World), home / "data", home / "backups"
    other.world.db = db
    for name in ("alva", "bo", "cia", "dan"):
        setattr(other.world, name, getattr(camp.world, name))
    return other, done


def cells_of(db: Database, stream: str) -> dict[str, Any]:
    """All heads of a stream."""
    return db.read_now(lambda conn: current_cells(conn, stream))


def rows_in(url: str) -> int:
    """How much is in the store at an address."""
    db = Database(url)
    names = ('"commit"', "entry", "stream", '"user"', "server_fact", "session", "blob")
    count = db.read_now(
        lambda conn: sum(conn.execute(text(f"SELECT count(*) FROM {n}")).scalar_one() for n in names)
    )
    db.close()
    return int(count)
